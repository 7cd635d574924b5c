import * as v from 'valibot';
import { type DrainRecord, ForcedPod, RefusedPod } from './drain-record.ts';
import { countFromZero, nonEmpty, strictObject } from './shapes.ts';

/** The node that a pod was on. */
const onNode = { node: nonEmpty };
const PodOnNode = strictObject({ namespace: nonEmpty, name: nonEmpty, ...onNode });

/** What became of the pods of a node group's nodes that left during its rollout. */
export const DrainReport = strictObject({
  /** Nodes that were emptied. */
  emptied: countFromZero,
  /** Nodes whose instances ended with pods on them, by Auto Scaling's limit or somebody's hand. */
  cutShort: v.array(nonEmpty),
  /** Those among them for which Auto Scaling would wait no longer. */
  atCeiling: v.optional(v.array(nonEmpty)),
  /** Nodes whose Spot Instances EC2 took back, emptied in time or not. */
  interrupted: v.optional(v.array(nonEmpty)),
  /** Nodes that were neither when the rollout ended. */
  unfinished: v.array(nonEmpty),
  evicted: countFromZero,
  /** Pods that were not let go at once, whatever became of them later. */
  refused: v.array(strictObject({ ...RefusedPod.entries, ...onNode })),
  forced: v.array(strictObject({ ...ForcedPod.entries, ...onNode })),
  /** Pods that nobody makes again. */
  lost: v.array(PodOnNode),
  /** Pods whose local data went with their node. */
  localData: v.array(PodOnNode),
  /** Controllers that had not all of their replicas Ready again when their time was over, once each. */
  short: v.array(nonEmpty),
});
export type DrainReport = Readonly<v.InferOutput<typeof DrainReport>>;

/** For how long Auto Scaling waits for a node of the group, less what a record may begin too late by. */
export type DrainLimit = { readonly ceilingSeconds: number; readonly heartbeatSeconds: number; readonly now: Date };

/** No instance waits for longer than this, also when its drain has not noticed its end yet. */
function isAtCeiling({ emptiedAt, goneAt, startedAt }: DrainRecord, limit: DrainLimit): boolean {
  const end = goneAt === undefined ? limit.now.getTime() : Date.parse(goneAt);
  const waitedSeconds = (end - Date.parse(startedAt)) / 1000;
  return emptiedAt === undefined && waitedSeconds >= limit.ceilingSeconds - limit.heartbeatSeconds;
}

/** Puts the drains of one rollout together; undefined when no node has left. Instances that had none are not told. */
export function reportDrains(all: readonly DrainRecord[], limit: DrainLimit): DrainReport | undefined {
  const records = all.filter(({ nodeless }) => nodeless === undefined);
  if (records.length === 0) return undefined;
  const isCutShort = (record: DrainRecord): boolean =>
    record.emptiedAt === undefined && (record.goneAt !== undefined || isAtCeiling(record, limit));
  const ordered = records.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  const named = (of: (record: DrainRecord) => boolean) => ordered.filter(of).map(({ nodeName }) => nodeName);
  const pods = <Pod>(of: (record: DrainRecord) => readonly Pod[]) =>
    ordered.flatMap((record) => of(record).map((pod) => ({ ...pod, node: record.nodeName })));
  const interrupted = named(({ takenAt }) => takenAt !== undefined);
  const atCeiling = named((record) => isAtCeiling(record, limit));
  return {
    emptied: ordered.filter(({ emptiedAt }) => emptiedAt !== undefined).length,
    cutShort: named(isCutShort),
    ...(atCeiling.length > 0 && { atCeiling }),
    ...(interrupted.length > 0 && { interrupted }),
    unfinished: named((record) => record.emptiedAt === undefined && !isCutShort(record)),
    evicted: ordered.reduce((sum, { evicted }) => sum + evicted.length, 0),
    refused: pods(({ refused }) => refused),
    forced: pods(({ forced }) => forced),
    lost: pods(({ lost }) => lost),
    localData: pods(({ localData }) => localData),
    short: [...new Set(ordered.flatMap(({ replicas }) => replicas?.short ?? []))],
  };
}

/** So many names stand in a sentence; the summary has them all. */
const mostNames = 10;

function listed(names: readonly string[]): string {
  const more = names.length - mostNames;
  return more > 0 ? `${names.slice(0, mostNames).join(', ')} and ${more} more` : names.join(', ');
}

const nameOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => `${namespace}/${name}`;

/** Who refused a pod: `budget web (needs 5, has 5)`, or the API server in its own words. */
function refuserOf({ budgets, message }: DrainReport['refused'][number]): string {
  if (budgets.length === 0) return message?.replace(/\.$/, '') ?? 'no reason given';
  const each = budgets.map(({ name, needed, healthy }) =>
    needed === undefined || healthy === undefined ? name : `${name} (needs ${needed}, has ${healthy})`,
  );
  return `${budgets.length > 1 ? 'budgets' : 'budget'} ${each.join(', ')}`;
}

/** What is to be told before all else: nodes whose pods were not moved but killed; undefined where there are none. */
export const cutShortSentence = ({ cutShort }: Pick<DrainReport, 'cutShort'>): string | undefined =>
  cutShort.length === 0
    ? undefined
    : `Not drained: the pods on ${listed(cutShort)} were killed with ${cutShort.length === 1 ? 'the machine' : 'their machines'}.`;

const why = { hanging: 'it hung', deadline: 'at the deadline' } as const;

/** What people are told of the drains of a node group, a sentence each; nothing where every pod left as it was asked to. */
export function drainSentences(report: DrainReport): string[] {
  const { interrupted = [], unfinished, refused, forced, lost, localData, short } = report;
  const sentence = (text: string, names: readonly string[]) => (names.length > 0 ? [`${text} ${listed(names)}.`] : []);
  const refusals = refused.map(
    (pod) => `${nameOf(pod)} ${pod.times === 1 ? 'once' : `${pod.times} times`} by ${refuserOf(pod)}`,
  );
  const deletions = forced.map((pod) => `${nameOf(pod)} (${why[pod.why]})`);
  const killed = cutShortSentence(report);
  return [
    ...(killed === undefined ? [] : [killed]),
    ...sentence('Refused evictions:', refusals),
    ...sentence('Deleted without being let go:', deletions),
    ...sentence('Taken by EC2, as Spot Instances:', interrupted),
    ...sentence('Still drain:', unfinished),
    ...sentence('Not made again by anybody:', lost.map(nameOf)),
    ...sentence('Lost their local data:', localData.map(nameOf)),
    ...sentence('Did not have their replicas back in time:', short),
  ];
}
