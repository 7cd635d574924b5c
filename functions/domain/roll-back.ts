import { type Reason, reason } from './errors.ts';
import { members, type NodeGroup, templateImageId } from './node-group.ts';
import { isActive, type Replacement } from './replacement.ts';
import type { StateFile } from './state-file.ts';

/** What one look at a group on its way back saw. */
export type RollBackView = {
  readonly group: NodeGroup;
  /** What the group launched before the rollout, and what the rollout brought. */
  readonly amiBefore: string;
  readonly amiTarget: string;
  /** The forward replacement, if one was started. */
  readonly forward: Replacement | undefined;
  /** The replacement that we started to go back, if we did. */
  readonly back: Replacement | undefined;
  readonly backAttempts: number;
  /** Whether any replacement runs in the group, also one of somebody else. */
  readonly isBusy: boolean;
  /** Whether AWS can turn a running replacement around; EKS cannot. */
  readonly reversible: boolean;
};

/**
 * The next step on the way back: `reverse` turns the running replacement around, `start` begins one to the old version,
 * `wait` lets whatever runs come to its end, `restored` and `failed` are the two ends.
 */
export type RollBackStep = 'reverse' | 'start' | 'wait' | 'restored' | 'failed';

/** A replacement back that fails this often needs a person. */
const mostAttempts = 3;

const isRestored = ({ group, amiBefore, amiTarget }: RollBackView): boolean =>
  (amiBefore === amiTarget || !group.instances.some(({ imageId }) => imageId === amiTarget)) &&
  templateImageId(group) === amiBefore &&
  members(group).every(({ lifecycleState }) => !lifecycleState.startsWith('Pending'));

/** Nothing on the new AMI is left or wanted, though something may still be coming up or going down. */
const hasNothingToTurn = ({ group, amiBefore, amiTarget }: RollBackView): boolean =>
  templateImageId(group) === amiBefore && !members(group).some(({ imageId }) => imageId === amiTarget);

/**
 * Decides how a group gets back to where it was.
 *
 * There is one way back at a time: while anything runs that cannot be turned around, the answer is `wait`.
 */
export function decideRollBack(view: RollBackView): RollBackStep {
  const { forward, back, backAttempts, reversible, isBusy } = view;
  if (forward?.status === 'active' && reversible) return 'reverse';
  if (isBusy || [forward, back].some((each) => each !== undefined && isActive(each))) return 'wait';
  if (isRestored(view)) return 'restored';
  if (hasNothingToTurn(view)) return 'wait';
  return backAttempts >= mostAttempts ? 'failed' : 'start';
}

export type RollBackProgress = { readonly progress: 'in-progress' | 'restored' | 'failed'; readonly reason?: Reason };

/** What the machine gets to know of a step on the way back. */
export function progressBack(step: RollBackStep, { cluster, nodeGroup, before }: StateFile): RollBackProgress {
  if (step === 'restored') return { progress: 'restored' };
  if (step !== 'failed') return { progress: 'in-progress' };
  const cause =
    `${cluster}/${nodeGroup} could not be brought back to ${before.amiId} in ${mostAttempts} attempts. ` +
    `Start an instance refresh or update to version ${before.launchTemplate.version} of ${before.launchTemplate.id}.`;
  return { progress: 'failed', reason: reason('RollBackFailed', cause) };
}
