import type { DrainInput } from './drain-input.ts';
import { type Pass, type PassDependencies, passPods } from './drain-pass.ts';
import { isStuck, nodeEmptied, podsLeft, retrySeconds, volumesLeft } from './drain-visit.ts';
import type { Reason } from './errors.ts';
import { type LeavingPod, mayForce } from './leaving-pods.ts';

export type DrainAnswer = {
  readonly drain: 'draining' | 'emptied' | 'gone' | 'stuck';
  readonly finding: Reason;
  /** A second where it is missing. */
  readonly pauseSeconds?: number;
};

/** What emptying a node needs of the cluster. */
export type EmptyDependencies = PassDependencies & {
  /** Volumes that are still attached to the node, but for those of pods that stay there. */
  readonly listAttachments: (nodeName: string, staying: readonly LeavingPod[]) => Promise<readonly string[]>;
  /** Returns when so many pods of the node are gone, or after so many seconds; answers how many are. */
  readonly watchPods: (nodeName: string, until: { readonly gone: number; readonly seconds: number }) => Promise<number>;
  /** Whether the instance still waits at the hook, which is kept waiting by that. */
  readonly keepWaiting: () => Promise<boolean>;
  /** From 0 to 1. */
  readonly chance: () => number;
};

/** A visit takes no longer than this and what its last calls take, so that the heartbeat before it outlasts it. */
const visitSeconds = 90;

/** While pods leave there is nothing to do for so long, unless one is gone sooner. */
const longestWatchSeconds = 45;

/** A watch may end so much before its time: servers count it by their own clock. */
const longestLapseSeconds = 2;

const isLate = (input: DrainInput, now: Date): boolean => mayForce({ ...input, starting: 0, receivers: 1 }, now);

/** Of an instance that does not wait any more, or whose node is gone. */
export const instanceGone = ({ instanceId }: Pick<DrainInput, 'instanceId'>): DrainAnswer => ({
  drain: 'gone',
  finding: { error: 'InstanceGone', cause: `Instance ${instanceId} does not wait any more, or its node is gone.` },
});

type Look = { readonly answer?: DrainAnswer; readonly finding: Reason };

/** Writes down that the node is empty, unless its pods may have ended with their machine instead of leaving it. */
async function endEmpty(
  input: DrainInput,
  { record, save }: Pass['drain'],
  { keepWaiting, now }: EmptyDependencies,
): Promise<Look> {
  if (record.emptiedAt === undefined && !(await keepWaiting())) {
    await save(record.goneAt === undefined ? { ...record, goneAt: now().toISOString() } : record);
    const answer = instanceGone(input);
    return { finding: answer.finding, answer };
  }
  await save(record.emptiedAt === undefined ? { ...record, emptiedAt: now().toISOString() } : record);
  const finding = nodeEmptied(record);
  return { finding, answer: { drain: 'emptied', finding } };
}

/** Whether the node may go after this pass, and what keeps it otherwise. Written down when it may. */
async function judge(input: DrainInput, { drain, planned, isDone }: Pass, deps: EmptyDependencies): Promise<Look> {
  const { listAttachments, now } = deps;
  const { record, save } = drain;
  const left = podsLeft(planned, record);
  if (!isDone) return { finding: left };
  const at = now().toISOString();
  if (planned.some(({ action }) => action === 'hold')) {
    // They end with their machine: no second one of them starts before that.
    await save(record.goneAt === undefined ? { ...record, goneAt: at } : record);
    return { finding: left, answer: { drain: 'emptied', finding: left } };
  }
  const staying = planned.map(({ pod }) => pod);
  // EC2 detaches the volumes of a machine that it takes.
  const attached = record.volumes && input.takenAt === undefined ? await listAttachments(record.nodeName, staying) : [];
  if (attached.length > 0 && !isLate(input, now())) return { finding: volumesLeft(record, attached) };
  return endEmpty(input, drain, deps);
}

/** Refused evictions and volumes tell nothing when they change, so they are looked at more often than pods that leave. */
const secondsToNextPass = ({ isDone, again }: Pass, chance: number): number =>
  isDone || again !== undefined ? retrySeconds(chance, again) : longestWatchSeconds;

/** After how many pods have gone the next pass looks: half of those that leave, since one may go before it is watched. */
function podsToAwait({ planned }: Pass): number {
  const leaving = planned.filter(({ pod, action }) => action !== 'stay' && pod.dueAt !== undefined).length;
  const asked = planned.filter(({ action }) => action === 'evict' || action === 'delete').length;
  return Math.max(1, Math.ceil((leaving + asked) / 2));
}

/** For how long to watch before the next pass; 0 when the visit ends. The last pass over a machine that EC2 takes comes with its end. */
function watchSeconds({ takenAt }: DrainInput, wanted: number, left: number): number {
  if (takenAt !== undefined) return Math.min(wanted, Math.floor(left));
  return left < wanted ? 0 : wanted;
}

/** The visit of a machine that EC2 takes ends with it: what is there then was cut short. */
function endOfVisit({ takenAt }: DrainInput, now: Date): number {
  const usual = now.getTime() + visitSeconds * 1000;
  return takenAt === undefined ? usual : Math.min(usual, Date.parse(takenAt));
}

/** What is missing of a watch that ended before its time although nothing had gone, as where a server ends each at once. */
async function cutShort({ drain, ...pass }: Pass, seconds: number, { watchPods, now }: EmptyDependencies) {
  const startedAt = now().getTime();
  const gone = await watchPods(drain.record.nodeName, { gone: podsToAwait({ drain, ...pass }), seconds });
  const missing = seconds - Math.floor((now().getTime() - startedAt) / 1000);
  return gone === 0 && missing > longestLapseSeconds ? missing : undefined;
}

/**
 * Passes and watches in turns, until nothing is left on the node that has to move and its volumes are detached, or the visit
 * has lasted for as long as it may. It ends as well when a watch is cut short, so that the machine waits instead.
 */
export async function emptyNode(
  input: DrainInput,
  first: Pass['drain'],
  deps: EmptyDependencies,
): Promise<DrainAnswer> {
  const end = endOfVisit(input, deps.now());
  const unfinished = () => (isStuck(input, deps.now()) ? 'stuck' : 'draining');
  let drain = first;
  for (;;) {
    const pass = await passPods(input, drain, deps);
    drain = pass.drain;
    const { answer, finding } = await judge(input, pass, deps);
    if (answer !== undefined) return answer;
    const left = (end - deps.now().getTime()) / 1000;
    const seconds = watchSeconds(input, secondsToNextPass(pass, deps.chance()), left);
    if (seconds < 1) return { drain: unfinished(), finding };
    const missing = await cutShort(pass, seconds, deps);
    // A machine that EC2 takes has no time to wait.
    const isCutShort = missing !== undefined && input.takenAt === undefined;
    if (isCutShort) return { drain: unfinished(), finding, pauseSeconds: missing };
  }
}
