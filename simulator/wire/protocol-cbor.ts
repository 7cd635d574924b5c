import type { WireResponse } from '../kernel/wire.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { createJsonReader, createJsonWriter, type JsonNames, messageName } from './json.ts';
import { shapeOf } from './model.ts';
import type { Problem } from './problems.ts';
import type { Protocol } from './protocol.ts';
import { queryCompatibility } from './protocol-json.ts';

const plainNames: JsonNames = (name) => name;

/**
 * Smithy RPC v2 with CBOR: the operation in the path, CBOR both ways. CloudWatch for current clients.
 * https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
export const cborProtocol: Protocol = {
  operationOf(model, { path, method }) {
    const [, service, operation] = /\/service\/([^/]+)\/operation\/([^/?]+)$/.exec(path) ?? [];
    return method === 'POST' && service === model.metadata.targetPrefix ? operation : undefined;
  },
  decode(model, operation, request) {
    const problems: Problem[] = [];
    const input = model.operations[operation]?.input;
    const shape = input === undefined ? { type: 'structure' } : shapeOf(model, input);
    const body = parseBody(request.body, problems);
    return { input: createJsonReader(model, plainNames, problems).structure(shape, body, []), problems };
  },
  encode({ model, operation, requestId }, output) {
    const shape = model.operations[operation]?.output;
    const writer = createJsonWriter(model, plainNames, { keepsDates: true });
    const value = shape === undefined ? {} : writer.members(shapeOf(model, shape), output, operation);
    return cborReply(200, requestId, value);
  },
  encodeError({ model, requestId }, error) {
    const shape = model.shapes[error.name];
    const writer = createJsonWriter(model, plainNames, { keepsDates: true });
    const members = shape === undefined ? {} : writer.members(shape, error.members, error.name);
    const value = { __type: error.name, ...members, [messageName(shape)]: error.message };
    const reply = cborReply(error.status, requestId, value);
    return { ...reply, headers: { ...reply.headers, ...queryCompatibility(model, error) } };
  },
};

/** An empty object and a problem when it is no CBOR. */
function parseBody(body: Buffer, problems: Problem[]): unknown {
  if (body.length === 0) return {};
  try {
    return decodeCbor(body);
  } catch (error) {
    problems.push({ kind: 'type', path: [], expected: 'CBOR document', value: (error as Error).message });
    return {};
  }
}

function cborReply(status: number, requestId: string, value: unknown): WireResponse {
  const body = encodeCbor(value);
  const headers = {
    'content-type': 'application/cbor',
    'content-length': String(body.length),
    'smithy-protocol': 'rpc-v2-cbor',
    'x-amzn-requestid': requestId,
  };
  return { status, headers, body };
}
