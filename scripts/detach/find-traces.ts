import { drainRecordsIn } from '../../functions/adapters/drain-records.ts';
import { type RunFiles, runFilesIn } from '../../functions/adapters/run-files.ts';
import { type AttachedGroup, findAttachedGroups, type Scope } from './attached-groups.ts';
import { clusterFindings } from './cluster-traces.ts';
import { hookTraces, tagTraces } from './group-traces.ts';
import { imageTraces } from './image-traces.ts';
import { memoryTraces, pinTraces, rolloutTraces } from './state-traces.ts';
import type { Findings, Trace } from './trace.ts';

export type Survey = Findings & {
  readonly groups: readonly AttachedGroup[];
  /** Undefined when there is no run bucket. */
  readonly files: RunFiles | undefined;
};

async function gather(groups: readonly AttachedGroup[], find: (group: AttachedGroup) => Promise<Trace[]> | Trace[]) {
  const traces: Trace[] = [];
  for (const group of groups) traces.push(...(await find(group)));
  return traces;
}

/** Clusters in which something of ours may be: those of groups that show or are remembered to have had it. */
function clustersOf(groups: readonly AttachedGroup[], scope: Scope, isRemembered: boolean): string[] {
  const hasTrace = (group: AttachedGroup) =>
    group.stored !== undefined || tagTraces(group).length > 0 || group.hooks[0];
  const suspects = isRemembered ? groups.filter(hasTrace) : groups;
  const clusters = [scope.cluster, ...suspects.map(({ cluster }) => cluster)];
  return [...new Set(clusters.filter((each) => each !== undefined))];
}

/**
 * Everything of ours in node groups. In the order in which it is to be taken away: first what would begin or go on with a
 * rollout, then what holds instances and pods, at the end what remembers it.
 *
 * @param bucket the run bucket, if there is one.
 */
export async function findTraces(scope: Scope, bucket: string | undefined): Promise<Survey> {
  const files = bucket === undefined ? undefined : runFilesIn(() => bucket);
  const records = bucket === undefined ? undefined : drainRecordsIn(() => bucket);
  const groups = await findAttachedGroups(files, scope);
  const clusters = clustersOf(groups, scope, files !== undefined);
  const inClusters = await clusterFindings(clusters, { groups, scope, records });
  const traces = [
    ...(await gather(groups, tagTraces)),
    ...(files ? await gather(groups, (group) => rolloutTraces(group, files)) : []),
    ...(await gather(groups, hookTraces)),
    ...(files ? await gather(groups, (group) => pinTraces(group, files)) : []),
    ...inClusters.traces,
    ...(files ? await gather(groups, (group) => memoryTraces(group, files)) : []),
    ...(scope.cluster === undefined && scope.nodeGroup === undefined ? await imageTraces() : []),
  ];
  return { groups, files, traces, unseen: inClusters.unseen };
}
