import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { describeGrant, grantAccess, readGrantArguments } from '../../scripts/grant.ts';
import { createAccount } from '../../simulator/account.ts';
import { buildAccount } from '../../simulator/scenario/build.ts';
import { loadScenario } from '../../simulator/scenario/load.ts';
import { listen } from '../../simulator/wire/http-server.ts';

const readerRole = 'arn:aws:iam::111122223333:role/reglaze-live-reader-us-west-2';
const moverRole = 'arn:aws:iam::111122223333:role/reglaze-live-mover-us-west-2';

/** An account with the reader and mover roles of a deployed stack, reached over HTTP with the operator's credentials. */
async function anAccountOnAPort() {
  const scenario = await loadScenario(join(import.meta.dirname, '../../scenarios/tiny-month.yml'));
  const account = await createAccount({
    identity: { accountId: '111122223333', region: 'us-west-2', partition: 'aws' },
    ...{ startsAt: Date.now(), seed: 1, pace: 1, functions: 'process' },
  });
  await buildAccount(account, scenario);
  for (const role of [readerRole, moverRole]) {
    account.iam.createRole({
      roleName: role.split('/').at(-1) ?? '',
      trustPolicy: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }],
      },
      policies: [],
    });
  }
  const server = await listen({ front: account.front, kernel: account.kernel });
  let isOver = false;
  const running = account.kernel.clock.run(() => isOver, { idle: 'wait' });
  const { accessKeyId, secretAccessKey } = account.iam.operatorCredentials();
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${server.port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  const close = async () => {
    isOver = true;
    account.kernel.clock.arrive('the end', () => {});
    await running;
    await server.close();
    await account.close();
  };
  return { account, close };
}

describe('npm run grant', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('makes an access entry for each role, says what is left to do, and finds its own work the second time', async () => {
    const { account, close } = await anAccountOnAPort();
    const first = await grantAccess('shop', 'live', 'us-west-2');
    const second = await grantAccess('shop', 'live', 'us-west-2');
    const entries = account.eks.cluster('shop')?.accessEntries;
    await close();

    expect(entries?.get(readerRole)?.kubernetesGroups).toEqual(['reglaze-reader']);
    expect(entries?.get(moverRole)?.kubernetesGroups).toEqual(['reglaze-mover']);
    expect(first.join('\n')).toContain('is now in the group reglaze-reader of cluster shop');
    expect(first.join('\n')).toContain('is now in the group reglaze-mover of cluster shop');
    expect(first.join('\n')).toContain('kubectl apply -f infrastructure/kubernetes/reader.yml');
    expect(first.join('\n')).toContain('kubectl apply -f infrastructure/kubernetes/mover.yml');
    expect(second.join('\n')).toContain('was already in the group');
  });

  it.each([
    { case: 'help', args: ['--help'], exitCode: 0 },
    { case: 'a misspelt option', args: ['--clutser', 'shop'], exitCode: 2 },
    { case: 'no cluster', args: [], exitCode: 2 },
  ])('answers $case with its usage and exit code $exitCode', ({ args, exitCode }) => {
    expect(readGrantArguments(args)).toMatchObject({
      usage: expect.stringContaining('Usage: npm run grant'),
      exitCode,
    });
  });

  it('gives clusters without access entries the lines for their ConfigMap, and says that nothing was changed', () => {
    const lines = describeGrant({
      cluster: 'old',
      principal: 'mover',
      principalArn: moverRole,
      entry: 'not-taken',
    }).join('\n');
    expect(lines).toContain('Nothing was changed');
    expect(lines).toContain(`{rolearn: ${moverRole}, username: reglaze-mover, groups: [reglaze-mover]}`);
  });

  it('passes on what EKS says about a cluster that is not there', async () => {
    const { close } = await anAccountOnAPort();
    await expect(grantAccess('nowhere', 'live', 'us-west-2')).rejects.toThrow('nowhere');
    await close();
  });
});
