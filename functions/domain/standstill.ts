import * as v from 'valibot';
import { shortHash } from './execution-name.ts';
import type { GroupInstance } from './node-group.ts';
import { type PodInTheWay, podsInTheWaySentence } from './pods-in-the-way.ts';
import type { Notice } from './rollout.ts';
import { nonEmpty, strictObject, timestamp } from './shapes.ts';

/** Since when an update of EKS has changed nothing in its group, and what was found to be the reason. */
export const Standstill = strictObject({
  /** The instances with their states, as a hash. */
  instances: nonEmpty,
  since: timestamp,
  /** When the cluster was last asked for pods that are in the way. */
  askedAt: v.optional(timestamp),
  /** Pods that were in the way then; those that still are at the next time are told. */
  suspects: v.optional(v.array(nonEmpty)),
  /** What was told, or why nothing could be seen. Stays through later changes, for the report. */
  told: v.optional(nonEmpty),
});
export type Standstill = Readonly<v.InferOutput<typeof Standstill>>;

/** What the cluster was found to say, or why it could not be asked. */
export type PodsFound = { readonly pods: readonly PodInTheWay[] } | { readonly unseen: string };

/** Long enough for pods with a usual grace period to leave, and well before EKS gives up after fifteen minutes. */
const patienceSeconds = 240;
const askAgainSeconds = 120;

/** EKS's code for an update that has failed because pods stayed on a node. */
export const podEvictionFailure = 'PodEvictionFailure';

const secondsBetween = (since: string, now: Date): number => (now.getTime() - Date.parse(since)) / 1000;

const hashOf = (instances: readonly GroupInstance[]): string =>
  shortHash(
    instances
      .map(({ instanceId, lifecycleState }) => `${instanceId} ${lifecycleState}`)
      .toSorted()
      .join('\n'),
  );

/**
 * The standstill as this look finds it: the same object while there is nothing to write. A change is noted only when what
 * is known has become old, so that a group in which much happens costs one write in some minutes.
 */
export function noteInstances(
  known: Standstill | undefined,
  instances: readonly GroupInstance[],
  now: Date,
): Standstill {
  const hash = hashOf(instances);
  if (known?.instances === hash) return known;
  if (known !== undefined && secondsBetween(known.since, now) < patienceSeconds) return known;
  return { instances: hash, since: now.toISOString(), ...(known?.told !== undefined && { told: known.told }) };
}

/** Whether the cluster is worth asking: nothing has changed for some minutes, and it was not asked a moment ago. */
export const isTimeToAsk = (
  { instances: hash, since, askedAt, told }: Standstill,
  instances: readonly GroupInstance[],
  now: Date,
): boolean =>
  told === undefined &&
  hash === hashOf(instances) &&
  secondsBetween(since, now) >= patienceSeconds &&
  (askedAt === undefined || secondsBetween(askedAt, now) >= askAgainSeconds);

/** How many suspects are remembered. */
const mostSuspects = 50;

/** What is to be told of pods that are still in the way: undefined when nothing is certain yet. */
function tell(found: PodsFound, suspects: readonly string[] | undefined): string | undefined {
  if ('unseen' in found) return found.unseen;
  const still = found.pods.filter(({ pod }) => suspects?.includes(pod));
  return still.length === 0 ? undefined : podsInTheWaySentence(still);
}

/** The standstill after the cluster was asked: a pod that is in the way at two times running is told. */
export function notePods(standstill: Standstill, found: PodsFound, now: Date): Standstill {
  const told = tell(found, standstill.suspects);
  const suspects = 'pods' in found ? found.pods.map(({ pod }) => pod).slice(0, mostSuspects) : [];
  return { ...standstill, askedAt: now.toISOString(), suspects, ...(told !== undefined && { told }) };
}

/** What is known of pods in the way when the update has failed: what is there now, or else what was told before. */
export const afterFailure = (known: Standstill | undefined, found: PodsFound): string | undefined =>
  'pods' in found && found.pods.length > 0
    ? podsInTheWaySentence(found.pods)
    : (known?.told ?? ('unseen' in found ? found.unseen : undefined));

/** What becomes of an update that EKS gives up. */
const afterwards = {
  forward: 'the group goes back as soon as they let it',
  back: 'going back is tried again, three times in all',
} as const;

/** What people are told once in each direction, when pods hold an update up. */
export const standstillNotice = (group: string, told: string, direction: keyof typeof afterwards): Notice => ({
  subject: `reglaze: pods hold up ${group}${direction === 'back' ? ' on its way back' : ''}`.slice(0, 100),
  text:
    `The update of ${group} has changed nothing for some minutes. ${told} EKS gives up after 15 minutes for a node, unless ` +
    `the group has the tag reglaze:on-drain-timeout = force; then ${afterwards[direction]}.`,
});
