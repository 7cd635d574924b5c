import { withDeregistration } from './deregistration.ts';
import { waitsForProof } from './empty-groups.ts';
import { LeaseLost, NodeGroupChanged, type Reason } from './errors.ts';
import type { Image } from './image.ts';
import { ownTemplates } from './mixed-instances.ts';
import { displayName, type GroupName, type NodeGroup, type NodeGroupKey, ownImageId } from './node-group.ts';
import { instancesDiffer } from './preflight.ts';
import { sameLine } from './release-line.ts';
import type { GroupReport } from './report.ts';
import type { Before, StateFile } from './state-file.ts';
import { parseTags, type RolloutPolicy } from './tags.ts';

export type LeaseRequest = {
  readonly key: NodeGroupKey;
  readonly executionArn: string;
  readonly image: Image;
  readonly policy: RolloutPolicy;
  readonly autoScalingGroupName: string;
  readonly before: StateFile['before'];
  /** The other groups that move with it; undefined when it moves alone and names a number. */
  readonly unit: readonly GroupName[] | undefined;
  /** The group was empty at the plan, and another one has proved the AMI since. */
  readonly provedElsewhere: boolean;
};

const changed = (group: NodeGroup): NodeGroupChanged =>
  new NodeGroupChanged(
    `${displayName(group)} was changed since the run was planned, so that it cannot be rolled. Start the run again.`,
  );

/**
 * What an execution asks for: the group as it is now, with what the plan knew of its nodes.
 *
 * @throws {NodeGroupChanged} The group is not one any more that the plan would have let roll.
 */
export function leaseRequest(
  input: Pick<LeaseRequest, 'key' | 'executionArn' | 'image'>,
  group: NodeGroup,
  planned: GroupReport | undefined,
): LeaseRequest {
  const parsed = parseTags(group.tags, group.kind);
  if ('refused' in parsed) throw changed(group);
  // Which groups move with this one was planned by what each followed.
  const { source } = group;
  const follows = source.type === 'launch-template' ? source.follows : undefined;
  if (follows !== planned?.launchTemplate?.follows) throw changed(group);

  const different = instancesDiffer(group, input.image.amiId);
  if (different !== undefined) throw new NodeGroupChanged(different.cause);
  return {
    ...input,
    policy: withDeregistration(group, parsed.tags.policy),
    autoScalingGroupName: group.autoScalingGroupName,
    before: {
      ...beforeOf(group, input.image),
      ...(planned?.fromPatchLevel !== undefined && { patchLevel: planned.fromPatchLevel }),
    },
    unit: planned?.unit,
    provedElsewhere: planned !== undefined && waitsForProof(planned),
  };
}

/** @throws {NodeGroupChanged} The group has no AMI of its own any more, or has one instead of Amazon's. */
function beforeOf(group: NodeGroup, { release }: Image): Before {
  const { source } = group;
  const amiId = ownImageId(group);
  if (source.type === 'amazon' && release !== undefined && sameLine(source, release)) {
    return { release: source.releaseVersion, ...(amiId !== undefined && { amiId }) };
  }
  if (source.type !== 'launch-template' || amiId === undefined || release !== undefined) throw changed(group);
  const own = ownTemplates(source.overrides);
  return {
    launchTemplate: source.template,
    amiId,
    ...(own.length > 0 && { overrides: own.map(({ template }) => template) }),
    follows: source.follows ?? 'number',
  };
}

export type LeaseAnswer =
  | { readonly lease: 'taken'; readonly state: StateFile; readonly isNew: boolean }
  | { readonly lease: 'held'; readonly holder: string };

/** Long enough for any pause between two looks of a living execution, which renews it. */
const leaseHours = 12;

const leaseEnd = (now: Date): string => new Date(now.getTime() + leaseHours * 3_600_000).toISOString();

/** The run that holds the group's lease now, if one does. */
export const leaseHolder = (state: StateFile | undefined, now: Date): string | undefined =>
  state?.lease !== undefined && new Date(state.lease.until) > now ? state.lease.run : undefined;

/** The run that keeps an execution from the group, if one does. */
export const otherHolder = (state: StateFile | undefined, executionArn: string, now: Date): string | undefined =>
  state?.lease?.executionArn === executionArn ? undefined : leaseHolder(state, now);

/** The patch level that the last rollout proved of what the group launches now: a plan made before it does not know. */
const provedSince = (state: StateFile | undefined, { amiId }: StateFile['before']) =>
  state?.phase === 'released' && state.image.amiId === amiId && state.verified?.patchLevel !== undefined
    ? { patchLevel: state.verified.patchLevel }
    : {};

/**
 * Whether an execution may work on the group, and the file that says so.
 *
 * The execution that has the lease already keeps it and everything it wrote. A lease that has run out is taken over: the
 * group was left half done, so what it was `before` that stays what it is to go back to.
 */
export function takeLease(state: StateFile | undefined, request: LeaseRequest, now: Date): LeaseAnswer {
  if (state?.lease?.executionArn === request.executionArn) return { lease: 'taken', state, isNew: false };
  const holder = otherHolder(state, request.executionArn, now);
  if (holder !== undefined) return { lease: 'held', holder };

  const { key, executionArn, image, policy, autoScalingGroupName, unit } = request;
  const leftHalfDone = state?.lease !== undefined && state.phase !== 'promoted';
  const pin = state?.unit?.pin;
  return {
    lease: 'taken',
    isNew: true,
    state: {
      schemaVersion: 1,
      cluster: key.cluster,
      nodeGroup: key.nodeGroup,
      kind: key.kind,
      lease: { run: key.run, executionArn, until: leaseEnd(now) },
      phase: 'leased',
      image,
      policy,
      autoScalingGroupName,
      ...(request.provedElsewhere && { provedElsewhere: true as const }),
      startedAt: now.toISOString(),
      before: leftHalfDone ? state.before : { ...request.before, ...provedSince(state, request.before) },
      ...(unit && { unit: { others: [...unit], ...(pin && { pin }) } }),
      ...(state?.hook && { hook: state.hook }),
      ...(state?.taints && { taints: state.taints }),
      // Its pods may still be there. A test that came to its end says nothing of this rollout.
      ...(state?.smokeTest && !state.smokeTest.result && { smokeTest: state.smokeTest }),
    },
  };
}

/** The file with a lease that reaches further, or the same file while the lease still reaches far enough. */
export function renewLease(state: StateFile, now: Date): StateFile {
  if (!state.lease) return state;
  const remaining = new Date(state.lease.until).getTime() - now.getTime();
  if (remaining > (leaseHours / 2) * 3_600_000) return state;
  return { ...state, lease: { ...state.lease, until: leaseEnd(now) } };
}

/**
 * The state of a group on which the run may work.
 *
 * @throws {LeaseLost} There is none, or another run has taken the group over.
 */
export function requireLease(state: StateFile | undefined, { run, cluster, nodeGroup }: NodeGroupKey): StateFile {
  if (state?.lease?.run === run) return state;
  const holder = state?.lease?.run ?? 'nobody';
  throw new LeaseLost(`The lease of ${cluster}/${nodeGroup} belongs to ${holder}, not to the run ${run}.`);
}

/** The file after the end: without a lease, with the way back still in it. */
export function release(
  state: StateFile,
  run: string,
  { outcome, reason }: { readonly outcome: string; readonly reason?: Reason | undefined },
): StateFile {
  const { lease: _, ...rest } = state;
  return { ...rest, phase: 'released', outcome: { run, outcome, ...(reason && { reason }) } };
}
