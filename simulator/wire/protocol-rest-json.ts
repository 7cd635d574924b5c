import { createJsonReader, createJsonWriter, type JsonNames, jsonBody, messageName, parseJsonBody } from './json.ts';
import { type Model, membersOf, type Shape, shapeOf } from './model.ts';
import type { Problem } from './problems.ts';
import type { Protocol } from './protocol.ts';
import { readRestMembers } from './rest-input.ts';
import { writeRestReply } from './rest-output.ts';
import { routeOf } from './rest-routes.ts';

const wireNames: JsonNames = (name, { locationName }) => locationName ?? name;
const contentType = 'application/json';

/** REST with JSON bodies: EKS, Image Builder, Lambda. */
export const restJsonProtocol: Protocol = {
  operationOf: (model, request) => routeOf(model, request)?.operation,
  decode(model, operation, request) {
    const problems: Problem[] = [];
    const reference = model.operations[operation]?.input;
    const shape: Shape = reference === undefined ? { type: 'structure' } : shapeOf(model, reference);
    const route = routeOf(model, request) ?? { operation, labels: {}, query: [] };
    const located = readRestMembers(model, shape, route, request, problems);
    return { input: { ...located, ...readBody(model, shape, request.body, problems) }, problems };
  },
  encode: (reply, output) =>
    writeRestReply(reply, output, (shape, value, operation) => ({
      contentType,
      body: jsonBody(createJsonWriter(reply.model, wireNames).members(shape, value, operation), contentType).body,
    })),
  encodeError({ model, requestId }, error) {
    const shape = model.shapes[error.name];
    const writer = createJsonWriter(model, wireNames);
    const members = shape === undefined ? {} : writer.members(shape, error.members, error.name);
    const { headers, body } = jsonBody({ ...members, [messageName(shape)]: error.message }, contentType);
    return {
      status: error.status,
      headers: { ...headers, 'x-amzn-requestid': requestId, 'x-amzn-errortype': error.name },
      body,
    };
  },
};

function readBody(model: Model, shape: Shape, body: Buffer, problems: Problem[]): Record<string, unknown> {
  const payload = shape.payload === undefined ? undefined : shape.members?.[shape.payload];
  if (payload !== undefined && shape.payload !== undefined) {
    if (shapeOf(model, payload).type !== 'blob') throw new Error(`The payload ${shape.payload} is not of bytes.`);
    return body.length === 0 ? {} : { [shape.payload]: body };
  }
  const hasBody = membersOf(shape).some(([, { location }]) => location === undefined);
  if (!hasBody && body.length === 0) return {};
  return createJsonReader(model, wireNames, problems).structure(shape, parseJsonBody(body, problems), []);
}
