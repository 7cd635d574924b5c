import type { WireResponse } from '../kernel/wire.ts';
import { type Model, membersOf, type Shape, shapeOf } from './model.ts';
import type { Reply } from './protocol.ts';
import { OutputMismatch, writeScalar } from './scalars.ts';
import { asFields, checkMembers } from './xml-output.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The parts of a REST reply that stand outside its body. */
export function writeRestHeaders(model: Model, shape: Shape, output: Fields, path: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, member] of membersOf(shape)) {
    const value = output[name];
    if (value === undefined) continue;
    const wireName = (member.locationName ?? name).toLowerCase();
    if (member.location === 'header')
      headers[wireName] = writeScalar(shapeOf(model, member), value, `${path}.${name}`, 'rfc822');
    if (member.location === 'headers') Object.assign(headers, prefixed(wireName, asFields(value, `${path}.${name}`)));
  }
  return headers;
}

const prefixed = (prefix: string, values: Fields) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name.toLowerCase(), String(value)]));

/** How a protocol writes the members that stand in the body. */
export type BodyWriter = (shape: Shape, output: Fields, operation: string) => { contentType: string; body: Buffer };

/** A whole REST reply: status, headers and either the payload member or the other members as a document. */
export function writeRestReply(
  { model, operation, requestId }: Reply,
  output: Fields,
  writeBody: BodyWriter,
): WireResponse {
  const { http, output: reference } = model.operations[operation] ?? { http: { method: 'GET', requestUri: '/' } };
  const shape: Shape = reference === undefined ? { type: 'structure' } : shapeOf(model, reference);
  checkMembers(shape, output, operation);
  const { contentType, body } =
    shape.payload === undefined ? writeBody(shape, output, operation) : payloadOf(model, shape, output);
  return {
    status: statusOf(shape, output) ?? http.responseCode ?? 200,
    headers: {
      'x-amzn-requestid': requestId,
      ...(contentType === '' ? {} : { 'content-type': contentType }),
      'content-length': String(body.length),
      ...writeRestHeaders(model, shape, output, operation),
    },
    body: http.method === 'HEAD' ? Buffer.alloc(0) : body,
  };
}

function statusOf(shape: Shape, output: Fields): number | undefined {
  const name = membersOf(shape).find(([, { location }]) => location === 'statusCode')?.[0];
  const status = name === undefined ? undefined : output[name];
  return typeof status === 'number' ? status : undefined;
}

/** Payloads of all outputs in the models are bytes. */
function payloadOf(model: Model, shape: Shape, output: Fields): { contentType: string; body: Buffer } {
  const name = shape.payload ?? '';
  const member = shape.members?.[name];
  if (member === undefined || shapeOf(model, member).type !== 'blob') {
    throw new OutputMismatch(`The payload ${name} is not of bytes, which is all that is simulated.`);
  }
  const value = output[name];
  if (value === undefined) return { contentType: '', body: Buffer.alloc(0) };
  if (!(value instanceof Uint8Array)) throw new OutputMismatch(`The payload ${name} must be bytes.`);
  return { contentType: 'application/octet-stream', body: Buffer.from(value) };
}
