import type { DrainInput } from './drain-input.ts';
import type { DrainRecord } from './drain-record.ts';
import { inAskingOrder, withForced, withLeaving, withRefused, withSeenLeaving } from './drain-visit.ts';
import {
  type DrainSituation,
  isDone,
  type LeavingPod,
  mayForce,
  type PlannedPod,
  planPods,
  staysOnNode,
} from './leaving-pods.ts';

/** A drain record that can be written, if nobody else has since it was read. */
type Written = { readonly record: DrainRecord; readonly save: (record: DrainRecord) => Promise<Written> };

type Refusal = Pick<DrainRecord['refused'][number], 'budgets' | 'message'> & {
  readonly answer: 'refused';
  readonly retryAfterSeconds: number | undefined;
};

/** What a pass needs of the cluster. */
export type PassDependencies = {
  readonly listPods: (nodeName: string) => Promise<readonly LeavingPod[]>;
  readonly evict: (pod: LeavingPod) => Promise<{ readonly answer: 'leaving' | 'gone' } | Refusal>;
  readonly remove: (pod: LeavingPod, grace: 'its-own' | 'none') => Promise<Refusal | undefined>;
  readonly lookElsewhere: (record: DrainRecord) => Promise<Pick<DrainSituation, 'starting' | 'receivers'>>;
  readonly now: () => Date;
};

export type Pass = {
  readonly drain: Written;
  readonly planned: readonly PlannedPod[];
  /** Set when an eviction was refused: how long the API server asks to wait at least. */
  readonly again: number | undefined;
  readonly isDone: boolean;
};

type Done = { readonly drain: Written; readonly again?: number };

/** Refusals change nothing: they are written together, at the end of the pass. */
const refused = ({ record, save }: Written, pod: LeavingPod, refusal: Refusal, now: Date): Done => ({
  drain: { save, record: withRefused(record, pod, refusal, now) },
  again: refusal.retryAfterSeconds ?? 0,
});

async function evict(drain: Written, pod: LeavingPod, { evict, now }: PassDependencies): Promise<Done> {
  const asked = await evict(pod);
  if (asked.answer === 'refused') return refused(drain, pod, asked, now());
  return { drain: await drain.save(withLeaving(drain.record, pod, now())) };
}

/** Its line in the record comes before the change. */
async function remove(drain: Written, pod: LeavingPod, isLate: boolean, deps: PassDependencies): Promise<Done> {
  const { record, save } = drain;
  const now = deps.now();
  const saved = await save(isLate ? withForced(record, pod, 'deadline', now) : withLeaving(record, pod, now));
  const refusal = await deps.remove(pod, 'its-own');
  return refusal === undefined ? { drain: saved } : refused(saved, pod, refusal, deps.now());
}

async function force({ record, save }: Written, pod: LeavingPod, deps: PassDependencies): Promise<Done> {
  const saved = await save(withForced(record, pod, 'hanging', deps.now()));
  const refusal = await deps.remove(pod, 'none');
  return refusal === undefined ? { drain: saved } : refused(saved, pod, refusal, deps.now());
}

function act(drain: Written, { pod, action }: PlannedPod, isLate: boolean, deps: PassDependencies): Promise<Done> {
  switch (action) {
    case 'evict':
      return evict(drain, pod, deps);
    case 'delete':
      return remove(drain, pod, isLate && !pod.isFinished, deps);
    case 'force':
      return force(drain, pod, deps);
    default:
      return Promise.resolve({ drain });
  }
}

/**
 * One pass over the pods of a node: asks each that may be asked now, and notes what became of it. Safe twice: a pod that
 * leaves already is not asked again.
 */
export async function passPods(input: DrainInput, before: Written, deps: PassDependencies): Promise<Pass> {
  const pods = inAskingOrder(await deps.listPods(before.record.nodeName), before.record);
  const situation = { ...input, ...(await deps.lookElsewhere(before.record)) };
  const planned = planPods(pods, situation, deps.now());
  const isLate = mayForce(situation, deps.now());
  const hasVolumes = before.record.volumes || pods.some((pod) => pod.claimsWithOwn.length > 0 && !staysOnNode(pod));
  const seen = withSeenLeaving(before.record, planned, deps.now());
  const record = hasVolumes && !seen.volumes ? { ...seen, volumes: true as const } : seen;
  let drain: Written = await before.save(record);
  let again: number | undefined;
  for (const each of planned) {
    const done = await act(drain, each, isLate, deps);
    drain = done.drain;
    again = done.again === undefined ? again : Math.max(again ?? 0, done.again);
  }
  const saved = again === undefined ? drain : await drain.save(drain.record);
  return { drain: saved, planned, again, isDone: isDone(planned, situation, deps.now()) };
}
