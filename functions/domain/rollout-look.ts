import { type AdmissionInput, joinDeadlineFrom } from './admission.ts';
import type { Reason } from './errors.ts';
import type { WindowsNode } from './node.ts';
import type { GroupInstance, NodeGroupKey } from './node-group.ts';
import {
  instancesToIdentify,
  type LaunchFailure,
  lateReplacements,
  neverJoined,
  overdue,
  unattended,
} from './rollout.ts';
import type { StateFile } from './state-file.ts';

/** What a look asks for. Each is a call or more, so a look asks only for what this moment needs. */
export type LookDependencies = {
  readonly listInstances: (autoScalingGroupName: string) => Promise<GroupInstance[]>;
  readonly withImages: (groups: { readonly instances: GroupInstance[] }[]) => Promise<{ instances: GroupInstance[] }[]>;
  readonly findImageIds: (instanceIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly listNodes: (clusterName: string) => Promise<WindowsNode[]>;
  readonly findLaunchFailure: (autoScalingGroupName: string, since: Date) => Promise<LaunchFailure | undefined>;
  readonly now: Date;
};

export type Look = {
  /** New nodes that did not join: late at our hook, or, where there is none, missing for too long. */
  readonly neverJoined: readonly Reason[];
  /** Instances that wait at our hook and that nobody seems to admit. */
  readonly unattended: readonly AdmissionInput[];
  /** The newest launch, if it failed. Not asked for while an instance comes up: then the newest did not. */
  readonly launchFailure: LaunchFailure | undefined;
};

async function findLate(
  { lateNodes = [], image }: StateFile,
  { findImageIds }: Pick<LookDependencies, 'findImageIds'>,
): Promise<Reason[]> {
  if (lateNodes.length === 0) return [];
  return lateReplacements(lateNodes, await findImageIds(lateNodes.map(({ instanceId }) => instanceId)), image.amiId);
}

/** One look at the new instances of a rollout. Changes nothing. */
export async function lookAtInstances(
  key: NodeGroupKey,
  state: StateFile,
  dependencies: LookDependencies,
): Promise<Look> {
  const { autoScalingGroupName, image, policy, hook } = state;
  const { now } = dependencies;
  const instances = await dependencies.listInstances(autoScalingGroupName);
  const [identified] = await dependencies.withImages([{ instances: instancesToIdentify(state, instances) }]);
  const known = identified?.instances ?? [];
  const isComingUp = instances.some(({ lifecycleState }) => lifecycleState.startsWith('Pending'));
  const since = new Date(state.rollout?.startedAt ?? state.startedAt);
  const launchFailure = isComingUp ? undefined : await dependencies.findLaunchFailure(autoScalingGroupName, since);
  if (hook !== 'open') {
    const late = overdue(known, { amiId: image.amiId, joinTimeoutSeconds: policy.joinTimeoutSeconds, now });
    const nodes = late.length === 0 ? [] : await dependencies.listNodes(key.cluster);
    return { neverJoined: neverJoined(late, nodes), unattended: [], launchFailure };
  }
  return {
    launchFailure,
    neverJoined: await findLate(state, dependencies),
    unattended: unattended(known, now).map(({ instanceId, launchedAt = now }) => ({
      ...key,
      autoScalingGroupName,
      instanceId,
      joinDeadline: joinDeadlineFrom(launchedAt, policy),
    })),
  };
}
