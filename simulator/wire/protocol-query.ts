import { queryOf } from '../iam/sigv4.ts';
import type { WireRequest, WireResponse } from '../kernel/wire.ts';
import { type Model, shapeOf } from './model.ts';
import type { Protocol, WireError } from './protocol.ts';
import { decodeQueryInput } from './query-input.ts';
import { createXmlWriter, element, escapeXml } from './xml-output.ts';

const envelope = new Set(['Action', 'Version']);

/** AWS Query: a form in, XML out. Auto Scaling, SNS, STS and, for older clients, CloudWatch. */
export const queryProtocol: Protocol = {
  operationOf: (_, request) => formOf(request).find(([name]) => name === 'Action')?.[1],
  decode: (model, operation, request) =>
    decodeQueryInput(model, model.operations[operation]?.input?.shape, parametersOf(request), {
      nameOf: (name, member) => member.locationName ?? name,
      flattensLists: false,
    }),
  encode({ model, operation, requestId }, output) {
    const shape = model.operations[operation]?.output;
    const members = createXmlWriter(model, 'member');
    const body = shape === undefined ? '' : members.members(shapeOf(model, shape), output, operation);
    const result = shape === undefined ? '' : element(shape.resultWrapper ?? `${operation}Result`, body);
    const metadata = element('ResponseMetadata', element('RequestId', requestId));
    return xmlReply(200, requestId, element(`${operation}Response`, result + metadata, namespaceOf(model)));
  },
  encodeError({ model, requestId }, error) {
    const type = element('Type', error.status < 500 ? 'Sender' : 'Receiver');
    const parts = type + element('Code', escapeXml(error.code)) + element('Message', escapeXml(error.message));
    const body = element('Error', parts + errorMembers(model, error)) + element('RequestId', requestId);
    return xmlReply(error.status, requestId, element('ErrorResponse', body, namespaceOf(model)));
  },
};

function errorMembers(model: Model, { name, members }: WireError): string {
  const shape = model.shapes[name];
  return shape === undefined ? '' : createXmlWriter(model, 'member').members(shape, members, name);
}

type Form = readonly (readonly [string, string])[];

/** By request, which never changes: its service, its operation and its input are found one after another. */
const forms = new WeakMap<WireRequest, Form>();

/** The parameters of a request, from its body or, for a presigned GET, its query string. */
export function formOf(request: WireRequest): Form {
  const known = forms.get(request);
  if (known !== undefined) return known;
  const form =
    request.method === 'GET' ? queryOf(request.path) : [...new URLSearchParams(request.body.toString('utf8'))];
  forms.set(request, form);
  return form;
}

/** The parameters that belong to the operation. */
export const parametersOf = (request: WireRequest) =>
  formOf(request).filter(([name]) => !envelope.has(name) && !(request.method === 'GET' && /^x-amz-/i.test(name)));

export const namespaceOf = ({ metadata }: Model): string =>
  metadata.xmlNamespace === undefined ? '' : ` xmlns="${metadata.xmlNamespace}"`;

export function xmlReply(status: number, requestId: string, content: string): WireResponse {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${content}`);
  return {
    status,
    headers: {
      'content-type': 'text/xml',
      'content-length': String(body.length),
      'x-amzn-requestid': requestId,
    },
    body,
  };
}
