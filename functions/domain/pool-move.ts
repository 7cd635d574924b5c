import type { AdmissionInput, Sight, Verdict } from './admission.ts';
import { shortHash } from './execution-name.ts';

/** What the event of a hook says of an instance's way; AWS leaves members out where they mean nothing. */
type HookEvent = {
  readonly time: string;
  readonly Origin?: string | undefined;
  readonly Destination?: string | undefined;
  readonly LifecycleActionToken?: string | undefined;
};

export type PoolMove = Pick<AdmissionInput, 'destination' | 'move'>;

const moveOf = ({ LifecycleActionToken, time }: HookEvent): string => shortHash(LifecycleActionToken ?? time);

/** The way of a new instance: launched into the group or into its warm pool, or coming out of the pool. */
export const joiningMove = (event: HookEvent): PoolMove => ({
  ...(event.Destination === 'WarmPool' && { destination: 'WarmPool' as const }),
  // It has waited at the hook before, when it was launched; that first wait is known by the instance alone.
  ...(event.Origin === 'WarmPool' && { move: moveOf(event) }),
});

/** The way of an instance that leaves: to its end, or into the warm pool, or from there to its end. */
export const leavingMove = (event: HookEvent): PoolMove => ({
  ...(event.Destination === 'WarmPool' && { destination: 'WarmPool' as const }),
  ...((event.Destination === 'WarmPool' || event.Origin === 'WarmPool') && { move: moveOf(event) }),
});

/**
 * The verdict on an instance that comes or goes through a warm pool, from what would be said of any other.
 *
 * On the way into the pool the node, if there is one, is kept free of pods as soon as it registers, because its machine
 * is stopped when the hook is answered. It has to become a node that works, as any other; but many start their kubelet
 * only when they leave the pool, so one that never registers is let in, and judged when it leaves.
 */
export function judgeMove(
  { instanceId, destination, joinDeadline }: Pick<AdmissionInput, 'instanceId' | 'destination' | 'joinDeadline'>,
  { node }: Sight,
  judged: Verdict,
): Verdict {
  const own = node?.instanceId === instanceId ? node : undefined;
  if (destination === undefined) {
    return judged.verdict === 'joined' && own?.setAside ? { ...judged, verdict: 'returning' } : judged;
  }
  if (own !== undefined) return own.setAside ? judged : { ...judged, verdict: 'registered' };
  if (judged.verdict !== 'late') return judged;
  const cause = `Instance ${instanceId} did not become a node by ${joinDeadline} on its way into the warm pool. It has to when it leaves the pool.`;
  return { verdict: 'let-in', finding: { error: 'NotYetANode', cause } };
}

/** How long hooks of others may keep an instance on its way into the pool before its node is let be. */
export const longestMoveSeconds = 10_800;

/** What is seen of an instance that has gone into a warm pool, or has come out of it. */
export type MoveView = {
  /** Auto Scaling's word; undefined when the instance is in no group any more. */
  readonly lifecycleState: string | undefined;
  /** Whether the cluster still takes its node for one that runs. */
  readonly isNodeReady: boolean;
  /** Since when it is on its way. */
  readonly since: Date;
};

/**
 * Whether pods may have the node of such an instance again: `yes` when it rests in the pool, where a stopped machine gets
 * no pods because its node is not Ready, or when it is back in the group; `not-yet` while it is on its way; `gone` when it
 * leaves for good. Nothing tells us when it leaves the pool later, so its node has to be ready for that.
 */
export function mayHavePods(
  { lifecycleState = '', isNodeReady, since }: MoveView,
  now: Date,
): 'yes' | 'not-yet' | 'gone' {
  const isOverdue = (now.getTime() - since.getTime()) / 1000 > longestMoveSeconds;
  if (/^Warmed:(Stopped|Hibernated)$/.test(lifecycleState)) return isNodeReady && !isOverdue ? 'not-yet' : 'yes';
  if (lifecycleState.startsWith('Warmed:Pending')) return isOverdue ? 'yes' : 'not-yet';
  return /^(Warmed:Running$|Pending|InService|EnteringStandby|Standby)/.test(lifecycleState) ? 'yes' : 'gone';
}
