import { describe, expect, it } from 'vitest';
import { at, interventions } from '../../scripts/hunt/interventions.ts';
import type { Stage } from '../../scripts/start/stage.ts';
import { remains } from '../support/drains.ts';
import { type Played, play } from '../support/play.ts';

const newAmi = 'ami-0a1b2c3d4e5f60002';
const taint = 'reglaze.dev/outdated';

type Marked = { readonly ami: string | undefined; readonly isTainted: boolean };

/** Every change of the taint of a node, with the AMI of its machine. */
function followTaints({ account, clusters }: Stage): readonly Marked[] {
  const seen = new Map<string, boolean>();
  const changes: Marked[] = [];
  for (const cluster of clusters.values()) {
    cluster.onNode(({ type, node: { instanceId, taints } }) => {
      const isTainted = type !== 'deleted' && taints.some(({ key }) => key === taint);
      if ((seen.get(instanceId) ?? false) === isTainted) return;
      seen.set(instanceId, isTainted);
      const instances = account.autoScaling.groups().flatMap((group) => group.instances);
      changes.push({ ami: instances.find((each) => each.instanceId === instanceId)?.imageId, isTainted });
    });
  }
  return changes;
}

async function playAndFollow(
  before: (stage: Stage) => void,
): Promise<Played & { readonly changes: readonly Marked[] }> {
  let changes: readonly Marked[] = [];
  const played = await play('tiny-month', {
    change: ({ clusters: [cluster] }) => {
      cluster?.nodeGroups.splice(1);
      for (const group of cluster?.nodeGroups ?? []) Object.assign(group, { size: 4, maxSize: 8 });
    },
    before: (stage) => {
      changes = followTaints(stage);
      before(stage);
    },
  });
  return { ...played, changes };
}

const tainted = (changes: readonly Marked[]) => changes.filter(({ isTainted }) => isTainted);

describe('the taint of outdated nodes', () => {
  it('is on the old nodes alone while a group is rolled, and gone from every node afterwards', async () => {
    const played = await playAndFollow(() => {});
    expect(played.document.nodeGroups[0]?.outcome).toBe('patched');
    expect(tainted(played.changes).length).toBeGreaterThanOrEqual(3);
    expect(tainted(played.changes).filter(({ ami }) => ami === newAmi)).toEqual([]);
    expect(remains(played)).toEqual([]);
  }, 300_000);

  it('turns around when the group goes back, and is gone from every node afterwards', async () => {
    const cancel = interventions['cancel the instance refresh'] ?? (() => {});
    const played = await playAndFollow((stage) => {
      // When the first new nodes serve, and old ones bear the taint.
      const stop = stage.account.kernel.log.follow(({ kind, details }) => {
        if (kind !== 'event.put' || details.detailType !== 'Node Removed') return;
        stop();
        stage.account.kernel.clock.after(0, () => cancel(stage));
      });
    });
    expect(played.document.nodeGroups[0]).toMatchObject({
      outcome: 'rolled-back',
      reason: { error: 'ReplacementCancelled' },
    });
    const onNew = tainted(played.changes).findIndex(({ ami }) => ami === newAmi);
    expect(tainted(played.changes).findIndex(({ ami }) => ami !== newAmi)).toBe(0);
    expect(onNew).toBeGreaterThan(0);
    expect(remains(played)).toEqual([]);
  }, 300_000);
});

describe('old nodes that stay, because the group goes back before any of them has left', () => {
  it('lose the taint when the rollout ends, since nobody else takes it off', async () => {
    const roll = interventions['roll the instance refresh back'] ?? (() => {});
    const played = await playAndFollow((stage) => {
      const stops = [...stage.clusters.values()].map((cluster) =>
        cluster.onNode(({ node: { taints } }) => {
          if (!taints.some(({ key }) => key === taint)) return;
          for (const stop of stops) stop();
          stage.account.kernel.clock.after(0, () => roll(stage));
        }),
      );
    });
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'rolled-back', nodes: { patched: 0 } });
    expect(tainted(played.changes).length).toBeGreaterThan(0);
    expect(remains(played)).toEqual([]);
  }, 300_000);
});

describe('a rollout that is stopped while old nodes bear the taint', () => {
  it('is settled without one that stays', async () => {
    const played = await playAndFollow((stage) =>
      at(stage, { machine: 'roll-node-group', state: 'Watch nodes', nth: 8 }, ({ account }) => {
        for (const { arn, machineName, status } of account.stepFunctions.executions()) {
          if (status !== 'RUNNING' || !machineName.endsWith('-roll-node-group')) continue;
          account.stepFunctions.stopExecution(arn, { error: 'StoppedByOperator', cause: 'Not tonight.' });
        }
      }),
    );
    expect(tainted(played.changes).length).toBeGreaterThan(0);
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'rolled-back' });
    expect(remains(played)).toEqual([]);
  }, 300_000);
});
