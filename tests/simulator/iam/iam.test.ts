import { describe, expect, it } from 'vitest';
import { createIam } from '../../../simulator/iam/iam.ts';
import type { Caller } from '../../../simulator/kernel/service.ts';
import { accountId, aKernel } from '../wire/account.ts';

const trusting = (Principal: unknown, Condition?: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal, ...(Condition && { Condition }) }],
});
const allowing = (Action: string, Resource: string) => [
  { name: 'p', document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] } },
];
const lambda: Caller = { arn: 'lambda.amazonaws.com', service: 'lambda.amazonaws.com' };

function anIam() {
  const kernel = aKernel({ startsAt: Date.UTC(2026, 1, 11) });
  const iam = createIam({ kernel });
  const { arn: workerArn } = iam.createRole({
    roleName: 'worker',
    trustPolicy: trusting({ Service: 'lambda.amazonaws.com' }),
    policies: allowing('sts:AssumeRole', '*'),
  });
  const worker: Caller = { arn: `arn:aws:sts::${accountId}:assumed-role/worker/s`, roleArn: workerArn };
  return { iam, kernel, worker, workerArn };
}

describe('who may assume a role', () => {
  it('is the service that its trust policy names, and no other', () => {
    const { iam, workerArn } = anIam();
    expect(iam.mayAssume(lambda, workerArn)).toBe(true);
    expect(iam.mayAssume({ ...lambda, service: 'states.amazonaws.com' }, workerArn)).toBe(false);
  });

  it('is nobody, whatever rights a caller has, unless the role trusts them', () => {
    const { iam, worker } = anIam();
    const { arn } = iam.createRole({
      roleName: 'reader',
      trustPolicy: trusting({ Service: 'ec2.amazonaws.com' }),
      policies: [],
    });
    expect(iam.mayAssume(worker, arn)).toBe(false);
  });

  it('is a caller with the right, where the role trusts the account', () => {
    const { iam, worker, workerArn } = anIam();
    const { arn } = iam.createRole({
      roleName: 'reader',
      trustPolicy: trusting({ AWS: `arn:aws:iam::${accountId}:root` }),
      policies: [],
    });
    expect(iam.mayAssume(worker, arn)).toBe(true);
    iam.deleteRolePolicy(workerArn, 'p');
    expect(iam.mayAssume(worker, arn)).toBe(false);
  });

  it('is a role that is trusted by name, without a right of its own', () => {
    const { iam, worker, workerArn } = anIam();
    const { arn } = iam.createRole({ roleName: 'reader', trustPolicy: trusting({ AWS: workerArn }), policies: [] });
    iam.deleteRolePolicy(workerArn, 'p');
    expect(iam.mayAssume(worker, arn)).toBe(true);
    iam.putRolePolicy(workerArn, 'no', {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Action: 'sts:*', Resource: '*' }],
    });
    expect(iam.mayAssume(worker, arn)).toBe(false);
  });

  it('depends on the conditions of the trust policy', () => {
    const { iam } = anIam();
    const condition = { StringEquals: { 'aws:SourceAccount': accountId } };
    const { arn } = iam.createRole({
      roleName: 'guarded',
      trustPolicy: trusting({ Service: 'lambda.amazonaws.com' }, condition),
      policies: [],
    });
    expect(iam.mayAssume(lambda, arn)).toBe(false);
    expect(iam.mayAssume(lambda, arn, { 'aws:SourceAccount': accountId })).toBe(true);
  });

  it('is nobody for a role that does not exist', () => {
    expect(anIam().iam.mayAssume(lambda, `arn:aws:iam::${accountId}:role/none`)).toBe(false);
  });
});

describe('a role', () => {
  it('has its path in its ARN but not in those of its sessions', () => {
    const { iam } = anIam();
    const { arn } = iam.createRole({
      roleName: 'deep',
      path: '/a/b/',
      trustPolicy: trusting({ Service: 'ec2.amazonaws.com' }),
      policies: [],
    });
    expect(arn).toBe(`arn:aws:iam::${accountId}:role/a/b/deep`);
    const keys = iam.credentialsFor({ roleArn: arn, sessionName: 's', durationSeconds: 900 });
    expect(iam.identify(keys)?.caller).toMatchObject({
      roleArn: arn,
      arn: `arn:aws:sts::${accountId}:assumed-role/deep/s`,
    });
  });

  it('is made once', () => {
    const { iam } = anIam();
    const again = { roleName: 'worker', trustPolicy: trusting({ Service: 'ec2.amazonaws.com' }), policies: [] };
    expect(() => iam.createRole(again)).toThrow(/already exists/);
  });

  it('cannot trust a role that does not exist', () => {
    const { iam } = anIam();
    const trustPolicy = trusting({ AWS: `arn:aws:iam::${accountId}:role/ghost` });
    expect(() => iam.createRole({ roleName: 'r', trustPolicy, policies: [] })).toThrow(/Invalid principal.*ghost/);
  });

  it('has another id when it is made again', () => {
    const { iam, workerArn } = anIam();
    const first = iam.role(workerArn)?.roleId;
    iam.deleteRole(workerArn);
    const second = iam.createRole({
      roleName: 'worker',
      trustPolicy: trusting({ Service: 'ec2.amazonaws.com' }),
      policies: [],
    });
    expect(second.arn).toBe(workerArn);
    expect(second.roleId).not.toBe(first);
    expect(second.roleId).toMatch(/^AROA[A-Z2-7]{16}$/);
  });
});

describe('credentials', () => {
  it('end after their duration and carry the function they were made for', () => {
    const { iam, kernel, workerArn } = anIam();
    const session = { roleArn: workerArn, sessionName: 's', durationSeconds: 900, functionName: 'watch' };
    const keys = iam.credentialsFor(session);
    expect(keys.expiration.getTime()).toBe(kernel.clock.now() + 900_000);
    expect(iam.identify(keys)).toMatchObject({
      caller: { functionName: 'watch', accessKeyId: keys.accessKeyId },
      sessionTokenMatches: true,
    });
    expect(iam.identify({ ...keys, sessionToken: 'other' })).toMatchObject({ sessionTokenMatches: false });
  });

  it('are others each time, and the same in the same run', () => {
    const [first, second] = [anIam(), anIam()].map(({ iam, workerArn }) =>
      [1, 2].map(() => iam.credentialsFor({ roleArn: workerArn, sessionName: 's', durationSeconds: 900 })),
    );
    expect(first?.[0]).not.toEqual(first?.[1]);
    expect(second).toEqual(first);
    expect(first?.[0]?.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(first?.[0]?.secretAccessKey).toHaveLength(40);
  });

  it('of the operator may do everything that no policy denies', () => {
    const { iam } = anIam();
    const operator = iam.identify(iam.operatorCredentials())?.caller as Caller;
    const permission = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' };
    expect(iam.authorize(operator, permission).allowed).toBe(true);
    iam.setResourcePolicy('arn:aws:s3:::b', {
      Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::b/*' }],
    });
    expect(iam.authorize(operator, permission).allowed).toBe(false);
    iam.setResourcePolicy('arn:aws:s3:::b', undefined);
    expect(iam.authorize(operator, permission).allowed).toBe(true);
  });
});

it('finds the role of an instance profile by name and by ARN', () => {
  const { iam, workerArn } = anIam();
  const { arn } = iam.createInstanceProfile({ name: 'nodes', roleArn: workerArn });
  expect([iam.roleOfInstanceProfile('nodes'), iam.roleOfInstanceProfile(arn), iam.roleOfInstanceProfile('x')]).toEqual([
    workerArn,
    workerArn,
    undefined,
  ]);
});
