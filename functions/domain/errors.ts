/**
 * Every name that can stand in an execution's error field.
 *
 * Functions throw the classes: each has a literal `name`, because the bundler renames classes and Step Functions
 * matches `Retry` on `error.name`. Decided ends (a blocked group, a node that never joined) are no exceptions; they
 * travel as a {@link Reason}, whose names are listed below.
 */

/** AWS throttled us, failed, or could not be reached, also after the SDK's own retries. Asking again is safe. */
export class AwsUnavailable extends Error {
  override readonly name = 'AwsUnavailable';
}

/** The API server of a cluster did not answer, or answered with a failure of its own. Asking again is safe. */
export class KubernetesUnavailable extends Error {
  override readonly name = 'KubernetesUnavailable';
}

/** Another execution wrote the state file first. Running the step again starts from what it wrote. */
export class StateFileChanged extends Error {
  override readonly name = 'StateFileChanged';
}

/**
 * The other groups of a unit are not as far yet, or somebody else's replacement keeps the group's template from being
 * changed. Looking again later is all there is to do.
 */
export class UnitBusy extends Error {
  override readonly name = 'UnitBusy';
}

/** Another group of the unit came to its end without the new AMI, so this one may not go on. */
export class UnitFailed extends Error {
  override readonly name = 'UnitFailed';
}

/** What a function was given does not fit its schema. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
}

/** A variable of the function's environment is missing or no valid value. */
export class InvalidConfiguration extends Error {
  override readonly name = 'InvalidConfiguration';
}

/** IAM refused a call. The message names the action to grant. */
export class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
}

/** A cluster does not know us, or does not let us read its nodes. The message has the command that changes it. */
export class ClusterAccessDenied extends Error {
  override readonly name = 'ClusterAccessDenied';
}

/** Amazon has no AMI of that type and Kubernetes version in this Region, or does not say which release it is. */
export class ReleaseNotFound extends Error {
  override readonly name = 'ReleaseNotFound';
}

export class ImageNotFound extends Error {
  override readonly name = 'ImageNotFound';
}

/** The image exists but is not in state AVAILABLE, for example FAILED or still building. */
export class ImageNotAvailable extends Error {
  override readonly name = 'ImageNotAvailable';
}

/** The image is a container image, or not one of Windows Server. */
export class ImageNotUsable extends Error {
  override readonly name = 'ImageNotUsable';
}

/** The image was not distributed to this account and Region. */
export class AmiNotInRegion extends Error {
  override readonly name = 'AmiNotInRegion';
}

export class AmiNotFound extends Error {
  override readonly name = 'AmiNotFound';
}

export class AmiNotAvailable extends Error {
  override readonly name = 'AmiNotAvailable';
}

export class AmiNotWindows extends Error {
  override readonly name = 'AmiNotWindows';
}

/** A node group that the input names, or that a step works on, is not there. */
export class NodeGroupNotFound extends Error {
  override readonly name = 'NodeGroupNotFound';
}

/** A node group is no longer what the plan found, or not what AWS should have made of it. */
export class NodeGroupChanged extends Error {
  override readonly name = 'NodeGroupChanged';
}

/** The lease of the node group is not (or no longer) that of this run. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** Another run works on the node group. Its lease is waited for. */
export class LeaseHeld extends Error {
  override readonly name = 'LeaseHeld';
}

/** A file in the run bucket is not one that this version of reglaze wrote. */
export class RunFileUnreadable extends Error {
  override readonly name = 'RunFileUnreadable';
}

/** EC2 made the launch template version, and says that instances cannot be launched from it. */
export class LaunchTemplateInvalid extends Error {
  override readonly name = 'LaunchTemplateInvalid';
}

/** The launch template cannot get another version: it has as many as the account's quota allows. */
export class LaunchTemplateFull extends Error {
  override readonly name = 'LaunchTemplateFull';
}

/** A tag names a terminate hook of another tool that drains nodes, and the group has no such hook. */
export class DrainHookMissing extends Error {
  override readonly name = 'DrainHookMissing';
}

/** Somebody else's instance refresh or update runs in the node group; reglaze never cancels or adopts it. */
export class ReplacementByOthers extends Error {
  override readonly name = 'ReplacementByOthers';
}

/** Somebody has made a parameter of the name in which AMIs are published, and it is of another kind. */
export class ParameterNotUsable extends Error {
  override readonly name = 'ParameterNotUsable';
}

/** Parameter Store was asked to take the proved AMI, and did not. */
export class ImageNotPublished extends Error {
  override readonly name = 'ImageNotPublished';
}

/** Names of decided ends: why a node group is not on the new AMI. */
export const reasonNames = [
  // Blocked: a check before the rollout forbids it.
  'TagInvalid',
  'TagNotSupported',
  'TagMisplaced',
  'ClusterUnknown',
  'ClusterAccessDenied',
  'ClusterUnreachable',
  'NodeGroupNotActive',
  'LaunchConfiguration',
  'LaunchTemplateMissing',
  'TemplateShared',
  'LaunchTemplateFull',
  'MixedInstancesPolicy',
  'OverrideNamesAmi',
  'WeightedCapacity',
  'WarmPool',
  'AmiFromParameter',
  'AmazonsOwnAmi',
  'NotAmazonsAmi',
  'NotWindows',
  'AttributeBasedInstanceTypes',
  'ProcessesSuspended',
  'ReplacementByOthers',
  'MinimalUpdateStrategy',
  'OtherServerLine',
  'InstancesDiffer',
  'AmiFailedSmokeTest',
  // Skipped: nothing is wrong, but not now.
  'Held',
  'NoInstances',
  'NewerImage',
  // Planned all the same: the rollout waits for the lease.
  'LeaseHeld',
  // Planned all the same, or beside any other end: what became of the group since its last rollout.
  'Regressed',
  // Planned all the same, and told at any end: it will be an obstacle one day.
  'LaunchTemplateNearlyFull',
  // Planned all the same: the rollout may meet it.
  'AutoscalerImpatient',
  // Planned all the same: what will be in the way.
  'ImpossibleBudget',
  'SeveralBudgets',
  'BudgetsUnseen',
  // Ends of a rollout.
  'NodeNeverJoined',
  'SmokeTestFailed',
  'SmokeTestInconclusive',
  'AdmissionRemoved',
  // Told at any end.
  'DrainHookRemoved',
  'LaunchFailed',
  'ReplacementFailed',
  'NoRoomToSurge',
  'JoinersDeletedByAutoscaler',
  'ReplacementCancelled',
  'ReplacementReversed',
  'NodesNotVerified',
  'NodesLeftBehind',
  'DrainCutShort',
  'RolloutOverdue',
  'RollBackFailed',
  'NoWayBack',
  'UnitFailed',
  'VersionPinned',
  'RolloutEndedEarly',
  'OutcomeMissing',
  // Ends that nobody decided, as `settle` finds them.
  'ExecutionAborted',
  'ExecutionTimedOut',
  'ExecutionFailed',
  'AdmissionStopped',
  // Ends of a drain.
  'NodeStayed',
  'SpotInterrupted',
  // What a node that leaves waits for, in the result of a step.
  'TurnsTaken',
  'PodsLeft',
  'NoNodeInZone',
  'ReplicasMissing',
] as const;

export type ReasonName = (typeof reasonNames)[number];

/** Why something ended as it did, in the two fields that Step Functions shows: a name and one clear sentence. */
export type Reason = { readonly error: string; readonly cause: string };

/** A reason whose name is one of ours. */
export const reason = (error: ReasonName, cause: string): Reason => ({ error, cause });
