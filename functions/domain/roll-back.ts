import { type Reason, reason } from './errors.ts';
import {
  type GroupInstance,
  launchesOnly,
  members,
  type NodeGroup,
  type TemplateVersion,
  versionName,
} from './node-group.ts';
import { isActive, type Replacement } from './replacement.ts';
import type { Before, StateFile } from './state-file.ts';

/** What one look at a group on its way back saw. */
export type RollBackView = {
  /** With the instances of its warm pool among its own. */
  readonly group: NodeGroup;
  /** What the group was before the rollout, and what the rollout brought. */
  readonly before: Before;
  readonly amiTarget: string;
  /** The template versions that the group had from us or before us. */
  readonly knownVersions: readonly TemplateVersion[];
  /** The forward replacement, if one was started. */
  readonly forward: Replacement | undefined;
  /** The replacement that we started to go back, if we did. */
  readonly back: Replacement | undefined;
  readonly backAttempts: number;
  /** Pods are in the way for which EKS has given up the last update: another one would fail as well. */
  readonly isHeldUp: boolean;
  /** Whether any replacement runs in the group, also one of somebody else. */
  readonly isBusy: boolean;
  /** Whether AWS can turn a running replacement around; EKS cannot. */
  readonly reversible: boolean;
};

/**
 * The next step on the way back: `reverse` turns the running replacement around, `start` begins one to the old version,
 * `wait` lets whatever runs come to its end. The ends are `restored`, `failed`, `no-way` where AWS offers no way back, and
 * `overtaken`: somebody else has given the group another version, which is not ours to undo.
 */
export type RollBackStep = 'reverse' | 'start' | 'wait' | 'restored' | 'overtaken' | 'no-way' | 'failed';

/** A replacement back that fails this often needs a person. */
const mostAttempts = 3;

/** Whether the group would launch what it launched before. */
const launchesBefore = ({ group, before }: RollBackView): boolean =>
  'release' in before
    ? group.source.type === 'amazon' && group.source.releaseVersion === before.release
    : launchesOnly(group, before.amiId);

const isRestored = (view: RollBackView): boolean =>
  (view.before.amiId === view.amiTarget || !view.group.instances.some(({ imageId }) => imageId === view.amiTarget)) &&
  launchesBefore(view) &&
  members(view.group).every(({ lifecycleState }) => !lifecycleState.startsWith('Pending'));

/** Nodes, and what waits in a warm pool to become one. */
const isStaying = ({ lifecycleState }: Pick<GroupInstance, 'lifecycleState'>): boolean =>
  !/^((Warmed:)?Terminat|Detach)/.test(lifecycleState);

/** Nothing on the new AMI is left or wanted, though something may still be coming up or going down. */
const hasNothingToTurn = (view: RollBackView): boolean =>
  launchesBefore(view) && !view.group.instances.some((each) => isStaying(each) && each.imageId === view.amiTarget);

/** An update of EKS that ended has changed what the group launches, whatever EKS says of its release. */
const isUntouched = (view: RollBackView): boolean => view.forward === undefined && isRestored(view);

const isOvertaken = ({ group: { source }, knownVersions }: RollBackView): boolean =>
  source.type !== 'launch-template' ||
  source.follows !== undefined ||
  !knownVersions.some(({ id, version }) => id === source.template.id && version === source.template.version);

/** The end that a group has come to without a further step, if it has. */
function endOf(view: RollBackView): RollBackStep | undefined {
  if ('release' in view.before) return isUntouched(view) ? 'restored' : 'no-way';
  if (isRestored(view)) return 'restored';
  return isOvertaken(view) ? 'overtaken' : undefined;
}

/**
 * Decides how a group gets back to where it was.
 *
 * There is one way back at a time: while anything runs that cannot be turned around, the answer is `wait`. Only what our
 * version brought is ever turned around or replaced. An update that pods would hold up again is not started before they
 * let it: each that fails leaves its additional nodes in the group.
 */
export function decideRollBack(view: RollBackView): RollBackStep {
  const { forward, back, backAttempts, reversible, isBusy, isHeldUp } = view;
  if (forward?.status === 'active' && reversible) return 'reverse';
  if (isBusy || [forward, back].some((each) => each !== undefined && isActive(each))) return 'wait';
  const end = endOf(view);
  if (end !== undefined) return end;
  if (hasNothingToTurn(view)) return 'wait';
  if (backAttempts >= mostAttempts) return 'failed';
  return isHeldUp ? 'wait' : 'start';
}

export type RollBackProgress = {
  readonly progress: 'in-progress' | 'restored' | 'overtaken' | 'failed';
  readonly reason?: Reason;
};

/** What failed updates of EKS may leave behind; sizes are not ours to change. */
function surplusSentence(group: Pick<NodeGroup, 'desiredCapacity' | 'instances'> | undefined): string {
  const count = group === undefined ? 0 : members(group).length;
  if (group === undefined || count <= group.desiredCapacity) return '';
  return ` It has ${count} nodes where ${group.desiredCapacity} are wanted; an update that succeeds takes the others away.`;
}

/** What the machine gets to know of a step on the way back. A bad end says why, and why the group was to go back at all. */
export function progressBack(
  step: RollBackStep,
  { cluster, nodeGroup, before, rollBack }: Pick<StateFile, 'cluster' | 'nodeGroup' | 'before' | 'rollBack'>,
  group?: Pick<NodeGroup, 'desiredCapacity' | 'instances'>,
): RollBackProgress {
  if (step === 'restored') return { progress: 'restored' };
  if (step !== 'failed' && step !== 'overtaken' && step !== 'no-way') return { progress: 'in-progress' };
  const name = `${cluster}/${nodeGroup}`;
  const old = versionName('release' in before ? before : before.launchTemplate);
  const first =
    rollBack === undefined ? '' : ` It was to go back because of ${rollBack.reason.error}: ${rollBack.reason.cause}`;
  if (step === 'no-way') {
    const cause =
      `EKS offers no way back to ${old}: nodes of ${name} that were replaced stay replaced, and the others stay as they ` +
      `are. Mend what is in the way and start the run again, or wait for the next release.${first}`;
    return { progress: 'failed', reason: reason('NoWayBack', cause) };
  }
  if (step === 'overtaken') {
    const cause = `Somebody else gave ${name} another version than ${old}. It was left as they made it.${first}`;
    return { progress: 'overtaken', reason: reason('ReplacementByOthers', cause) };
  }
  const cause =
    `${name} could not be brought back to ${before.amiId ?? old} in ${mostAttempts} attempts. ` +
    `Start an instance refresh or update to ${old}.${surplusSentence(group)}${first}`;
  return { progress: 'failed', reason: reason('RollBackFailed', cause) };
}
