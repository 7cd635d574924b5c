import type { NodeGroup } from './node-group.ts';
import type { RolloutPolicy } from './tags.ts';

/** The deregistration delay of a target group to which nobody has given another one. */
const usualSeconds = 300;

/**
 * For how many seconds load balancers let the last requests of an instance end that leaves: what the tag says, AWS's default
 * for a group that load balancers know, otherwise none. Auto Scaling waits for it before it terminates the instance.
 *
 * Targets of IP type, which a controller in the cluster registers, are none of the group's: a pod leaves those by itself.
 */
export const deregistrationSeconds = (
  { isBalanced }: Pick<NodeGroup, 'isBalanced'>,
  { deregistrationSeconds: asked }: Pick<RolloutPolicy, 'deregistrationSeconds'>,
): number => asked ?? (isBalanced ? usualSeconds : 0);

/**
 * The policy with a drain timeout that is no shorter than the delay: whether that passes before the hook or beside it, no pod
 * is deleted at a deadline while load balancers may still send requests through its node.
 */
export function withDeregistration(group: Pick<NodeGroup, 'isBalanced'>, policy: RolloutPolicy): RolloutPolicy {
  const drainTimeoutSeconds = Math.max(policy.drainTimeoutSeconds, deregistrationSeconds(group, policy));
  return drainTimeoutSeconds === policy.drainTimeoutSeconds ? policy : { ...policy, drainTimeoutSeconds };
}
