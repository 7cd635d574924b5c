import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWholeAccount, type Raw, type WholeAccount } from './open-account.ts';

/** Well signed and meant for an operation, so that whatever else is in it gets as far as it can. */
const envelopes: readonly Raw[] = [
  { service: 'autoscaling', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  { service: 'ec2', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  { service: 'states', headers: { 'x-amz-target': 'AWSStepFunctions.StartExecution' } },
  { service: 'events', headers: { 'x-amz-target': 'AWSEvents.PutEvents' } },
  { service: 'eks', path: '/clusters/shop/node-groups/web/update-config' },
  { service: 's3', method: 'PUT', path: '/bucket/key' },
  {
    service: 'monitoring',
    path: '/service/GraniteServiceVersion20100801/operation/PutMetricData',
    headers: { 'smithy-protocol': 'rpc-v2-cbor' },
  },
];

const forms = [
  'Action=CreateOrUpdateTags&Version=2011-01-01&Tags.member.',
  'Action=DescribeInstances&Version=2016-11-15&Filter.1.',
];
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json({ maxDepth: 6 }),
  fc.tuple(fc.constantFrom(...forms), fc.string({ maxLength: 60 })).map((parts) => parts.join('')),
  fc
    .array(fc.constantFrom('[', '{"a":', '"', '}', ']', '%', '\u0000', '1e999', 'null', ','), { maxLength: 60 })
    .map((parts) => parts.join('')),
);
const query = fc.array(fc.tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 })), { maxLength: 3 });
const headers = fc.dictionary(
  fc.constantFrom('content-encoding', 'content-type', 'x-amz-decoded-content-length', 'x-amz-checksum-crc32', 'range'),
  fc.constantFrom('gzip', 'aws-chunked', 'application/json', 'text/plain', '-1', 'bytes=9-1', 'AAAA=='),
);

let open: WholeAccount;
beforeAll(async () => {
  open = await openWholeAccount();
});
afterAll(() => open.close());

it.each(envelopes)('whatever $service is sent, it answers, and the account does not break', async (envelope) => {
  await fc.assert(
    fc.asyncProperty(body, query, headers, async (sent, parameters, others) => {
      const search = new URLSearchParams(parameters).toString();
      const path = `${envelope.path ?? '/'}${search === '' ? '' : `?${search}`}`;
      const request = { ...envelope, path, headers: { ...envelope.headers, ...others }, body: sent };
      expect((await open.send(request, {})).status).toBeLessThan(502);
      expect(open.log('defect')).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
