import * as v from 'valibot';
import { SeenCapacity, VanishedNode } from './autoscaler.ts';
import { NodeGroupChanged } from './errors.ts';
import { Image } from './image.ts';
import { GroupName, type LaunchVersion, NodeGroupKind, TemplateVersion } from './node-group.ts';
import { RemovedHook } from './removed-hooks.ts';
import { ReasonDocument } from './report.ts';
import { countFromOne, nearestOf, nonEmpty, strictObject, timestamp, wholeNumber } from './shapes.ts';
import { SmokeTest } from './smoke-test.ts';
import { Standstill } from './standstill.ts';
import { RolloutPolicy } from './tags.ts';

/**
 * How far the rollout has been allowed to go. A phase is written before the change that it names, so the group may be
 * one step behind its phase, never ahead of it.
 */
export const Phase = v.picklist([
  'leased',
  'versioned',
  'admitting',
  'rolling',
  'replaced',
  'proved',
  'promoted',
  'rolling-back',
  'released',
]);
export type Phase = v.InferOutput<typeof Phase>;

/** One replacement of all nodes, forward or back. Without an id its start has been intended, but not yet confirmed. */
export const Attempt = strictObject({
  id: v.optional(v.string()),
  startedAt: timestamp,
  attempts: countFromOne,
  /** The newest replacement of the group before this one: whatever is newer and goes our way is ours. */
  after: v.optional(v.string()),
  /** Set when the attempt ended without a node to blame, and may be started again. */
  stalled: v.optional(v.boolean()),
});

export type Attempt = Readonly<v.InferOutput<typeof Attempt>>;

/** What a group remembers of moving together with others, or of following its launch template by an alias. */
const Unit = strictObject({
  /** Those that move with it, as the plan found them. */
  others: v.array(GroupName),
  /** Whether the group was given a number in place of its alias; written before that is done, and again after it. */
  pin: v.optional(v.picklist(['intended', 'set'])),
  /** The rollout makes no version of the template any more, but for copies on top. */
  done: v.optional(v.literal(true)),
  /** Why the group stays at a number after all. */
  stays: v.optional(ReasonDocument),
});

const Verified = strictObject({
  /** Missing when the group had no node. */
  patchLevel: v.optional(v.string()),
  /** Instances that stayed on the old AMI, because they are protected or in standby. */
  leftAlone: v.array(v.string()),
});

/** A node by its name and, since names are used again, by its instance. */
const TaintedNode = strictObject({ instanceId: nonEmpty, nodeName: nonEmpty });
export type TaintedNode = Readonly<v.InferOutput<typeof TaintedNode>>;

const TemplateBefore = strictObject({
  launchTemplate: TemplateVersion,
  amiId: v.string(),
  /** Of the launch templates that overrides of a mixed instances policy have for themselves. */
  overrides: v.optional(v.array(TemplateVersion)),
  follows: v.picklist(['number', '$Default', '$Latest']),
  patchLevel: v.optional(v.string()),
});
/** What a group with a launch template of its own was, and goes back to. */
export type TemplateBefore = Readonly<v.InferOutput<typeof TemplateBefore>>;

const ReleaseBefore = strictObject({
  release: nonEmpty,
  /** Missing when the group had no node. */
  amiId: v.optional(v.string()),
  patchLevel: v.optional(v.string()),
});

/** What the group was: on a version of its own launch template, or on a release of Amazon's AMI. */
export const Before = nearestOf([TemplateBefore, ReleaseBefore]);
export type Before = TemplateBefore | Readonly<v.InferOutput<typeof ReleaseBefore>>;

/** `state/<cluster>/<group>.json`: what reglaze remembers of one node group. It is the lock between runs. */
export const StateFile = strictObject({
  schemaVersion: v.literal(1),
  cluster: v.string(),
  nodeGroup: v.string(),
  kind: NodeGroupKind,
  lease: v.optional(strictObject({ run: v.string(), executionArn: v.string(), until: timestamp })),
  phase: Phase,
  image: Image,
  policy: RolloutPolicy,
  autoScalingGroupName: v.string(),
  startedAt: timestamp,
  before: Before,
  launchTemplate: v.optional(
    strictObject({
      id: v.string(),
      fromVersion: wholeNumber,
      toVersion: wholeNumber,
      overrides: v.optional(v.array(TemplateVersion)),
    }),
  ),
  unit: v.optional(Unit),
  hook: v.optional(v.literal('open')),
  /** Who drains nodes that leave; our hook stays when the rollout has ended. */
  drainHook: v.optional(v.picklist(['ours', 'foreign'])),
  /** Hooks of ours that somebody deleted during the rollout. */
  removedHooks: v.optional(v.array(RemovedHook)),
  /** The nodes that may bear the taint of outdated ones, which they get in favour of nodes on the AMI. */
  taints: v.optional(strictObject({ amiId: nonEmpty, nodes: v.array(TaintedNode), done: v.optional(v.literal(true)) })),
  /** Instances that wait at our drain hook, since a look first saw them there. */
  leaving: v.optional(v.array(strictObject({ instanceId: v.string(), seenAt: timestamp }))),
  rollout: v.optional(Attempt),
  /** The test of the first new node. Its pods are there as long as it has no result. */
  smokeTest: v.optional(SmokeTest),
  /** New instances whose nodes did not join in time, with what was found instead. */
  lateNodes: v.optional(v.array(strictObject({ instanceId: v.string(), finding: ReasonDocument }))),
  /** New instances that somebody else terminated while their nodes had not registered. */
  vanishedNodes: v.optional(v.array(VanishedNode)),
  /** Of a group that a cluster autoscaler looks after. */
  capacity: v.optional(SeenCapacity),
  /** When people were told that a cluster autoscaler deletes new instances. */
  autoscalerAlertedAt: v.optional(timestamp),
  /** Why the group goes back; with a template version once a replacement of its own was needed for that. */
  rollBack: v.optional(
    strictObject({
      reason: ReasonDocument,
      launchTemplate: v.optional(TemplateVersion),
      attempt: v.optional(Attempt),
      /** As `standstill`, on the way back. */
      standstill: v.optional(Standstill),
      /** When people were told of it: once, however many attempts it holds up. */
      alertedAt: v.optional(timestamp),
    }),
  ),
  /** Another group of the run has proved the AMI, so that this one, which was empty then, needs no node for it. */
  provedElsewhere: v.optional(v.literal(true)),
  verified: v.optional(Verified),
  alertedAt: v.optional(timestamp),
  /** Whether an update of EKS stands still, and which pods hold it up. */
  standstill: v.optional(Standstill),
  /** The last run that ended here, and how. */
  outcome: v.optional(strictObject({ run: v.string(), outcome: v.string(), reason: v.optional(ReasonDocument) })),
});
export type StateFile = Readonly<v.InferOutput<typeof StateFile>>;

/**
 * The attempt to work on: the one that was intended and not confirmed, or a new one.
 *
 * @param newestId the group's newest replacement, which is not ours yet.
 */
export function nextAttempt(last: Attempt | undefined, newestId: string | undefined, now: Date): Attempt {
  if (last && last.id === undefined) return last;
  return {
    startedAt: now.toISOString(),
    attempts: (last?.attempts ?? 0) + 1,
    ...(newestId !== undefined && { after: newestId }),
  };
}

/**
 * The file after a start that did not come about, because somebody else's replacement runs. A first attempt has changed
 * nothing, so there is nothing to go back from.
 */
export function withdrawAttempt(state: StateFile): StateFile {
  const { rollout, ...rest } = state;
  return rollout !== undefined && rollout.attempts > 1 ? state : { ...rest, phase: 'admitting' };
}

/** The file with a late node more; the same file when it knows the node. */
export function rememberLateNode(state: StateFile, late: NonNullable<StateFile['lateNodes']>[number]): StateFile {
  const known = state.lateNodes ?? [];
  if (known.some(({ instanceId }) => instanceId === late.instanceId)) return state;
  return { ...state, lateNodes: [...known, late] };
}

/** What the group was, when it has a launch template of its own; undefined on Amazon's AMI. */
export const templateBefore = ({ before }: Pick<StateFile, 'before'>): TemplateBefore | undefined =>
  'release' in before ? undefined : before;

/**
 * What a group was that has a launch template of its own, as every group does that follows an alias.
 *
 * @throws {NodeGroupChanged} It runs Amazon's AMI.
 */
export function requireTemplate(state: Pick<StateFile, 'before' | 'cluster' | 'nodeGroup'>): TemplateBefore {
  const before = templateBefore(state);
  if (before !== undefined) return before;
  throw new NodeGroupChanged(`${state.cluster}/${state.nodeGroup} was on Amazon's AMI, which has no template version.`);
}

const newVersion = ({ launchTemplate }: StateFile): TemplateVersion | undefined =>
  launchTemplate && { id: launchTemplate.id, version: launchTemplate.toVersion };

/** The template versions that reglaze has set or found in the group; any other is somebody else's doing. */
export const knownVersions = (state: StateFile): TemplateVersion[] =>
  [templateBefore(state)?.launchTemplate, newVersion(state), state.rollBack?.launchTemplate].filter(
    (each) => each !== undefined,
  );

/** What the rollout brings, or undefined while there is no version of the launch template for it. */
export const findTarget = (state: StateFile): LaunchVersion | undefined =>
  'release' in state.before ? { release: state.image.version } : newVersion(state);

/**
 * What the rollout brings.
 *
 * @throws {NodeGroupChanged} There is no version for it yet: a step was left out.
 */
export function targetVersion(state: StateFile): LaunchVersion {
  const target = findTarget(state);
  if (target !== undefined) return target;
  throw new NodeGroupChanged(
    `The state file of ${state.cluster}/${state.nodeGroup} names no new launch template version.`,
  );
}
