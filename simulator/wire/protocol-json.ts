import { createJsonReader, createJsonWriter, type JsonNames, jsonBody, messageName, parseJsonBody } from './json.ts';
import { type Model, shapeOf } from './model.ts';
import type { Problem } from './problems.ts';
import type { Protocol } from './protocol.ts';

const plainNames: JsonNames = (name) => name;

/** AWS JSON 1.0 and 1.1: the operation in `X-Amz-Target`, JSON both ways. Step Functions, EventBridge, SSM, CloudWatch. */
export const jsonProtocol: Protocol = {
  operationOf(model, request) {
    const [prefix, operation] = (request.headers['x-amz-target'] ?? '').split('.');
    return prefix === model.metadata.targetPrefix ? operation : undefined;
  },
  decode(model, operation, request) {
    const problems: Problem[] = [];
    const input = model.operations[operation]?.input;
    const body = parseJsonBody(request.body, problems);
    const shape = input === undefined ? { type: 'structure' } : shapeOf(model, input);
    return { input: createJsonReader(model, plainNames, problems).structure(shape, body, []), problems };
  },
  encode({ model, operation, requestId }, output) {
    const shape = model.operations[operation]?.output;
    const value =
      shape === undefined ? {} : createJsonWriter(model, plainNames).members(shapeOf(model, shape), output, operation);
    const { headers, body } = jsonBody(value, contentTypeOf(model));
    return { status: 200, headers: { ...headers, 'x-amzn-requestid': requestId }, body };
  },
  encodeError({ model, requestId }, error) {
    const shape = model.shapes[error.name];
    const members =
      shape === undefined ? {} : createJsonWriter(model, plainNames).members(shape, error.members, error.name);
    const value = { __type: error.name, ...members, [messageName(shape)]: error.message };
    const { headers, body } = jsonBody(value, contentTypeOf(model));
    return {
      status: error.status,
      headers: { ...headers, 'x-amzn-requestid': requestId, ...queryCompatibility(model, error) },
      body,
    };
  },
};

/** Services that used to speak query tell their old error codes beside the new names. */
export const queryCompatibility = (model: Model, error: { code: string; status: number }): Record<string, string> =>
  model.metadata.protocols.includes('query')
    ? { 'x-amzn-query-error': `${error.code};${error.status < 500 ? 'Sender' : 'Receiver'}` }
    : {};

const contentTypeOf = ({ metadata }: Model) => `application/x-amz-json-${metadata.jsonVersion ?? '1.0'}`;
