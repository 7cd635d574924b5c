import * as v from 'valibot';
import { type DrainInput, OnDrainTimeout } from './drain-input.ts';
import { DrainHookMissing } from './errors.ts';
import { NodeGroupKey } from './node-group.ts';
import type { DrainSituation } from './node-group-driver.ts';
import { surgeNodes } from './preferences.ts';
import { countFromOne, readAs, strictObject } from './shapes.ts';
import { longestDrainSeconds, type RolloutPolicy, turnReserveSeconds } from './tags.ts';

/** The hook that holds an instance that leaves until its node is drained. It stays when a rollout has ended. */
export const drainHookName = 'reglaze-drain';

/** Without a stack that answers, a termination is delayed by this long, unless the drain timeout asks for more. */
const shortestHeartbeatSeconds = 300;

/** Auto Scaling ends a wait after so many heartbeats, and after two days in any case. */
const heartbeatsOfWait = 100;
const longestWaitSeconds = 172_800;

/** Travels with the hook: how the nodes of its group are drained, whether a run is on or not. */
export const DrainMetadata = strictObject({
  cluster: NodeGroupKey.entries.cluster,
  nodeGroup: NodeGroupKey.entries.nodeGroup,
  drainTimeoutSeconds: v.pipe(countFromOne, v.maxValue(longestDrainSeconds)),
  onDrainTimeout: OnDrainTimeout,
  concurrentDrains: countFromOne,
});
export type DrainMetadata = Readonly<v.InferOutput<typeof DrainMetadata>>;

/** The metadata of our drain hook, or undefined when the text is not what we wrote. */
export function parseDrainMetadata(text: string | undefined): DrainMetadata | undefined {
  try {
    return readAs(DrainMetadata, JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}

/** What the hook of a group of `nodes` nodes says. As many nodes drain at a time as a rollout has to spare. */
export const drainMetadata = (
  { cluster, nodeGroup }: Pick<NodeGroupKey, 'cluster' | 'nodeGroup'>,
  policy: RolloutPolicy,
  nodes: number,
): DrainMetadata => ({
  cluster,
  nodeGroup,
  drainTimeoutSeconds: policy.drainTimeoutSeconds,
  onDrainTimeout: policy.force ? 'force' : 'wait',
  concurrentDrains: surgeNodes(nodes, policy),
});

/** The heartbeat of the hook, in seconds: as short as the drain timeout and the wait for a turn before it allow. */
export const drainHeartbeatSeconds = ({ drainTimeoutSeconds }: Pick<DrainMetadata, 'drainTimeoutSeconds'>): number =>
  Math.max(shortestHeartbeatSeconds, Math.ceil((drainTimeoutSeconds + turnReserveSeconds) / heartbeatsOfWait));

/** For how long Auto Scaling lets an instance wait at the hook, in seconds, however often its heartbeat is renewed. */
export const drainCeilingSeconds = (metadata: Pick<DrainMetadata, 'drainTimeoutSeconds'>): number =>
  Math.min(longestWaitSeconds, heartbeatsOfWait * drainHeartbeatSeconds(metadata));

/** How long an instance may wait at the hook of a group, and between two heartbeats. */
export const drainLimit = (metadata: Pick<DrainMetadata, 'drainTimeoutSeconds'>) => ({
  ceilingSeconds: drainCeilingSeconds(metadata),
  heartbeatSeconds: drainHeartbeatSeconds(metadata),
});

const after = (start: Date, seconds: number): string => new Date(start.getTime() + seconds * 1000).toISOString();

/** The input of the drain of one instance that has waited at the hook since `startedAt`. */
export const drainInput = (
  metadata: DrainMetadata,
  instance: Pick<DrainInput, 'autoScalingGroupName' | 'instanceId' | 'destination' | 'move'>,
  startedAt: Date,
  run: string | undefined,
): DrainInput => ({
  ...metadata,
  ...instance,
  startedAt: startedAt.toISOString(),
  drainDeadline: after(startedAt, metadata.drainTimeoutSeconds),
  ceiling: after(startedAt, drainCeilingSeconds(metadata)),
  ...(run !== undefined && { run }),
});

/**
 * Name of the drain of one instance: whether an event or a look at the group finds it, it is drained once. One that goes
 * back to a warm pool comes here again another time, so the move is part of its name then.
 */
export const drainName = (instanceId: string, move?: string): string =>
  move === undefined ? `drain-${instanceId}` : `drain-${instanceId}-${move}`;

/** One lifecycle hook of a group that holds instances which leave. */
export type TerminateHook = { readonly name: string };

/**
 * Names by which other tools that drain nodes are known: those in the documentation of the AWS Node Termination Handler,
 * what kOps gives it, keikoproj/lifecycle-manager, the drainer of aws-samples and kube-aws, and VirtusLab/kubedrainer.
 */
const knownDrainers =
  /^(aws-node-termination-handler|.*-NTHLifecycleHook|lifecycle-manager|.*nodedrainerlch|kube-?drainer)$/i;

/** By this tag the AWS Node Termination Handler knows the groups whose terminate hooks it answers. */
export const terminationHandlerTag = 'aws-node-termination-handler/managed';

/**
 * The hook of somebody else who drains the group's nodes, so that we do not: the one that a tag names, one with the name
 * of a known tool, or any where a tag hands the group to the AWS Node Termination Handler. Other terminate hooks wait
 * beside ours.
 */
export function foreignDrainHook(
  hooks: readonly TerminateHook[],
  { foreignHook, tagKeys }: { readonly foreignHook: string | undefined; readonly tagKeys: readonly string[] },
): string | undefined {
  const others = hooks.map(({ name }) => name).filter((name) => name !== drainHookName);
  if (foreignHook !== undefined) return others.find((name) => name === foreignHook);
  const known = others.find((name) => knownDrainers.test(name));
  return known ?? (tagKeys.includes(terminationHandlerTag) ? others[0] : undefined);
}

export type DrainPlan =
  | { readonly drainHook: 'ours'; readonly change: 'put'; readonly metadata: DrainMetadata }
  | {
      readonly drainHook: 'foreign';
      readonly change: 'delete' | 'none';
      readonly metadata: undefined;
      /** The hook of the tool that drains. */
      readonly foreignHook: string;
    };

/**
 * Who is to drain the nodes of a group that leave, and what has to change for that. Our hook is put again, since tags
 * may have changed; it goes when another tool drains, so that no node is drained twice.
 *
 * @throws {DrainHookMissing} A tag names the hook of another tool, which is not there: nobody would drain.
 */
export function planDrains(
  key: Pick<NodeGroupKey, 'cluster' | 'nodeGroup'>,
  policy: RolloutPolicy,
  { nodes, tagKeys, terminateHooks }: DrainSituation,
): DrainPlan {
  const { foreignDrainHook: foreignHook } = policy;
  const ours = terminateHooks.find(({ name }) => name === drainHookName);
  const foreign = foreignDrainHook(terminateHooks, { foreignHook, tagKeys });
  if (foreign !== undefined) {
    const change = ours === undefined ? 'none' : 'delete';
    return { drainHook: 'foreign', change, metadata: undefined, foreignHook: foreign };
  }
  if (foreignHook !== undefined) {
    throw new DrainHookMissing(
      `The tag reglaze:foreign-drain-hook of ${key.cluster}/${key.nodeGroup} names ${foreignHook}, but the group has no ` +
        'such hook for instances that leave. Put that hook, or remove the tag to have the nodes drained by reglaze.',
    );
  }
  return { drainHook: 'ours', change: 'put', metadata: drainMetadata(key, policy, nodes) };
}
