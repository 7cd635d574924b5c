import { type AdmissionInput, admitHookName, joinDeadlineFrom } from './admission.ts';
import type { GroupSight } from './autoscaler.ts';
import type { Reason } from './errors.ts';
import type { WindowsNode } from './node.ts';
import { type GroupInstance, isInService, type NodeGroupKey } from './node-group.ts';
import { isDrainHookMissing, type MissingHooks } from './put-back-step.ts';
import {
  instancesToIdentify,
  type LaunchFailure,
  lateReplacements,
  neverJoined,
  overdue,
  unattended,
  unproved,
  waitsToJoin,
} from './rollout.ts';
import type { StateFile } from './state-file.ts';

/** What a look asks for. Each is a call or more, so a look asks only for what this moment needs. */
export type LookDependencies = {
  readonly viewGroup: (autoScalingGroupName: string) => Promise<GroupSight>;
  readonly withImages: (groups: { readonly instances: GroupInstance[] }[]) => Promise<{ instances: GroupInstance[] }[]>;
  readonly findImageIds: (instanceIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly listNodes: (clusterName: string) => Promise<WindowsNode[]>;
  readonly findLaunchFailure: (autoScalingGroupName: string, since: Date) => Promise<LaunchFailure | undefined>;
  /** The names of all hooks of the group, whoever put them. */
  readonly listHookNames: (autoScalingGroupName: string) => Promise<readonly string[]>;
  readonly now: Date;
};

export type Look = {
  /** New nodes that did not join: late at our hook, or, where there is none, missing for too long. */
  readonly neverJoined: readonly Reason[];
  /** Instances that wait at our hook and that nobody seems to admit. */
  readonly unattended: readonly AdmissionInput[];
  /** The newest launch, if it failed. Not asked for while an instance comes up: then the newest did not. */
  readonly launchFailure: LaunchFailure | undefined;
  /** Hooks of ours that somebody deleted: they have to be put back. */
  readonly missingHooks: MissingHooks;
  /** A new instance waits for its node. */
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

/**
 * Which of our hooks somebody deleted. While an instance waits the admission hook is there: one that is deleted lets go of
 * all that wait at it. In the pool, one may as well be drained. Nothing tells that of the drain hook before a node has left.
 */
async function findMissingHooks(
  state: StateFile,
  instances: readonly GroupInstance[],
  { listHookNames }: Pick<LookDependencies, 'listHookNames'>,
): Promise<MissingHooks> {
  const isHeld = instances.some(({ lifecycleState }) => lifecycleState === 'Pending:Wait');
  if (isHeld && state.drainHook !== 'ours') return { admit: false, drain: false };
  const hooks = await listHookNames(state.autoScalingGroupName);
  return { admit: !hooks.includes(admitHookName), drain: isDrainHookMissing(state, hooks) };
}

/** The admission of an instance whose event got lost. */
const admissionOf = (
  key: NodeGroupKey,
  { autoScalingGroupName, policy }: StateFile,
  { instanceId, launchedAt, lifecycleState }: GroupInstance,
  now: Date,
): AdmissionInput => ({
  ...key,
  autoScalingGroupName,
  instanceId,
  joinDeadline: joinDeadlineFrom(launchedAt ?? now, policy),
  ...(lifecycleState.startsWith('Warmed') && { destination: 'WarmPool' }),
});

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
  const arriving = [...instances, ...(group.pool ?? [])];
  const [identified] = await dependencies.withImages([{ instances: instancesToIdentify(state, arriving) }]);
  const known = identified?.instances ?? [];
  const isComingUp = arriving.some(({ lifecycleState }) => /^(Warmed:)?Pending/.test(lifecycleState));
  const since = new Date(state.rollout?.startedAt ?? state.startedAt);
  const launchFailure = isComingUp ? undefined : await dependencies.findLaunchFailure(autoScalingGroupName, since);
  if (hook !== 'open') {
    const late = overdue(known, { amiId: image.amiId, joinTimeoutSeconds: policy.joinTimeoutSeconds, now });
    const nodes = late.length === 0 ? [] : await dependencies.listNodes(key.cluster);
    return {
      neverJoined: neverJoined(late, nodes),
      unattended: [],
      launchFailure,
      missingHooks: { admit: false, drain: false },
      isBooting: false,
      group,
    };
  }
  const isBooting = arriving.some(waitsToJoin);
  const missingHooks = await findMissingHooks(state, instances, dependencies);
  return {
    launchFailure,
    missingHooks,
    isBooting,
    group,
    neverJoined: missingHooks.admit
      ? await findUngated(key, state, instances, dependencies)
      : await findLate(state, dependencies),
    unattended: unattended(known, now).map((instance) => admissionOf(key, state, instance, now)),
  };
}
