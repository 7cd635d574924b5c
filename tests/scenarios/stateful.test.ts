import { beforeAll, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../simulator/kernel/event-log.ts';
import { drainsOf, remains, takenWithoutEviction } from '../support/drains.ts';
import { entriesOf, type Played, play } from '../support/play.ts';
import { lowestReady, movesOf } from '../support/workloads.ts';

/** Volumes that were given to a node while another one had them. */
function attachedTwice(log: readonly LogEntry[]): string[] {
  const places = new Map<unknown, unknown>();
  return log.flatMap(({ kind, details: { volume, node } }) => {
    if (kind === 'volume.detached') places.delete(volume);
    if (kind !== 'volume.attaching') return [];
    const before = places.get(volume);
    places.set(volume, node);
    return before === undefined ? [] : [`${volume} is on ${before} and goes to ${node}`];
  });
}

/** Whether a node on the new AMI was Ready in the zone, before the moment. */
function isNewNodeReady({ stage, log }: Played, zone: string, before: number): boolean {
  const { scenario, account } = stage;
  const newAmi = scenario.images[0]?.amis[0]?.id;
  const instances = new Set(
    account.ec2
      .instances()
      .filter(({ imageId, availabilityZone }) => imageId === newAmi && availabilityZone === zone)
      .map(({ instanceId }) => instanceId),
  );
  return log.some(
    ({ at, kind, details }) => kind === 'node.ready' && at < before && instances.has(String(details.instanceId)),
  );
}

describe('stateful', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('stateful');
  }, 300_000);

  it('patches every node, and never has fewer Ready nodes than wanted', () => {
    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups[0]).toMatchObject({
      ...{ outcome: 'patched', nodes: { total: 3, patched: 3 }, readyNodes: { desired: 3, lowest: 3 } },
    });
  });

  it('begins with one pod in each zone', () => {
    const nodes = entriesOf(played.log, 'pod.ready')
      .filter(({ settled }) => settled === true)
      .map(({ node }) => node);
    expect(new Set(nodes).size).toBe(3);
  });

  it('lets a node leave only when a new one is Ready in its zone', () => {
    const records = drainsOf(played.stage);
    expect(records).toHaveLength(3);
    for (const { instanceId, turnAt = '' } of records) {
      const zone = played.stage.account.ec2
        .instances()
        .find((each) => each.instanceId === instanceId)?.availabilityZone;
      expect(isNewNodeReady(played, zone ?? '', Date.parse(turnAt))).toBe(true);
    }
  });

  it('forces no pod, keeps two of three Ready, and moves each once', () => {
    expect(takenWithoutEviction(played.log, 'shop')).toEqual([]);
    expect(lowestReady(played.log, 'shop', 'store/StatefulSet/db')).toBe(2);
    expect(movesOf(played.log, 'shop', 'store/StatefulSet/db')).toEqual([1, 1, 1]);
  });

  it('has each volume attached to one node at a time', () => {
    expect(entriesOf(played.log, 'volume.detached')).toHaveLength(3);
    expect(attachedTwice(played.log)).toEqual([]);
  });

  it('lets an instance go only when its volumes are detached', () => {
    for (const { nodeName, emptiedAt = '' } of drainsOf(played.stage)) {
      const detached = played.log.filter(
        ({ kind, details }) => kind === 'volume.detached' && details.node === nodeName,
      );
      expect(detached).toHaveLength(1);
      expect(detached[0]?.at).toBeLessThanOrEqual(Date.parse(emptiedAt));
    }
  });

  it('leaves nothing behind', () => {
    expect(remains(played)).toEqual([]);
  });
});

describe('stateful, and a scale-in after it that is taken back', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('stateful', {
      change: ({ operator }) => {
        for (const [minute, to] of [
          [60, 2],
          [90, 3],
        ] as const) {
          operator.push({ when: { minute }, does: { kind: 'set-desired-capacity', group: 'shop/database', to } });
        }
      },
    });
  }, 300_000);

  it('leaves the node whose volume no other node can take untouched, until a new one is Ready in its zone', () => {
    const { stage, log } = played;
    const late = drainsOf(stage).at(-1);
    const zoneOf = (id: unknown) =>
      stage.account.ec2.instances().find(({ instanceId }) => instanceId === id)?.availabilityZone;
    const taker = log.findLast(({ kind }) => kind === 'node.ready');
    const back = Date.parse(stage.scenario.startsAt) + 90 * 60_000;

    expect(drainsOf(stage)).toHaveLength(4);
    expect(Date.parse(late?.startedAt ?? '')).toBeLessThan(back);
    expect(taker?.at).toBeGreaterThan(back);
    expect(zoneOf(taker?.details.instanceId)).toBe(zoneOf(late?.instanceId));
    expect(Date.parse(late?.turnAt ?? '')).toBeGreaterThan(taker?.at ?? Infinity);
    expect((late?.cordonedAt ?? '') >= (late?.turnAt ?? 'never')).toBe(true);
  });

  it('never has fewer than two of three Ready, forces nothing, and leaves nothing behind', () => {
    expect(lowestReady(played.log, 'shop', 'store/StatefulSet/db')).toBe(2);
    expect(takenWithoutEviction(played.log, 'shop')).toEqual([]);
    expect(attachedTwice(played.log)).toEqual([]);
    expect(remains(played)).toEqual([]);
  });
});
