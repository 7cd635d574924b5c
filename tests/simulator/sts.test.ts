import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIam } from '../../simulator/iam/iam.ts';
import { createSts } from '../../simulator/services/sts.ts';
import { createFront } from '../../simulator/wire/front.ts';
import { listen } from '../../simulator/wire/http-server.ts';
import { accountId, aKernel, logOf, region } from './wire/account.ts';

const readerArn = `arn:aws:iam::${accountId}:role/reader`;
const workerArn = `arn:aws:iam::${accountId}:role/worker`;
const trust = (Principal: object, Condition?: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal, ...(Condition && { Condition }) }],
});

async function open() {
  const kernel = aKernel();
  const iam = createIam({ kernel });
  const policies = [
    {
      name: 'p',
      document: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: readerArn }],
      },
    },
  ];
  iam.createRole({ roleName: 'worker', trustPolicy: trust({ Service: 'lambda.amazonaws.com' }), policies });
  iam.createRole({ roleName: 'reader', trustPolicy: trust({ AWS: accountId }), policies: [], maxSessionSeconds: 7200 });
  const front = createFront({ kernel, iam, services: [createSts({ kernel, iam }).service] });
  const server = await listen({ front, kernel });
  let isOver = false;
  const running = kernel.clock.run(() => isOver, { idle: 'wait' });
  const clientFor = (credentials: object) =>
    new STSClient({
      region,
      endpoint: `http://127.0.0.1:${server.port}`,
      credentials: credentials as never,
      maxAttempts: 1,
    });
  const worker = iam.credentialsFor({
    roleArn: workerArn,
    sessionName: 'watch',
    durationSeconds: 900,
    functionName: 'watch',
  });
  const close = async () => {
    isOver = true;
    kernel.clock.after(0, () => undefined);
    await Promise.all([running, server.close()]);
  };
  return { kernel, iam, clientFor, worker, close };
}

let account: Awaited<ReturnType<typeof open>>;
beforeEach(async () => {
  account = await open();
});
afterEach(() => account.close());

describe('AssumeRole', () => {
  const asked = { RoleArn: readerArn, RoleSessionName: 'look' };
  const assume = (input: object, credentials: object = account.worker) =>
    account.clientFor(credentials).send(new AssumeRoleCommand({ ...asked, ...input }));

  it('gives keys of the role, which are still the function that asked for them', async () => {
    const { Credentials, AssumedRoleUser } = await assume({ DurationSeconds: 900 });
    expect(AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${accountId}:assumed-role/reader/look`);
    const keys = { accessKeyId: Credentials?.AccessKeyId ?? '', sessionToken: Credentials?.SessionToken };
    expect(account.iam.identify(keys)?.caller).toMatchObject({ roleArn: readerArn, functionName: 'watch' });
    const credentials = { ...keys, secretAccessKey: Credentials?.SecretAccessKey };
    const identity = await account.clientFor(credentials).send(new GetCallerIdentityCommand({}));
    expect(identity).toMatchObject({
      Account: accountId,
      Arn: `arn:aws:sts::${accountId}:assumed-role/reader/look`,
      UserId: AssumedRoleUser?.AssumedRoleId,
    });
    expect(logOf(account, 'call.aws')).toEqual([
      { operation: 'Sts.AssumeRole', functionName: 'watch' },
      { operation: 'Sts.GetCallerIdentity', functionName: 'watch' },
    ]);
  });

  it('lasts an hour unless told otherwise', async () => {
    const { Credentials } = await assume({});
    const left = (Credentials?.Expiration?.getTime() ?? 0) - account.kernel.clock.now();
    expect(left).toBeGreaterThan(3_590_000);
    expect(left).toBeLessThanOrEqual(3_600_000);
  });

  it.each([
    { case: 'less than 15 minutes', input: { DurationSeconds: 899 }, message: /greater than or equal to 900/ },
    { case: 'more than the role allows', input: { DurationSeconds: 7201 }, message: /MaxSessionDuration/ },
    { case: 'more than an hour through another role', input: { DurationSeconds: 7200 }, message: /role chaining/ },
    { case: 'a session policy', input: { Policy: '{}' }, message: /Policy of AssumeRole is not simulated/ },
  ])('refuses $case', async ({ input, message }) => {
    await expect(assume(input)).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringMatching(message),
    });
  });

  it('gives the operator the whole time of the role', async () => {
    await expect(assume({ DurationSeconds: 7200 }, account.iam.operatorCredentials())).resolves.toHaveProperty(
      'Credentials',
    );
  });

  it.each([
    { case: 'does not trust the caller', RoleArn: workerArn },
    { case: 'does not exist', RoleArn: `arn:aws:iam::${accountId}:role/none` },
  ])('refuses a role that $case', async ({ RoleArn }) => {
    await expect(assume({ RoleArn })).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining(
        `${accountId}:assumed-role/worker/watch is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
      ),
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('refuses a caller without the right, although the role trusts the account', async () => {
    account.iam.deleteRolePolicy(workerArn, 'p');
    await expect(assume({})).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('tells the role the external id', async () => {
    const RoleArn = `arn:aws:iam::${accountId}:role/partner`;
    account.iam.createRole({
      roleName: 'partner',
      trustPolicy: trust({ AWS: workerArn }, { StringEquals: { 'sts:ExternalId': '42' } }),
      policies: [],
    });
    await expect(assume({ RoleArn, ExternalId: '41' })).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(assume({ RoleArn, ExternalId: '42' })).resolves.toHaveProperty('Credentials');
  });
});

it('GetCallerIdentity needs no right at all', async () => {
  const { iam, clientFor } = account;
  iam.deleteRolePolicy(workerArn, 'p');
  await expect(clientFor(account.worker).send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
    Account: accountId,
  });
  await expect(clientFor(iam.operatorCredentials()).send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
    Arn: `arn:aws:iam::${accountId}:user/Administrator`,
  });
});
