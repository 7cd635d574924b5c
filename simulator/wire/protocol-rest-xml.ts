import { type Shape, shapeOf } from './model.ts';
import type { Problem } from './problems.ts';
import type { Protocol } from './protocol.ts';
import { xmlReply } from './protocol-query.ts';
import { readRestMembers } from './rest-input.ts';
import { writeRestReply } from './rest-output.ts';
import { routeOf } from './rest-routes.ts';
import { withBucketInPath } from './s3-address.ts';
import { unwrapBody } from './s3-body.ts';
import { createXmlWriter, element, escapeXml } from './xml-output.ts';

/** Root elements of S3's documents where they are not named after the output's shape. */
const rootNames: Readonly<Record<string, string>> = {
  ListBuckets: 'ListAllMyBucketsResult',
  ListObjects: 'ListBucketResult',
  ListObjectsV2: 'ListBucketResult',
};
const namespace = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** REST with XML bodies, in the form in which S3 speaks it. */
export const restXmlProtocol: Protocol = {
  operationOf: (model, request) => routeOf(model, withBucketInPath(request))?.operation,
  decode(model, operation, request) {
    const problems: Problem[] = [];
    const reference = model.operations[operation]?.input;
    const shape: Shape = reference === undefined ? { type: 'structure' } : shapeOf(model, reference);
    const route = routeOf(model, withBucketInPath(request)) ?? { operation, labels: {}, query: [] };
    const plain = unwrapBody(request);
    const input = readRestMembers(model, shape, route, plain, problems);
    if (shape.payload === undefined) return { input, problems };
    return { input: { ...input, [shape.payload]: plain.body }, problems };
  },
  encode(reply, output) {
    const response = writeRestReply(reply, output, (shape, value, operation) => {
      const members = createXmlWriter(reply.model, 'member').members(shape, value, operation);
      const name = rootNames[operation] ?? `${operation}Result`;
      if (members === '') return { contentType: '', body: Buffer.alloc(0) };
      const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${element(name, members, namespace)}`);
      return { contentType: 'application/xml', body };
    });
    return { ...response, headers: { ...response.headers, ...s3Ids(reply.requestId) } };
  },
  encodeError({ requestId }, error, request) {
    const ids = s3Ids(requestId);
    const hasBody = request.method !== 'HEAD' && error.status !== 304;
    if (!hasBody)
      return { status: error.status, headers: { ...ids, 'x-amzn-requestid': requestId }, body: Buffer.alloc(0) };
    const details = Object.entries(error.members).map(([name, value]) => element(name, escapeXml(String(value))));
    const content = [
      element('Code', escapeXml(error.code)),
      element('Message', escapeXml(error.message)),
      ...details,
      element('RequestId', requestId),
      element('HostId', ids['x-amz-id-2']),
    ];
    const reply = xmlReply(error.status, requestId, element('Error', content.join('')));
    return { ...reply, headers: { ...reply.headers, ...ids, 'content-type': 'application/xml' } };
  },
};

const s3Ids = (requestId: string) => ({
  'x-amz-request-id': requestId,
  'x-amz-id-2': Buffer.from(requestId).toString('base64'),
});
