import type { Announcement } from './announcement.ts';
import type { Controller, DrainRecord } from './drain-record.ts';
import { longestReplicaWaitSeconds } from './replicas.ts';

/** The record of a node that may drain now; the same record when it could before. Without a slot it goes without a turn. */
export const withTurn = (record: DrainRecord, slot: string | undefined, now: Date): DrainRecord =>
  record.turnAt !== undefined && record.slot === slot
    ? record
    : { ...record, turnAt: record.turnAt ?? now.toISOString(), ...(slot !== undefined && { slot }) };

/** The controllers whose pods left the node, by eviction or by force. */
export const movedControllers = ({ evicted, forced }: Pick<DrainRecord, 'evicted' | 'forced'>): Controller[] =>
  [...evicted, ...forced].flatMap(({ controller }) => (controller === undefined ? [] : [controller]));

/**
 * The controllers whose pods left within the time that a turn is held for them. Those that were short before, or cannot
 * start, are not waited for again with every other pod that leaves: they must not keep a node from being emptied.
 */
export function lastMovedControllers({ evicted, forced }: DrainRecord, now: Date): Controller[] {
  const isRecent = ({ at }: { readonly at: string }) =>
    now.getTime() - Date.parse(at) < longestReplicaWaitSeconds * 1000;
  return movedControllers({ evicted: evicted.filter(isRecent), forced: forced.filter(isRecent) });
}

/** The record of a drain that has come to its end; the same record when it had one. */
export const withEnd = (record: DrainRecord, now: Date): DrainRecord =>
  record.endedAt === undefined ? { ...record, endedAt: now.toISOString() } : record;

/** What neighbours are told; nothing of a node whose pods had not left when its instance vanished. */
export function nodeDrained({ nodeName, ...record }: DrainRecord): Announcement | undefined {
  const { cluster, nodeGroup, instanceId, run, emptiedAt, startedAt, evicted, forced } = record;
  if (emptiedAt === undefined) return undefined;
  return {
    type: 'Node Drained',
    at: new Date(emptiedAt),
    detail: {
      ...{ version: '1', cluster, nodeGroup, nodeName, instanceId },
      ...(run !== undefined && { run }),
      ...{ drainStartedAt: record.turnAt ?? startedAt, drainedAt: emptiedAt },
      ...{ evictedPods: evicted.length, forcedPods: forced.length },
    },
  };
}
