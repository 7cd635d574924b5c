import { type AdmissionInput, joinDeadlineFrom } from './admission.ts';
import type { GroupSight } from './autoscaler.ts';
import type { Reason } from './errors.ts';
import type { WindowsNode } from './node.ts';
import { type GroupInstance, isInService, type NodeGroupKey } from './node-group.ts';
import {
  instancesToIdentify,
  type LaunchFailure,
  lateReplacements,
  neverJoined,
  overdue,
  unattended,
  unproved,
} from './rollout.ts';
import type { StateFile } from './state-file.ts';

/** What a look asks for. Each is a call or more, so a look asks only for what this moment needs. */
export type LookDependencies = {
  readonly viewGroup: (autoScalingGroupName: string) => Promise<GroupSight>;
  readonly withImages: (groups: { readonly instances: GroupInstance[] }[]) => Promise<{ instances: GroupInstance[] }[]>;
  readonly findImageIds: (instanceIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly listNodes: (clusterName: string) => Promise<WindowsNode[]>;
  readonly findLaunchFailure: (autoScalingGroupName: string, since: Date) => Promise<LaunchFailure | undefined>;
  /** Whether our hook still holds the group's new instances. */
  readonly isGated: (autoScalingGroupName: string) => Promise<boolean>;
  readonly now: Date;
};

export type Look = {
  /** New nodes that did not join: late at our hook, or, where there is none, missing for too long. */
  readonly neverJoined: readonly Reason[];
  /** Instances that wait at our hook and that nobody seems to admit. */
  readonly unattended: readonly AdmissionInput[];
  /** The newest launch, if it failed. Not asked for while an instance comes up: then the newest did not. */
  readonly launchFailure: LaunchFailure | undefined;
  /** Somebody deleted our hook: it has to be put back. */
  readonly gateMissing: boolean;
  /** A new instance waits at our hook for its node. */
  readonly isBooting: boolean;
  readonly group: GroupSight;
};

async function findLate(
  { lateNodes = [], image }: StateFile,
  { findImageIds }: Pick<LookDependencies, 'findImageIds'>,
): Promise<Reason[]> {
  if (lateNodes.length === 0) return [];
  return lateReplacements(lateNodes, await findImageIds(lateNodes.map(({ instanceId }) => instanceId)), image.amiId);
}

/** What entered service without our hook although no node has proved the AMI yet. */
async function findUngated(
  { cluster }: NodeGroupKey,
  { autoScalingGroupName, image }: StateFile,
  instances: GroupInstance[],
  { withImages, listNodes }: Pick<LookDependencies, 'withImages' | 'listNodes'>,
): Promise<Reason[]> {
  const [identified] = await withImages([{ instances }]);
  const entered = (identified?.instances ?? []).filter((each) => isInService(each) && each.imageId === image.amiId);
  return entered.length === 0 ? [] : unproved(autoScalingGroupName, entered, await listNodes(cluster));
}

/** One look at the new instances of a rollout. Changes nothing. */
export async function lookAtInstances(
  key: NodeGroupKey,
  state: StateFile,
  dependencies: LookDependencies,
): Promise<Look> {
  const { autoScalingGroupName, image, policy, hook } = state;
  const { now } = dependencies;
  const group = await dependencies.viewGroup(autoScalingGroupName);
  const instances = [...group.instances];
  const [identified] = await dependencies.withImages([{ instances: instancesToIdentify(state, instances) }]);
  const known = identified?.instances ?? [];
  const isComingUp = instances.some(({ lifecycleState }) => lifecycleState.startsWith('Pending'));
  const since = new Date(state.rollout?.startedAt ?? state.startedAt);
  const launchFailure = isComingUp ? undefined : await dependencies.findLaunchFailure(autoScalingGroupName, since);
  if (hook !== 'open') {
    const late = overdue(known, { amiId: image.amiId, joinTimeoutSeconds: policy.joinTimeoutSeconds, now });
    const nodes = late.length === 0 ? [] : await dependencies.listNodes(key.cluster);
    return {
      neverJoined: neverJoined(late, nodes),
      unattended: [],
      launchFailure,
      gateMissing: false,
      isBooting: false,
      group,
    };
  }
  // While an instance waits our hook is there: one that is deleted lets go of all that wait at it.
  const isBooting = instances.some(({ lifecycleState }) => lifecycleState === 'Pending:Wait');
  const gateMissing = !isBooting && !(await dependencies.isGated(autoScalingGroupName));
  return {
    launchFailure,
    gateMissing,
    isBooting,
    group,
    neverJoined: gateMissing
      ? await findUngated(key, state, instances, dependencies)
      : await findLate(state, dependencies),
    unattended: unattended(known, now).map(({ instanceId, launchedAt = now }) => ({
      ...key,
      autoScalingGroupName,
      instanceId,
      joinDeadline: joinDeadlineFrom(launchedAt, policy),
    })),
  };
}
