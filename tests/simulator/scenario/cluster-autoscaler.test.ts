import { describe, expect, it } from 'vitest';
import { type Account, createAccount } from '../../../simulator/account.ts';
import { buildAccount } from '../../../simulator/scenario/build.ts';
import { parseScenario } from '../../../simulator/scenario/load.ts';

type Setting = {
  readonly bootSeconds: number;
  readonly minSize?: number;
  readonly tags?: Record<string, string>;
};

const discoveryTags = { 'k8s.io/cluster-autoscaler/enabled': 'true', 'k8s.io/cluster-autoscaler/shop': 'owned' };

/** An account in which one machine more is wanted than there is, three quarters of an hour later. */
async function afterScaleOut({ bootSeconds, minSize = 1, tags = discoveryTags }: Setting): Promise<Account> {
  const scenario = parseScenario(
    JSON.stringify({
      name: 'autoscaled',
      summary: 'One group beside a cluster autoscaler',
      startsAt: '2026-05-16T04:12:00Z',
      amis: [
        {
          id: 'ami-0a1b2c3d4e5f60001',
          name: 'windows',
          kernelVersion: '10.0.20348.4648',
          bootSeconds: [bootSeconds, bootSeconds],
        },
      ],
      images: [{ name: 'windows-2022-core', version: '2026.5.16/1' }],
      clusters: [
        {
          name: 'shop',
          clusterAutoscaler: {},
          nodeGroups: [{ name: 'web', kind: 'self-managed', ami: 'ami-0a1b2c3d4e5f60001', size: 2, maxSize: 5, tags }],
        },
      ],
    }),
    'autoscaled.yml',
  );
  const account = await createAccount({
    identity: { accountId: scenario.accountId, region: scenario.region, partition: 'aws' },
    ...{ startsAt: Date.parse(scenario.startsAt), seed: 1, pace: 'max', functions: 'process' },
  });
  await buildAccount(account, scenario);
  account.autoScaling.resizeGroup('web', { minSize, desiredCapacity: 3 });
  const { clock } = account.kernel;
  const end = clock.now() + 45 * 60_000;
  clock.after(45 * 60_000, () => {});
  await clock.run(() => clock.now() >= end);
  await account.close();
  return account;
}

const gaveUp = ({ kernel }: Account) => kernel.log.entries().filter(({ kind }) => kind === 'autoscaler.gave-up');

describe('a cluster autoscaler', () => {
  it('terminates a machine that is no node after a quarter of an hour, and lowers the desired capacity with it', async () => {
    const account = await afterScaleOut({ bootSeconds: 1200 });
    const [first] = gaveUp(account);

    expect(account.autoScaling.group('web')?.desiredCapacity).toBe(2);
    expect(first?.details).toMatchObject({ cluster: 'shop', group: 'web' });
    expect((first?.at ?? 0) - Date.parse('2026-05-16T04:12:00Z')).toBeGreaterThanOrEqual(15 * 60_000);
  });

  it.each([
    { case: 'a machine that registers in time', setting: { bootSeconds: 600 } },
    { case: 'a group at its minimum', setting: { bootSeconds: 1200, minSize: 3 } },
    { case: 'a group without the tags of its discovery', setting: { bootSeconds: 1200, tags: {} } },
  ])('leaves $case alone', async ({ setting }) => {
    const account = await afterScaleOut(setting);

    expect(gaveUp(account)).toEqual([]);
    expect(account.autoScaling.group('web')?.desiredCapacity).toBe(3);
  });
});
