import { beforeAll, describe, expect, it } from 'vitest';
import { drainsOf, remains, takenWithoutEviction } from '../support/drains.ts';
import { entriesOf, type Played, play } from '../support/play.ts';
import { lowestReady } from '../support/workloads.ts';

const newAmi = 'ami-0a1b2c3d4e5f60002';
const launched = ({ log }: Played) =>
  log.filter(
    ({ kind, details }) => kind === 'activity' && String(details.cause).includes('to balance instances in zones'),
  );
const leftFor = ({ log }: Played) =>
  new Set(
    entriesOf(log, 'activity').flatMap(({ cause, instanceId }) =>
      String(cause).includes('a rebalancing of Availability Zones') ? [instanceId] : [],
    ),
  );

describe('rebalance', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('rebalance');
  }, 300_000);
  const group = () => played.stage.account.autoScaling.group('web');
  const endOfRun = () => Date.parse(played.document.run.endedAt);

  it('is what Auto Scaling does both during the rollout and after it', () => {
    const times = launched(played).map(({ at }) => at);
    expect(times.some((at) => at < endOfRun())).toBe(true);
    expect(times.some((at) => at > endOfRun())).toBe(true);
    expect(leftFor(played).size).toBeGreaterThan(0);
  });

  it('does not confuse the rollout: every node is patched, the capacity is as somebody set it, in both zones', () => {
    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'patched', nodes: { total: 5, patched: 5 } });
    expect(entriesOf(played.log, 'group.capacity').map(({ desired }) => desired)).toEqual([8, 7, 6, 5, 4, 3]);
    const instances = group()?.instances ?? [];
    expect(instances.map(({ imageId, state }) => [imageId, state])).toEqual(Array(3).fill([newAmi, 'InService']));
    expect(new Set(instances.map(({ availabilityZone }) => availabilityZone)).size).toBe(2);
  });

  it('is drained through the same hook, in the run and without one', () => {
    const drained = drainsOf(played.stage);
    const rebalanced = [...leftFor(played)];
    expect(rebalanced.filter((id) => drained.every(({ instanceId }) => instanceId !== id))).toEqual([]);
    expect(drained.every(({ emptiedAt, endedAt }) => emptiedAt !== undefined && endedAt !== undefined)).toBe(true);
    expect(drained.filter(({ run }) => run === undefined).length).toBeGreaterThanOrEqual(3);
  });

  it('evicts within the budget and loses nothing', () => {
    expect(takenWithoutEviction(played.log, 'shop')).toEqual([]);
    expect(lowestReady(played.log, 'shop', 'store/Deployment/web')).toBe(7);
    expect(remains(played)).toEqual([]);
    expect(entriesOf(played.log, 'refused')).toEqual([]);
  });

  it('does not happen while AZRebalance is suspended', async () => {
    const still = await play('rebalance', {
      before: ({ account }) => account.autoScaling.suspendProcesses('web', ['AZRebalance']),
    });
    expect(launched(still)).toEqual([]);
    expect(still.document.nodeGroups[0]).toMatchObject({ outcome: 'patched' });
  }, 300_000);
});
