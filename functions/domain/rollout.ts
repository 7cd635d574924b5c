import { type Reason, reason } from './errors.ts';
import { renewLease } from './lease.ts';
import { type WindowsNode, whyNotWorking } from './node.ts';
import { type GroupInstance, isInService } from './node-group.ts';
import type { Replacement } from './replacement.ts';
import type { StateFile } from './state-file.ts';

/** A message for people. */
export type Notice = { readonly subject: string; readonly text: string };

/** A launch that Auto Scaling tried and could not do: capacity, quota, a key, a right. */
export type LaunchFailure = { readonly at: Date; readonly message: string };

/** What one look at a running rollout saw. */
export type RolloutView = {
  readonly replacement: Replacement;
  /** New nodes that did not join, each with what was found instead. */
  readonly neverJoined: readonly Reason[];
  /** The newest launch, if it failed. */
  readonly launchFailure: LaunchFailure | undefined;
};

export type Progress =
  | { readonly progress: 'in-progress' | 'replaced' }
  | { readonly progress: 'no-capacity' | 'stalled' | 'failed'; readonly reason: Reason };

const launchFailed = ({ at, message }: LaunchFailure): Reason =>
  reason('LaunchFailed', `Since ${at.toISOString()} no instance could be launched: ${message}`);

const endedBadly = (replacement: Replacement): Reason => {
  const what = `${replacement.id} ended as ${replacement.status}: ${replacement.detail}`;
  switch (replacement.status) {
    case 'cancelled':
      return reason('ReplacementCancelled', `Somebody cancelled it. ${what}`);
    case 'reversing':
    case 'reversed':
    case 'reverse-failed':
      return reason('ReplacementReversed', `Somebody rolled it back. ${what}`);
    default:
      return reason('ReplacementFailed', what);
  }
};

/**
 * How a rollout goes on.
 *
 * The first new node that never joined fails the rollout while the old nodes still serve. A launch that never happened
 * says nothing about the AMI, however the replacement ended: the rollout waits (`no-capacity`) or is started again
 * (`stalled`).
 */
export function decideProgress({ replacement, neverJoined, launchFailure }: RolloutView): Progress {
  const [first] = neverJoined;
  if (replacement.status === 'succeeded') return { progress: 'replaced' };
  if (first !== undefined) return { progress: 'failed', reason: first };
  if (replacement.status === 'active' || replacement.status === 'cancelling') {
    return launchFailure === undefined
      ? { progress: 'in-progress' }
      : { progress: 'no-capacity', reason: launchFailed(launchFailure) };
  }
  if (replacement.status === 'failed' && launchFailure !== undefined) {
    return { progress: 'stalled', reason: launchFailed(launchFailure) };
  }
  return { progress: 'failed', reason: endedBadly(replacement) };
}

/** A group's desired capacity, its MaxSize, and the instances that it has. */
export type GroupSizes = { readonly desired: number; readonly max: number; readonly instances: number };

/** A failure in a group that has as many nodes as it may have: whether AWS then launches one more is not documented. */
export function explainFailure(progress: Progress, { desired, max, instances }: GroupSizes): Progress {
  if (progress.progress !== 'failed' || desired < max || instances > max) return progress;
  return {
    progress: 'failed',
    reason: reason(
      'NoRoomToSurge',
      `The group has as many nodes as its MaxSize of ${max} allows, so that none could come before an old one goes. ` +
        `Raise MaxSize by the surge, then start the run again. ${progress.reason.cause}`,
    ),
  };
}

/** Whether the replacement failed by itself, without a node to blame and without a person's doing. */
export const isUnexplained = (progress: Progress): boolean =>
  progress.progress === 'failed' && progress.reason.error === 'ReplacementFailed';

/** A replacement that AWS does not know any more. */
export const lostReplacement = (id: string | undefined): Replacement => ({
  id: id ?? 'the replacement',
  status: 'failed',
  detail: 'AWS does not know it',
  launchTemplate: undefined,
});

/** The state file after a look; the same object when there is nothing new to remember. */
export function rememberProgress(state: StateFile, { progress }: Progress, now: Date): StateFile {
  const renewed = renewLease(state, now);
  if (progress === 'replaced' && state.phase !== 'replaced') return { ...renewed, phase: 'replaced' };
  const alerted = { alertedAt: state.alertedAt ?? now.toISOString() };
  if (progress === 'stalled' && state.rollout) {
    return { ...renewed, ...alerted, rollout: { ...state.rollout, stalled: true } };
  }
  if (progress === 'no-capacity' && !state.alertedAt) return { ...renewed, ...alerted };
  return renewed;
}

/** What people are told when nothing can be launched: once in a rollout, however long it lasts. */
export function launchAlert(state: StateFile, progress: Progress): Notice | undefined {
  if (state.alertedAt !== undefined || !('reason' in progress) || progress.reason.error !== 'LaunchFailed') {
    return undefined;
  }
  const name = `${state.cluster}/${state.nodeGroup}`;
  return {
    subject: `reglaze waits: no new nodes in ${name}`.slice(0, 100),
    text: `The rollout of ${name} to ${state.image.amiId} waits, and the old nodes serve on. ${progress.reason.cause}`,
  };
}

/**
 * How long to wait before the next look. While a machine boots, which takes minutes, nothing happens that could not wait
 * for two of them; its own admission watches it. Between machines a look a minute sees launches fail and rollouts end.
 */
export const secondsToNextLook = (isBooting: boolean): number => (isBooting ? 120 : 60);

/** Waits at a hook on the way into the group or into its warm pool. A node that is drained into the pool says so, too. */
export const waitsToJoin = ({ lifecycleState }: Pick<GroupInstance, 'lifecycleState'>): boolean =>
  lifecycleState === 'Pending:Wait' || lifecycleState === 'Warmed:Pending:Wait';

/**
 * New instances that wait at our hook and whose event should have arrived by now: events are delivered by best effort.
 * Looks are two minutes apart while one boots, so a slow one finds them too; whoever waits for longer than that is being
 * admitted, since nobody waits at our hook for five minutes unasked.
 */
export const unattended = (instances: readonly GroupInstance[], now: Date): GroupInstance[] =>
  instances.filter(({ lifecycleState, launchedAt }) => {
    const ageSeconds = launchedAt === undefined ? 0 : (now.getTime() - launchedAt.getTime()) / 1000;
    return waitsToJoin({ lifecycleState }) && ageSeconds > 120 && ageSeconds <= 270;
  });

/** The instances of which a look has to know more than Auto Scaling says: few, where a hook gates every launch. */
export const instancesToIdentify = ({ hook }: StateFile, instances: readonly GroupInstance[]): GroupInstance[] =>
  instances.filter(({ lifecycleState }) => hook !== 'open' || waitsToJoin({ lifecycleState }));

/** What was found of late nodes that run the AMI that is rolled out: its fault. */
export const lateReplacements = (
  lateNodes: NonNullable<StateFile['lateNodes']>,
  imageIds: ReadonlyMap<string, string>,
  amiId: string,
): Reason[] => lateNodes.filter(({ instanceId }) => imageIds.get(instanceId) === amiId).map(({ finding }) => finding);

/** Instances on the AMI that should have joined by now. Where a hook gates the launch, being in service proves it. */
export const overdue = (
  instances: readonly GroupInstance[],
  {
    amiId,
    joinTimeoutSeconds,
    now,
  }: { readonly amiId: string; readonly joinTimeoutSeconds: number; readonly now: Date },
): GroupInstance[] =>
  instances.filter(
    ({ imageId, launchedAt, ...rest }) =>
      imageId === amiId &&
      launchedAt !== undefined &&
      now.getTime() - launchedAt.getTime() > joinTimeoutSeconds * 1000 &&
      isInService({ imageId, launchedAt, ...rest }),
  );

/** What is wrong with each overdue instance, leaving out those whose nodes work. */
export function neverJoined(instances: readonly GroupInstance[], nodes: readonly WindowsNode[]): Reason[] {
  return instances.flatMap(({ instanceId, imageId }) => {
    const node = nodes.find((each) => each.instanceId === instanceId);
    const why = node === undefined ? 'no node registered for it' : whyNotWorking(node);
    return why === undefined
      ? []
      : [reason('NodeNeverJoined', `Instance ${instanceId} (${imageId}) did not join in time: ${why}.`)];
  });
}

/** Why a rollout cannot go on whose gate was taken away before one of the new instances had become a working node. */
export function unproved(
  autoScalingGroupName: string,
  instances: readonly GroupInstance[],
  nodes: readonly WindowsNode[],
): Reason[] {
  const nodeOf = ({ instanceId }: GroupInstance) => nodes.find((node) => node.instanceId === instanceId);
  const works = (node: WindowsNode | undefined) => node !== undefined && whyNotWorking(node) === undefined;
  if (instances.some((instance) => works(nodeOf(instance)))) return [];
  const list = instances.map(({ instanceId }) => instanceId).join(', ');
  return [
    reason(
      'AdmissionRemoved',
      `Somebody deleted the lifecycle hook reglaze-admit of ${autoScalingGroupName}, and ${list} entered service before ` +
        'any node had proved the AMI. Keep other tools from removing the hook, then start the run again.',
    ),
  ];
}
