import { expect, it } from 'vitest';
import { ServiceError } from '../../../simulator/kernel/service.ts';
import { loadModel } from '../../../simulator/wire/model.ts';
import { jsonProtocol } from '../../../simulator/wire/protocol-json.ts';
import { queryProtocol } from '../../../simulator/wire/protocol-query.ts';
import { wireErrorOf } from '../../../simulator/wire/wire-errors.ts';

/** SQS spoke query first. Source: "AWS query protocol compatibility", https://smithy.io/2.0/aws/protocols/aws-query-protocol.html. */
const model = loadModel('sqs');
const request = { method: 'POST', path: '/', headers: {}, body: Buffer.alloc(0) };
const answered = (code: string, protocol: typeof jsonProtocol) => {
  const error = wireErrorOf(model, new ServiceError(code, 'No.'));
  const { headers, body, status } = protocol.encodeError({ model, requestId: 'r' }, error, request);
  return { headers, body: String(body), status };
};

it.each([
  { code: 'QueueDoesNotExist', old: 'AWS.SimpleQueueService.NonExistentQueue', status: 400 },
  { code: 'PurgeQueueInProgress', old: 'AWS.SimpleQueueService.PurgeQueueInProgress', status: 403 },
  { code: 'KmsAccessDenied', old: 'KMS.AccessDeniedException', status: 400 },
])('SQS calls $code $old to clients that know it from the days of query', ({ code, old, status }) => {
  const json = answered(code, jsonProtocol);
  expect(json.headers['x-amzn-query-error']).toBe(`${old};Sender`);
  expect(JSON.parse(json.body)).toMatchObject({ __type: code });
  expect(json.status).toBe(status);
  expect(answered(code, queryProtocol).body).toContain(`<Code>${old}</Code>`);
});
