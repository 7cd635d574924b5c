import { beforeAll, describe, expect, it } from 'vitest';
import { drainsOf, remains, takenWithoutEviction } from '../support/drains.ts';
import { type Played, play } from '../support/play.ts';
import { movesOf } from '../support/workloads.ts';

const second = 1000;
const minute = 60 * second;

describe('hanging-pods', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('hanging-pods');
  }, 300_000);

  const firstOf = (kind: string, holds: (details: Readonly<Record<string, unknown>>) => boolean) =>
    played.log.find((entry) => entry.kind === kind && holds(entry.details))?.at ?? Number.NaN;
  const forced = () => drainsOf(played.stage).flatMap((record) => record.forced);

  it('patches both groups, and never has fewer Ready nodes than wanted', () => {
    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups).toMatchObject([
      { name: 'queues', outcome: 'patched', readyNodes: { desired: 1, lowest: 1 } },
      { name: 'web', outcome: 'patched', readyNodes: { desired: 2, lowest: 2 } },
    ]);
  });

  it('forces pods that hang, when their grace period and a margin are over, and says so', () => {
    const stuck = forced().filter(({ name }) => name.startsWith('stuck-'));
    expect(stuck.map(({ why }) => why)).toEqual(['hanging', 'hanging']);
    for (const { name } of stuck) {
      const asked = firstOf('eviction.granted', ({ pod }) => pod === name);
      const deleted = firstOf('pod.deleted', ({ pod }) => pod === name);
      expect(deleted - asked).toBeGreaterThan(30 * second);
      expect(deleted - asked).toBeLessThan(3 * minute);
    }
  });

  it('leaves pods alone that take the whole of a long grace period', () => {
    expect(forced().filter(({ name }) => name.startsWith('slow-'))).toEqual([]);
    expect(movesOf(played.log, 'shop', 'store/Deployment/slow')).toEqual([1, 1]);
  });

  it('never forces the pod of a StatefulSet while its machine runs, and there are never two of it', () => {
    const [record] = drainsOf(played.stage, 'shop/queues');
    const machineEnded = firstOf('instance.terminated', ({ instanceId }) => instanceId === record?.instanceId);
    const isOld = ({ pod, node }: Readonly<Record<string, unknown>>) => pod === 'queue-0' && node === record?.nodeName;
    expect(firstOf('pod.deleted', isOld)).toBeGreaterThanOrEqual(machineEnded);
    expect(forced().filter(({ name }) => name === 'queue-0')).toEqual([]);
    expect(movesOf(played.log, 'shop', 'store/StatefulSet/queue')).toEqual([1]);
  });

  it('holds the machine of such a pod until the drain timeout, and no longer under force', () => {
    const [record] = drainsOf(played.stage, 'shop/queues');
    const deadline = Date.parse(record?.turnAt ?? '') + 20 * minute;
    const released = firstOf('instance.shutting-down', ({ instanceId }) => instanceId === record?.instanceId);
    expect(released).toBeGreaterThanOrEqual(deadline);
    expect(released).toBeLessThan(deadline + 5 * minute);
  });

  it('takes no pod that was not asked, and tells of those that it forced', () => {
    expect(takenWithoutEviction(played.log, 'shop')).toEqual([]);
    const drains = played.document.nodeGroups.find(({ name }) => name === 'web')?.drains;
    expect(drains?.forced.map(({ name, why }) => [name.split('-')[0], why])).toEqual([
      ['stuck', 'hanging'],
      ['stuck', 'hanging'],
    ]);
  });

  it('leaves nothing behind', () => {
    expect(remains(played)).toEqual([]);
  });
});
