import { type WorkloadWatch, watchWorkloads } from '../../scripts/start/workload-watch.ts';
import type { LogEntry } from '../../simulator/kernel/event-log.ts';

/** One entry of the event log about a pod. */
type PodEntry = {
  readonly at: number;
  readonly kind: string;
  readonly uid: string;
  readonly pod: string;
  readonly node: string | undefined;
};

/** @param workload `<namespace>/<kind>/<name>`, as in a scenario. */
function entriesOfWorkload(log: readonly LogEntry[], cluster: string, workload: string): readonly PodEntry[] {
  return log.flatMap(({ at, kind, details }) => {
    const isOne = kind.startsWith('pod.') && `${details.namespace}/${details.workload}` === workload;
    return isOne && details.cluster === cluster ? [{ ...(details as unknown as PodEntry), at, kind }] : [];
  });
}

function watched(log: readonly LogEntry[]): WorkloadWatch {
  const watch = watchWorkloads();
  for (const entry of log) watch.take(entry);
  return watch;
}

/**
 * The lowest number of ready pods that a workload had since it first had as many as it was placed with. Throws when the
 * log knows no such workload, so that a wrong name fails.
 */
export function lowestReady(log: readonly LogEntry[], cluster: string, workload: string): number {
  const found = watched(log)
    .workloads()
    .find((each) => each.cluster === cluster && each.workload === workload);
  if (found === undefined) throw new Error(`No pod of ${workload} was in place in ${cluster}.`);
  return found.lowestReady;
}

/**
 * Moves of each chain of pods of a workload: a pod that was in place or made beside the others begins a chain, and every
 * replacement of its last pod is a move. Of a StatefulSet the replacement is the pod of that name, else it is the pod that
 * was made next after the oldest loss.
 */
export function movesOf(log: readonly LogEntry[], cluster: string, workload: string): readonly number[] {
  const entries = entriesOfWorkload(log, cluster, workload);
  return workload.includes('/StatefulSet/') ? movesByName(entries) : movesByTurn(entries);
}

function movesByName(entries: readonly PodEntry[]): readonly number[] {
  const pods = Map.groupBy(entries, ({ pod }) => pod);
  return [...pods.values()].map((own) => new Set(own.map(({ uid }) => uid)).size - 1);
}

function movesByTurn(entries: readonly PodEntry[]): readonly number[] {
  const moves: number[] = [];
  const chainOf = new Map<string, number>();
  const isLost = new Set<string>();
  const lost: number[] = [];
  for (const { kind, uid } of entries) {
    if (!chainOf.has(uid)) {
      const chain = lost.shift() ?? moves.length;
      moves[chain] = (moves[chain] ?? -1) + 1;
      chainOf.set(uid, chain);
    }
    // A pod is lost once, however its end is told.
    if (isLost.has(uid) || (kind !== 'pod.terminating' && kind !== 'pod.deleted')) continue;
    isLost.add(uid);
    lost.push(chainOf.get(uid) ?? 0);
  }
  return moves;
}

/** How often evictions were refused in a cluster, by budget as `<namespace>/<name>`. */
export const refusedEvictions = (log: readonly LogEntry[], cluster: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    watched(log)
      .refusals()
      .filter((each) => each.cluster === cluster)
      .map(({ budget, times }) => [budget, times]),
  );
