import type { DrainInput } from './drain-input.ts';
import type { DrainRecord } from './drain-record.ts';
import { type Reason, reason } from './errors.ts';
import type { LeavingPod, PlannedPod } from './leaving-pods.ts';

type Refusal = Pick<DrainRecord['refused'][number], 'budgets' | 'message'>;

const nameOf = ({ namespace, name }: LeavingPod) => ({ namespace, name });
const isOf =
  ({ namespace, name }: LeavingPod) =>
  (each: { readonly namespace: string; readonly name: string }) =>
    each.namespace === namespace && each.name === name;
const withName = <Name extends { readonly namespace: string; readonly name: string }>(
  known: readonly Name[],
  pod: LeavingPod,
  entry: Name,
): Name[] => (known.some(isOf(pod)) ? [...known] : [...known, entry]);

const controllerOf = ({ controller, namespace }: LeavingPod) =>
  controller && { controller: { kind: controller.kind, namespace, name: controller.name } };

/** The record with what is lost when a pod goes. */
const withLosses = (record: DrainRecord, pod: LeavingPod): DrainRecord => ({
  ...record,
  lost: pod.controller === undefined ? withName(record.lost, pod, nameOf(pod)) : record.lost,
  localData: pod.hasLocalData ? withName(record.localData, pod, nameOf(pod)) : record.localData,
});

/** The record of a pod that begins to leave, with what is lost by that. The same pod is told once. */
export function withLeaving(record: DrainRecord, pod: LeavingPod, now: Date): DrainRecord {
  if (pod.isFinished) return record;
  const entry = { ...nameOf(pod), ...controllerOf(pod), at: now.toISOString() };
  return withLosses({ ...record, evicted: withName(record.evicted, pod, entry) }, pod);
}

/**
 * The record with the pods that leave and are not in it; the same record when all are. The answer to an eviction may have
 * been lost, and whoever else has asked a pod to go, its controller has a replica less until it is back.
 */
export const withSeenLeaving = (record: DrainRecord, planned: readonly PlannedPod[], now: Date): DrainRecord =>
  planned
    .filter(({ pod, action }) => action !== 'stay' && pod.dueAt !== undefined && !pod.isFinished)
    .filter(({ pod }) => ![...record.evicted, ...record.forced].some(isOf(pod)))
    .reduce((known, { pod }) => withLeaving(known, pod, now), record);

/** The record of a pod that is deleted without being asked. */
export function withForced(record: DrainRecord, pod: LeavingPod, why: 'hanging' | 'deadline', now: Date): DrainRecord {
  const entry = { ...nameOf(pod), ...controllerOf(pod), why, at: now.toISOString() };
  return withLosses({ ...record, forced: withName(record.forced, pod, entry) }, pod);
}

/** The record of a refused eviction, with the budgets as they stood at the last one. */
export function withRefused(record: DrainRecord, pod: LeavingPod, refusal: Refusal, now: Date): DrainRecord {
  const at = now.toISOString();
  const known = record.refused.find(isOf(pod));
  const { budgets, message } = refusal;
  const entry = {
    ...nameOf(pod),
    budgets: budgets.length > 0 ? budgets : (known?.budgets ?? []),
    ...(message !== undefined && { message }),
    times: (known?.times ?? 0) + 1,
    firstAt: known?.firstAt ?? at,
    lastAt: at,
  };
  return { ...record, refused: [...record.refused.filter((each) => each !== known), entry] };
}

/**
 * The pods in the order in which they are asked: those that were never refused, then those refused longest ago. So the
 * ones that a budget holds do not use up, pass after pass, what may leave at a time.
 */
export function inAskingOrder(pods: readonly LeavingPod[], { refused }: DrainRecord): LeavingPod[] {
  const asked = pods.map((pod) => {
    const { lastAt, times = 0 } = refused.find(isOf(pod)) ?? {};
    return { pod, times, at: lastAt === undefined ? 0 : Date.parse(lastAt) };
  });
  return asked.toSorted((a, b) => a.at - b.at || a.times - b.times).map(({ pod }) => pod);
}

const full = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => `${namespace}/${name}`;

/** So many pods are named in a sentence. */
const mostNames = 10;

const stateOf: Readonly<Record<PlannedPod['action'], string>> = {
  stay: 'stays',
  delete: 'is deleted',
  evict: 'is asked to leave',
  wait: 'is leaving or waits for its turn',
  force: 'hangs and is deleted',
  hold: 'hangs and must not be forced while its machine may run',
};

function whyLeft({ pod, action }: PlannedPod, { refused }: DrainRecord): string {
  if (action === 'hold' && pod.isForced) return `${full(pod)} has no grace period left and is kept by its finalizers`;
  const refusal = refused.find(isOf(pod));
  if (!['evict', 'delete', 'force'].includes(action) || refusal === undefined) return `${full(pod)} ${stateOf[action]}`;
  const budgets = refusal.budgets.map(({ name, needed, healthy }) =>
    needed === undefined || healthy === undefined ? name : `${name} needs ${needed} healthy pods and has ${healthy}`,
  );
  return `${full(pod)} was refused ${refusal.times} times${budgets.length > 0 ? ` by the budget ${budgets.join(' and the budget ')}` : `: ${refusal.message}`}`;
}

/** What is still on the node, and what keeps each pod there. */
export function podsLeft(planned: readonly PlannedPod[], record: DrainRecord): Reason {
  const left = planned.filter(({ action }) => action !== 'stay');
  const more = left.length - mostNames;
  const named = left.slice(0, mostNames).map((each) => whyLeft(each, record));
  const others = more > 0 ? `; and ${more} more` : '';
  return reason('PodsLeft', `On node ${record.nodeName}: ${named.join('; ')}${others}.`);
}

export const nodeEmptied = ({ nodeName }: DrainRecord): Reason => ({
  error: 'NodeEmptied',
  cause: `Nothing is left on node ${nodeName} that has to move.`,
});

export const volumesLeft = ({ nodeName }: DrainRecord, attachments: readonly string[]): Reason =>
  reason('PodsLeft', `Node ${nodeName} has no pods left that move, but volumes attached: ${attachments.join(', ')}.`);

/** What is deleted at the deadline of a group that forces has so long to end before people are told. */
const forcedMarginSeconds = 300;

/**
 * Whether people have to know what keeps a node: its deadline is over and the group's policy is to wait, or what was
 * deleted then, or may not be, is still there.
 */
export const isStuck = ({ drainDeadline, onDrainTimeout }: DrainInput, now: Date): boolean =>
  now.getTime() >= Date.parse(drainDeadline) + (onDrainTimeout === 'wait' ? 0 : forcedMarginSeconds * 1000);

const shortestRetrySeconds = 8;
const retrySpreadSeconds = 8;

/**
 * For how long to leave the pods of a node alone: the time after which refused evictions are asked again, with a jitter so
 * that nodes which drain together do not ask together, or as long as the API server says.
 *
 * @param chance from 0 to 1.
 */
export const retrySeconds = (chance: number, retryAfterSeconds: number | undefined): number =>
  Math.max(retryAfterSeconds ?? 0, Math.round(shortestRetrySeconds + retrySpreadSeconds * chance));
