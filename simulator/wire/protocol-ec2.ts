import { type Member, shapeOf } from './model.ts';
import type { Protocol } from './protocol.ts';
import { formOf, namespaceOf, parametersOf, xmlReply } from './protocol-query.ts';
import { decodeQueryInput } from './query-input.ts';
import { createXmlWriter, element, escapeXml } from './xml-output.ts';

/** EC2's dialect of the query protocol: numbered lists without `member`, capitalised names, bare XML out. */
export const ec2Protocol: Protocol = {
  operationOf: (_, request) => formOf(request).find(([name]) => name === 'Action')?.[1],
  decode: (model, operation, request) =>
    decodeQueryInput(model, model.operations[operation]?.input?.shape, parametersOf(request), {
      nameOf: ec2ParameterName,
      flattensLists: true,
    }),
  encode({ model, operation, requestId }, output) {
    const shape = model.operations[operation]?.output;
    const writer = createXmlWriter(model, 'item');
    const body =
      shape === undefined ? element('return', 'true') : writer.members(shapeOf(model, shape), output, operation);
    const content = element('requestId', requestId) + body;
    return xmlReply(200, requestId, element(`${operation}Response`, content, namespaceOf(model)));
  },
  encodeError({ requestId }, error) {
    const parts = element('Code', escapeXml(error.code)) + element('Message', escapeXml(error.message));
    const body = element('Errors', element('Error', parts)) + element('RequestID', requestId);
    return xmlReply(error.status, requestId, element('Response', body));
  },
};

/** How EC2 writes a member in a request: `queryName`, else the capitalised wire name. */
export function ec2ParameterName(name: string, { queryName, locationName }: Member): string {
  const written = locationName ?? name;
  return queryName ?? written.charAt(0).toUpperCase() + written.slice(1);
}
