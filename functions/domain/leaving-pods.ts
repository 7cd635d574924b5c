import type { OnDrainTimeout } from './drain-input.ts';

/** A pod on a node that leaves. */
export type LeavingPod = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What makes it again; undefined for a pod that nobody does. */
  readonly controller: { readonly kind: string; readonly name: string } | undefined;
  /** Run by the kubelet itself, from a file on its disk. */
  readonly isMirror: boolean;
  /** Its containers have ended for good. */
  readonly isFinished: boolean;
  /** Until when it has to be gone, once it was asked to go: its grace period has ended then. */
  readonly dueAt: Date | undefined;
  /** It has no grace period left and is still there: its finalizers keep it, and nothing more can be asked. */
  readonly isForced: boolean;
  readonly hasLocalData: boolean;
  /** Claims of volumes that outlive it. */
  readonly claims: readonly string[];
  /** The same, and the claims that were made for it alone and go with it. */
  readonly claimsWithOwn: readonly string[];
  /** Whether forcing it could make two of it, or two machines write to one volume. */
  readonly isUnique: boolean;
};

/**
 * What is done with one pod now. `hold` is for one that hangs and that only the end of its machine may end, or that its
 * finalizers keep.
 */
export type PodAction = 'stay' | 'delete' | 'evict' | 'wait' | 'force' | 'hold';

/** A pod hangs when it is still there so long after the end of its grace period. */
export const hangingMarginSeconds = 30;

/** So many pods of one node leave at a time: what asks for volumes, addresses and the disk elsewhere then is bounded. */
export const mostLeavingAtOnce = 10;

/** So many pods may be starting for each node that can take them: Windows containers start slowly. */
export const mostStartingPerReceiver = 5;

/** What stays: pods of daemonsets, which would be made again on the spot, and those that only the kubelet can end. */
export const staysOnNode = ({ controller, isMirror }: Pick<LeavingPod, 'controller' | 'isMirror'>): boolean =>
  isMirror || controller?.kind === 'DaemonSet';

const isHanging = ({ dueAt }: LeavingPod, now: Date): boolean =>
  dueAt !== undefined && now.getTime() > dueAt.getTime() + hangingMarginSeconds * 1000;

function actionFor(pod: LeavingPod, mayForce: boolean, now: Date): PodAction {
  if (staysOnNode(pod)) return 'stay';
  if (isHanging(pod, now)) return pod.isUnique || pod.isForced ? 'hold' : 'force';
  if (pod.dueAt !== undefined) return 'wait';
  return pod.isFinished || mayForce ? 'delete' : 'evict';
}

export type DrainSituation = {
  readonly drainDeadline: string;
  readonly onDrainTimeout: OnDrainTimeout;
  /** Set when EC2 takes the machine: then there is no time to spare the receivers. */
  readonly takenAt?: string | undefined;
  /** Pods of the controllers that this drain has touched which are not Ready (again) anywhere. */
  readonly starting: number;
  /** Nodes of the group in service, which can take pods. */
  readonly receivers: number;
};

export type PlannedPod = { readonly pod: LeavingPod; readonly action: PodAction };

/** Whether what is left may be deleted without being asked. */
export const mayForce = ({ drainDeadline, onDrainTimeout }: DrainSituation, now: Date): boolean =>
  onDrainTimeout === 'force' && now >= new Date(drainDeadline);

/**
 * What to do with every pod of a node now.
 *
 * As `kubectl drain` with `--delete-emptydir-data` and `--force` would: the machine ends in any case, so pods with local
 * data and those that nobody makes again are asked to leave like the others, and reported. Evictions are limited by
 * what leaves the node and by what its receivers have to start; past the deadline of a group that forces, and on a machine
 * that EC2 takes, nothing is.
 * Never forces a pod of which there could then be two.
 */
export function planPods(pods: readonly LeavingPod[], situation: DrainSituation, now: Date): PlannedPod[] {
  const isForced = mayForce(situation, now);
  const planned = pods.map((pod): PlannedPod => ({ pod, action: actionFor(pod, isForced, now) }));
  if (isForced || situation.takenAt !== undefined) return planned;
  const leaving = planned.filter(({ action }) => ['wait', 'force', 'hold'].includes(action)).length;
  const { starting, receivers } = situation;
  let room = Math.min(
    mostLeavingAtOnce - leaving,
    mostStartingPerReceiver * Math.max(1, receivers) - Math.max(starting, leaving),
  );
  return planned.map((each) => {
    if (each.action !== 'evict') return each;
    room -= 1;
    return room >= 0 ? each : { ...each, action: 'wait' };
  });
}

/** Whether nothing is left to wait for: all gone, or past the deadline of a group that forces only what must not or cannot be forced. */
export const isDone = (planned: readonly PlannedPod[], situation: DrainSituation, now: Date): boolean =>
  planned.every(({ action }) => action === 'stay' || (action === 'hold' && mayForce(situation, now)));
