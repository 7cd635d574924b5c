import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openWholeAccount, type Raw, type WholeAccount } from './open-account.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
const json = (target: string, version = '1.1') => ({
  'x-amz-target': target,
  'content-type': `application/x-amz-json-${version}`,
});

/** A good request of each protocol; and the same one for an operation that nobody knows, and one that cannot be read. */
const protocols: readonly (Raw & { readonly unknown: Partial<Raw>; readonly malformed: Partial<Raw> })[] = [
  {
    service: 'autoscaling',
    headers: form,
    body: 'Action=DescribeAutoScalingGroups&Version=2011-01-01',
    unknown: { body: 'Action=LaunchRocket&Version=2011-01-01' },
    malformed: { body: 'Action=DescribeAutoScalingGroups&Version=2011-01-01&MaxRecords=many' },
  },
  {
    service: 'ec2',
    headers: form,
    body: 'Action=DescribeInstances&Version=2016-11-15',
    unknown: { body: 'Action=LaunchRocket&Version=2016-11-15' },
    malformed: { body: 'Action=DescribeInstances&Version=2016-11-15&MaxResults=many' },
  },
  {
    service: 'states',
    headers: json('AWSStepFunctions.ListStateMachines', '1.0'),
    body: '{}',
    unknown: { headers: json('AWSStepFunctions.LaunchRocket', '1.0') },
    malformed: { body: '{"maxResults":' },
  },
  {
    service: 'logs',
    headers: json('Logs_20140328.DescribeLogGroups'),
    body: '{}',
    unknown: { headers: json('Logs_20140328.LaunchRocket') },
    malformed: { body: '[]' },
  },
  {
    service: 'eks',
    method: 'GET',
    path: '/clusters',
    unknown: { path: '/clusters/shop/rockets' },
    malformed: { path: '/clusters?maxResults=many' },
  },
  {
    service: 's3',
    method: 'GET',
    path: '/',
    unknown: { path: '/bucket?rockets' },
    malformed: { path: '/a-bucket?list-type=2&max-keys=many' },
  },
  {
    service: 'monitoring',
    path: '/service/GraniteServiceVersion20100801/operation/DescribeAlarms',
    headers: { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
    body: Buffer.of(0xa0),
    unknown: { path: '/service/GraniteServiceVersion20100801/operation/LaunchRocket' },
    malformed: { body: Buffer.of(0xff) },
  },
];

type Case =
  | 'unsigned'
  | 'unknownKey'
  | 'wrongSecret'
  | 'wrongToken'
  | 'expiredToken'
  | 'late'
  | 'incomplete'
  | 'uri'
  | 'unknown'
  | 'malformed';

/** The codes of each service. Sources: facts on the protocols; the common errors in the API reference of each service. */
const codes: Readonly<Record<string, Readonly<Record<Case, string>>>> = {
  autoscaling: {
    ...{
      unsigned: 'MissingAuthenticationToken',
      unknownKey: 'InvalidClientTokenId',
      wrongToken: 'InvalidClientTokenId',
    },
    ...{ wrongSecret: 'SignatureDoesNotMatch', expiredToken: 'ExpiredToken', late: 'SignatureDoesNotMatch' },
    ...{ unknown: 'InvalidAction', malformed: 'ValidationError' },
    ...{ incomplete: 'IncompleteSignature', uri: 'MalformedQueryString' },
  },
  ec2: {
    ...{ unsigned: 'AuthFailure', unknownKey: 'AuthFailure', wrongToken: 'AuthFailure' },
    ...{ wrongSecret: 'SignatureDoesNotMatch', expiredToken: 'RequestExpired', late: 'RequestExpired' },
    ...{ unknown: 'InvalidAction', malformed: 'InvalidParameterValue' },
    ...{ incomplete: 'IncompleteSignature', uri: 'MalformedQueryString' },
  },
  s3: {
    ...{ unsigned: 'AccessDenied', unknownKey: 'InvalidAccessKeyId', wrongToken: 'InvalidToken' },
    ...{ wrongSecret: 'SignatureDoesNotMatch', expiredToken: 'ExpiredToken', late: 'RequestTimeTooSkewed' },
    ...{ unknown: 'NotImplemented', malformed: 'InvalidArgument' },
    ...{ incomplete: 'AuthorizationHeaderMalformed', uri: 'InvalidURI' },
  },
  eks: jsonCodes({ malformed: 'InvalidParameterException' }),
  states: jsonCodes({ malformed: 'SerializationException' }),
  logs: jsonCodes({ malformed: 'SerializationException' }),
  monitoring: jsonCodes({ malformed: 'SerializationException' }),
};

function jsonCodes({ malformed }: { readonly malformed: string }): Record<Case, string> {
  return {
    ...{ unsigned: 'MissingAuthenticationTokenException', unknownKey: 'UnrecognizedClientException' },
    ...{ wrongToken: 'UnrecognizedClientException', wrongSecret: 'InvalidSignatureException' },
    ...{ expiredToken: 'ExpiredTokenException', late: 'InvalidSignatureException' },
    ...{ unknown: 'UnknownOperationException', malformed },
    ...{ incomplete: 'IncompleteSignatureException', uri: 'SerializationException' },
  };
}

let open: WholeAccount;
beforeAll(async () => {
  open = await openWholeAccount();
});
afterAll(() => open.close());

describe.each(protocols)('$service', ({ unknown, malformed, ...good }) => {
  afterEach(async () => {
    const reply = await open.send(good, {});
    expect(reply).toMatchObject({ status: 200 });
  });

  /** The code is in the answer, and the reason in the log; nothing of the account broke. */
  const expectRefusal = (reply: { status: number; body: string }, kind: Case) => {
    const code = codes[good.service]?.[kind] ?? '';
    expect(reply.body).toContain(code);
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.status).toBeLessThanOrEqual(kind === 'unknown' ? 501 : 499);
    expect(open.log('call.aws').at(-1)).toMatchObject({ error: code, reason: expect.stringMatching(/\w/) });
    expect(open.log('defect')).toEqual([]);
  };
  const operator = () => open.account.iam.operatorCredentials();

  it('refuses a request that nobody signed', async () => {
    expectRefusal(await open.send(good), 'unsigned');
  });

  it('refuses a key that the account never gave out', async () => {
    const keys = { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'guessed' };
    expectRefusal(await open.send(good, { keys }), 'unknownKey');
  });

  it('refuses a signature with another secret', async () => {
    expectRefusal(await open.send(good, { keys: { ...operator(), secretAccessKey: 'guessed' } }), 'wrongSecret');
  });

  it('refuses a session token that does not belong to the key', async () => {
    expectRefusal(await open.send(good, { keys: { ...operator(), sessionToken: 'guessed' } }), 'wrongToken');
  });

  it('refuses a session that is over', async () => {
    const { iam, kernel } = open.account;
    const statement = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
    const roleName = `over-${good.service}`;
    const trustPolicy = { Version: '2012-10-17', Statement: [statement] };
    const { arn: roleArn } = iam.createRole({ roleName, trustPolicy, policies: [] });
    const keys = iam.credentialsFor({ roleArn, sessionName: 'me', durationSeconds: 900 });
    await kernel.clock.sleep(901_000);
    expectRefusal(await open.send(good, { keys }), 'expiredToken');
  });

  it('refuses a signature of twenty minutes ago', async () => {
    const signedAt = new Date(open.account.kernel.clock.now() - 20 * 60_000);
    expectRefusal(await open.send(good, { signedAt }), 'late');
  });

  it('refuses a signature of which parts are missing', async () => {
    const { service, headers = {} } = good;
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIAAAAAAAAAAAAAAAAA/20260601/eu-central-1/${service}`;
    const host = `${service}.eu-central-1.amazonaws.com`;
    expectRefusal(await open.send({ ...good, headers: { ...headers, host, authorization } }), 'incomplete');
  });

  it.each(['/%', '/a/%zz?b', '/?a=%e4%zz', '/%ff'])('refuses the URI %s, and goes on', async (path) => {
    const signed = `AWS4-HMAC-SHA256 Credential=AKIAAAAAAAAAAAAAAAAA/20260601/eu-central-1/${good.service}/aws4_request`;
    const authorization = `${signed}, SignedHeaders=host, Signature=00`;
    const headers = { ...good.headers, authorization, 'x-amz-date': '20260601T000000Z' };
    expectRefusal(await open.send({ ...good, headers, path }), 'uri');
  });

  it('refuses an operation that nobody knows', async () => {
    expectRefusal(await open.send({ ...good, ...unknown }, {}), 'unknown');
  });

  it('refuses what cannot be read', async () => {
    expectRefusal(await open.send({ ...good, ...malformed }, {}), 'malformed');
  });
});

describe('a form', () => {
  const send = (body: string) => open.send({ service: 'autoscaling', headers: form, body }, {});

  it.each([
    { case: 'without an action', body: 'Version=2011-01-01', code: 'MissingAction' },
    { case: 'that is no form', body: '\u0000&&=&%', code: 'MissingAction' },
    { case: 'of another version', body: 'Action=DescribeAutoScalingGroups&Version=2009-05-15', code: 'InvalidAction' },
    { case: 'without a version', body: 'Action=DescribeAutoScalingGroups', code: 'InvalidAction' },
  ])('$case is refused with $code', async ({ body, code }) => {
    expect(await send(body)).toMatchObject({ status: 400, body: expect.stringContaining(`<Code>${code}</Code>`) });
  });
});

it('names a signature of version 2 as a scheme that S3 has no more', async () => {
  const reply = await open.send({ service: 's3', method: 'GET', headers: { authorization: 'AWS AKIA:c2ln' } });
  expect(reply).toMatchObject({ status: 400, body: expect.stringContaining('<Code>InvalidRequest</Code>') });
});

it('tells of a document that cannot be read nothing else', async () => {
  const headers = json('AWSStepFunctions.StartExecution', '1.0');
  const reply = await open.send({ service: 'states', headers, body: '{bad' }, {});
  expect(reply.body).toContain('SerializationException');
  expect(reply.body).not.toContain('stateMachineArn');
});

it('tells of a number that is none not that it is missing', async () => {
  const body = 'Action=SetDesiredCapacity&Version=2011-01-01&AutoScalingGroupName=web&DesiredCapacity=many';
  const reply = await open.send({ service: 'autoscaling', headers: form, body }, {});
  expect(reply.body).toContain('1 validation error detected');
});
