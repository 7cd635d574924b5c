import { type Reason, reason } from './errors.ts';

/** How long a turn is held for pods that were evicted and do not become Ready elsewhere. */
export const longestReplicaWaitSeconds = 900;

/** What a controller wants and has, as its status says. */
export type Replicas = {
  readonly wanted: number;
  readonly ready: number;
  /** False while the status is older than the spec. */
  readonly isCurrent: boolean;
};

/** The controller of an evicted pod: its numbers, or why there are none. */
export type Followed = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly replicas: Replicas | 'gone' | 'not-watched';
};

/** `apps/Deployment web` */
export const controllerName = ({ kind, namespace, name }: Pick<Followed, 'kind' | 'namespace' | 'name'>): string =>
  `${kind} ${namespace}/${name}`;

/** Whether a controller lacks Ready replicas. One that is gone, or whose numbers nobody knows, lacks none. */
export const isShort = ({ replicas }: Followed): boolean =>
  typeof replicas === 'object' && (!replicas.isCurrent || replicas.ready < replicas.wanted);

export type ReplicasVerdict = {
  readonly replicas: 'back' | 'missing' | 'overdue';
  readonly finding: Reason;
  /** Those that had not all of their replicas Ready. */
  readonly short: readonly string[];
  /** Those whose numbers were not looked at: kinds that say nothing of Ready replicas, or that we do not know. */
  readonly notWatched: readonly string[];
};

const describe = (followed: Followed): string =>
  typeof followed.replicas === 'object'
    ? `${controllerName(followed)} has ${followed.replicas.ready} of ${followed.replicas.wanted} Ready`
    : controllerName(followed);

/**
 * Whether the next node may leave: the controllers of the pods that were evicted have all their replicas Ready again, or
 * they have had their time, which is reported. It also paces workloads for which nobody has made a disruption budget.
 */
export function judgeReplicas(
  controllers: readonly Followed[],
  { nodeName, since, now }: { readonly nodeName: string; readonly since: Date; readonly now: Date },
): ReplicasVerdict {
  const short = controllers.filter(isShort);
  const notWatched = controllers.filter(({ replicas }) => replicas === 'not-watched').map(controllerName);
  const names = { short: short.map(controllerName), notWatched };
  if (short.length === 0) {
    const cause = `The controllers of the pods of node ${nodeName} have their replicas Ready.`;
    return { ...names, replicas: 'back', finding: { error: 'ReplicasBack', cause } };
  }
  const isOverdue = now.getTime() - since.getTime() >= longestReplicaWaitSeconds * 1000;
  const after = isOverdue
    ? ` after ${longestReplicaWaitSeconds / 60} minutes, and the next node may leave all the same`
    : '';
  const cause = `Pods of node ${nodeName} are not Ready elsewhere yet${after}: ${short.map(describe).join('; ')}.`;
  return { ...names, replicas: isOverdue ? 'overdue' : 'missing', finding: reason('ReplicasMissing', cause) };
}

const shortestPauseSeconds = 3;
const longestPauseSeconds = 20;

/** How long until the next look: often at first, since most pods start within a minute. */
export function secondsToNextReplicaLook(since: Date, now: Date): number {
  const waited = Math.max(0, now.getTime() - since.getTime()) / 1000;
  return Math.min(longestPauseSeconds, Math.max(shortestPauseSeconds, Math.floor(waited / 10)));
}

/** How many pods of these controllers are not Ready. */
export const startingPods = (controllers: readonly Followed[]): number =>
  controllers.reduce(
    (sum, { replicas }) => sum + (typeof replicas === 'object' ? Math.max(0, replicas.wanted - replicas.ready) : 0),
    0,
  );
