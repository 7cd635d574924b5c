import * as v from 'valibot';
import type { AdmissionInput } from './admission.ts';
import { type Reason, reason } from './errors.ts';
import { type GroupInstance, members, type NodeGroup } from './node-group.ts';
import type { Progress } from './rollout.ts';
import { nonEmpty, strictObject, timestamp, wholeNumber } from './shapes.ts';
import type { StateFile } from './state-file.ts';
import { parseTags } from './tags.ts';

/** A group with this tag is found by the Kubernetes Cluster Autoscaler, which then sets its desired capacity. */
export const autoscalerTag = 'k8s.io/cluster-autoscaler/enabled';

/** `--max-node-provision-time` of the Cluster Autoscaler unless somebody sets it: how long it waits for a node. */
export const autoscalerPatienceSeconds = 900;

const minutes = (seconds: number): string => `${Math.round(seconds / 60)} minutes`;

/**
 * The warning of a group that gives its nodes more time to join than a cluster autoscaler does unless it is told to; what it
 * is told cannot be read from the group.
 */
export function impatientAutoscaler({ kind, tags, cluster = '', name }: NodeGroup): Reason | undefined {
  if (kind === 'managed' || !Object.hasOwn(tags, autoscalerTag)) return undefined;
  const parsed = parseTags(tags, kind);
  if ('refused' in parsed || parsed.tags.policy.joinTimeoutSeconds <= autoscalerPatienceSeconds) return undefined;
  const timeout = minutes(parsed.tags.policy.joinTimeoutSeconds);
  return reason(
    'AutoscalerImpatient',
    `${cluster}/${name} gives a new node ${timeout} to join, and has the tag ${autoscalerTag}. A cluster autoscaler deletes ` +
      `instances that are no node after ${minutes(autoscalerPatienceSeconds)} by default. Set its --max-node-provision-time ` +
      'above the join timeout, or shorten reglaze:join-timeout.',
  );
}

/** A new instance that was terminated by somebody else before its deadline, and whose node had not registered. */
export const VanishedNode = strictObject({
  instanceId: nonEmpty,
  launchedAt: timestamp,
  /** When it was missed, up to two minutes after its end. */
  goneAt: timestamp,
  /** Whoever terminated it lowered the group's desired capacity with it. */
  lowered: v.optional(v.literal(true)),
});
export type VanishedNode = Readonly<v.InferOutput<typeof VanishedNode>>;

/** The desired capacity of an autoscaled group at the last look, and when a look last found it lower than before. */
export const SeenCapacity = strictObject({ desired: wholeNumber, loweredAt: v.optional(timestamp) });

/** What a look reads of an Auto Scaling group. */
export type GroupSight = {
  readonly instances: readonly GroupInstance[];
  /** Those in its warm pool and on their way into it. */
  readonly pool?: readonly GroupInstance[];
  readonly desired: number;
  /** A cluster autoscaler looks after the group. */
  readonly autoscaled: boolean;
};

/** A look and an examination notice the same termination at most this far apart. */
const sameMomentMs = 300_000;

function rememberCapacity(state: StateFile, { desired, autoscaled }: GroupSight, now: Date): StateFile {
  const known = state.capacity;
  if (!autoscaled || known?.desired === desired) return state;
  const isLower = known !== undefined && desired < known.desired;
  return { ...state, capacity: { ...known, desired, ...(isLower && { loweredAt: now.toISOString() }) } };
}

/**
 * The state file after a look at an autoscaled group: its capacity, and which of the vanished instances took some of it along.
 * The same object when there is nothing new to remember.
 */
export function rememberAutoscaler(state: StateFile, sight: GroupSight, now: Date): StateFile {
  const seen = rememberCapacity(state, sight, now);
  const { loweredAt } = seen.capacity ?? {};
  const staying = members({ instances: [...sight.instances] }).map(({ instanceId }) => instanceId);
  const isOne = ({ instanceId, goneAt, lowered }: VanishedNode) =>
    lowered === undefined &&
    loweredAt !== undefined &&
    !staying.includes(instanceId) &&
    Math.abs(Date.parse(goneAt) - Date.parse(loweredAt)) <= sameMomentMs;
  const vanished = seen.vanishedNodes ?? [];
  if (!sight.autoscaled || !vanished.some(isOne)) return seen;
  return { ...seen, vanishedNodes: vanished.map((each) => (isOne(each) ? { ...each, lowered: true } : each)) };
}

/**
 * The state file with an instance more that was gone before its deadline and before its node had registered; the same file
 * when it knows the instance, or when it was no such end.
 */
export function rememberGone(
  state: StateFile,
  {
    instanceId,
    joinDeadline,
    gone,
  }: Pick<AdmissionInput, 'instanceId' | 'joinDeadline'> & {
    readonly gone?: { readonly registered: boolean } | undefined;
  },
  now: Date,
): StateFile {
  const known = state.vanishedNodes ?? [];
  const deadline = new Date(joinDeadline);
  if (gone === undefined || gone.registered || now > deadline) return state;
  if (known.some((each) => each.instanceId === instanceId)) return state;
  const launchedAt = new Date(deadline.getTime() - state.policy.joinTimeoutSeconds * 1000).toISOString();
  return { ...state, vanishedNodes: [...known, { instanceId, launchedAt, goneAt: now.toISOString() }] };
}

const deletedOnes = ({ vanishedNodes = [] }: StateFile) => vanishedNodes.filter(({ lowered }) => lowered === true);

const ageOf = ({ launchedAt, goneAt }: VanishedNode) => (Date.parse(goneAt) - Date.parse(launchedAt)) / 1000;

/** What a cluster autoscaler has done to the new instances of a rollout; undefined when it did nothing. */
export function joinersDeleted(state: StateFile): Reason | undefined {
  const deleted = deletedOnes(state);
  if (deleted.length === 0) return undefined;
  const list = deleted.map((each) => `${each.instanceId} (${minutes(ageOf(each))} old)`).join(', ');
  const timeout = minutes(state.policy.joinTimeoutSeconds);
  return reason(
    'JoinersDeletedByAutoscaler',
    `Somebody else terminated ${list} of ${state.cluster}/${state.nodeGroup} before the deadline and lowered the desired ` +
      'capacity with it, as a cluster autoscaler does with instances whose nodes have not registered. That says nothing of ' +
      `${state.image.amiId}. Set its --max-node-provision-time above the group's join timeout of ${timeout}, or make the ` +
      'nodes join sooner. The capacity stays as it was set.',
  );
}

/** One may have been slow by chance. Every further one costs the group a node of its capacity, to no avail. */
const mostDeleted = 2;

const unexplained = ['ReplacementFailed', 'NoRoomToSurge'];

/**
 * How a rollout goes on whose new instances a cluster autoscaler deletes: it tries once more, then goes back. Another
 * failure is told with it, and is explained by it when it had no cause of its own.
 */
export function withAutoscaler(progress: Progress, state: StateFile): Progress {
  const deleted = joinersDeleted(state);
  if (deleted === undefined || progress.progress === 'replaced') return progress;
  if (progress.progress === 'failed') {
    const { error, cause } = progress.reason;
    return unexplained.includes(error)
      ? { progress: 'failed', reason: { ...deleted, cause: `${deleted.cause} ${cause}` } }
      : { progress: 'failed', reason: { error, cause: `${cause} ${deleted.cause}` } };
  }
  return deletedOnes(state).length < mostDeleted ? progress : { progress: 'failed', reason: deleted };
}

/** What people are told when a cluster autoscaler deletes new instances: once in a rollout. */
export function autoscalerAlert(state: StateFile) {
  const deleted = joinersDeleted(state);
  if (deleted === undefined || state.autoscalerAlertedAt !== undefined) return undefined;
  const name = `${state.cluster}/${state.nodeGroup}`;
  return {
    subject: `reglaze: an autoscaler deletes new nodes of ${name}`.slice(0, 100),
    text: `${deleted.error}: ${deleted.cause} The old nodes serve on. After another one the group goes back.`,
  };
}

/** The state file once people were told; the same file when they were before, or when there is nothing to tell. */
export const rememberAutoscalerAlert = (state: StateFile, now: Date): StateFile =>
  autoscalerAlert(state) === undefined ? state : { ...state, autoscalerAlertedAt: now.toISOString() };
