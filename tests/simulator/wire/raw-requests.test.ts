import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Operation } from '../../../simulator/kernel/service.ts';
import { ServiceError } from '../../../simulator/kernel/service.ts';
import type { WireRequest } from '../../../simulator/kernel/wire.ts';
import { encodeCbor } from '../../../simulator/wire/cbor.ts';
import { logOf, openAccount, region, type TestAccount } from './account.ts';
import { signerFor } from './signing.ts';

/** Requests as clients write them for which the product has no SDK client, such as the AWS CLI and runtimes. */
let account: TestAccount;
let seen: unknown[];
let answer: () => Record<string, unknown>;

const echo: Operation = {
  needs: () => [],
  run: (input: unknown) => {
    seen.push(input);
    return answer();
  },
};

beforeEach(async () => {
  seen = [];
  answer = () => ({});
  account = await openAccount([
    { model: 'cloudwatch', name: 'CloudWatch', operations: { PutMetricData: echo, DescribeAlarms: echo } },
    { model: 'events', name: 'EventBridge', operations: { PutEvents: echo } },
    { model: 'ssm', name: 'Ssm', operations: { GetParameter: echo } },
    { model: 'lambda', name: 'Lambda', operations: { Invoke: echo } },
    { model: 'sts', name: 'Sts', operations: { GetCallerIdentity: echo } },
    { model: 's3', name: 'S3', operations: { GetObject: echo } },
  ]);
});
afterEach(() => account.close());

type Raw = {
  service: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  host?: string;
};

async function send({ service, path = '/', headers = {}, body = '', host = 'localhost' }: Raw, method = 'POST') {
  const { credentials } = account.client;
  const signer = signerFor(service, credentials);
  const request = { method, protocol: 'http:', hostname: host, path, headers: { host, ...headers }, body };
  const signed = await signer.sign(request, { signingDate: new Date(account.kernel.clock.now()) });
  const wire: WireRequest = { method, path, headers: signed.headers, body: Buffer.from(body) };
  const reply = await account.front(wire);
  return { status: reply.status, headers: reply.headers, body: String(reply.body) };
}

const target = (name: string, version = '1.1') => ({
  'x-amz-target': name,
  'content-type': `application/x-amz-json-${version}`,
});

const cbor = {
  path: '/service/GraniteServiceVersion20100801/operation/PutMetricData',
  headers: { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
};

describe('CloudWatch', () => {
  const data = { Namespace: 'app', MetricData: [{ MetricName: 'm', Value: 1.5, Timestamp: 1770804000 }] };
  const decoded = {
    Namespace: 'app',
    MetricData: [{ MetricName: 'm', Value: 1.5, Timestamp: new Date(1770804000_000) }],
  };

  it('speaks JSON', async () => {
    const headers = target('GraniteServiceVersion20100801.PutMetricData', '1.0');
    expect(await send({ service: 'monitoring', headers, body: JSON.stringify(data) })).toMatchObject({
      status: 200,
      body: '{}',
    });
    expect(seen).toEqual([decoded]);
  });

  it('speaks query with older clients', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const body =
      'Action=PutMetricData&Version=2010-08-01&Namespace=app&MetricData.member.1.MetricName=m&MetricData.member.1.Value=1.5&MetricData.member.1.Timestamp=2026-02-11T10%3A00%3A00Z';
    const reply = await send({ service: 'monitoring', headers, body });
    expect(reply.body).toContain('<PutMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/">');
    expect(seen).toEqual([decoded]);
  });

  it('tells old error codes beside new names', async () => {
    answer = () => {
      throw new ServiceError('InternalServiceFault', 'No.');
    };
    const headers = target('GraniteServiceVersion20100801.PutMetricData', '1.0');
    const reply = await send({ service: 'monitoring', headers, body: JSON.stringify(data) });
    expect(reply).toMatchObject({ status: 500, headers: { 'x-amzn-query-error': 'InternalServiceError;Receiver' } });
  });

  it('speaks CBOR with current clients', async () => {
    const bytes = encodeCbor({
      ...data,
      MetricData: [{ MetricName: 'm', Value: 1.5, Timestamp: new Date(1770804000_000) }],
    });
    const reply = await send({ service: 'monitoring', ...cbor, body: bytes });
    expect(reply).toMatchObject({ status: 200, headers: { 'smithy-protocol': 'rpc-v2-cbor' } });
    expect(seen).toEqual([decoded]);
  });

  it('tells errors in CBOR by name, and what is no CBOR', async () => {
    const reply = await send({ service: 'monitoring', ...cbor, body: Buffer.from('{}') });
    expect(reply).toMatchObject({ status: 400, headers: { 'content-type': 'application/cbor' } });
    expect(reply.body).toContain('SerializationException');
    expect(seen).toEqual([]);
  });

  it('takes bodies that the client compressed, and refuses what only says so', async () => {
    const headers = { ...target('GraniteServiceVersion20100801.PutMetricData', '1.0'), 'content-encoding': 'gzip' };
    const body = gzipSync(JSON.stringify(data));
    expect(await send({ service: 'monitoring', headers, body })).toMatchObject({ status: 200 });
    expect(seen).toEqual([decoded]);
    expect(await send({ service: 'monitoring', headers, body: 'plain' })).toMatchObject({ status: 400 });
  });

  it('refuses protocols that it does not know loudly', async () => {
    const headers = { 'smithy-protocol': 'rpc-v2-json' };
    expect(await send({ service: 'monitoring', ...cbor, headers })).toMatchObject({ status: 501 });
    expect(logOf(account, 'refused')).toEqual([{ reason: expect.stringContaining('rpc-v2-json') }]);
  });
});

describe('JSON services', () => {
  it.each([
    {
      service: 'events',
      operation: 'AWSEvents.PutEvents',
      body: { Entries: [{ Source: 'a', DetailType: 'b', Detail: '{}' }] },
    },
    { service: 'ssm', operation: 'AmazonSSM.GetParameter', body: { Name: '/a/b' } },
  ])('$operation is decoded', async ({ service, operation, body }) => {
    answer = () =>
      service === 'events'
        ? { FailedEntryCount: 0 }
        : { Parameter: { Name: '/a/b', LastModifiedDate: new Date(1500) } };
    const reply = await send({ service, headers: target(operation), body: JSON.stringify(body) });
    expect(seen).toEqual([body]);
    expect(reply.headers['content-type']).toBe('application/x-amz-json-1.1');
    expect(JSON.parse(reply.body)).toEqual(
      service === 'events' ? { FailedEntryCount: 0 } : { Parameter: { Name: '/a/b', LastModifiedDate: 1.5 } },
    );
  });

  it.each([
    { case: 'a wrong type', body: '{"Name":7}', type: 'SerializationException' },
    { case: 'a broken document', body: '{"Name":', type: 'SerializationException' },
    { case: 'nothing', body: '{}', type: 'ValidationException' },
    { case: 'an unknown member', body: '{"Name":"a","Nane":"b"}', type: 'ValidationException' },
  ])('refuse $case as $type', async ({ body, type }) => {
    const reply = await send({ service: 'ssm', headers: target('AmazonSSM.GetParameter'), body });
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toMatchObject({ __type: type });
    expect(seen).toEqual([]);
  });
});

it('Lambda takes any bytes as payload and answers with status, headers and bytes', async () => {
  answer = () => ({ StatusCode: 200, FunctionError: 'Unhandled', Payload: Buffer.from('{"a":1}') });
  const path = `/2015-03-31/functions/${encodeURIComponent(`arn:aws:lambda:${region}:111122223333:function:f`)}/invocations?Qualifier=3`;
  const reply = await send({
    service: 'lambda',
    path: path.split('?')[0] ?? '',
    headers: { 'x-amz-invocation-type': 'RequestResponse' },
    body: 'not json',
  });
  expect(seen).toEqual([
    {
      FunctionName: `arn:aws:lambda:${region}:111122223333:function:f`,
      InvocationType: 'RequestResponse',
      Payload: Buffer.from('not json'),
    },
  ]);
  expect(reply).toMatchObject({ status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, body: '{"a":1}' });
});

it('S3 finds the bucket in front of the host', async () => {
  await send({ service: 's3', host: 'data.s3.eu-central-1.amazonaws.com', path: '/a/b%20c' }, 'GET');
  await send({ service: 's3', host: 's3.eu-central-1.amazonaws.com', path: '/data/a/b%20c' }, 'GET');
  expect(seen).toMatchObject([
    { Bucket: 'data', Key: 'a/b c' },
    { Bucket: 'data', Key: 'a/b c' },
  ]);
});
