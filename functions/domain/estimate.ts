import type * as v from 'valibot';
import { deregistrationSeconds, withDeregistration } from './deregistration.ts';
import { countPatched, members, type NodeGroup } from './node-group.ts';
import { surgeNodes } from './preferences.ts';
import { countFromOne, countFromZero, strictObject } from './shapes.ts';
import { parseTags, type RolloutPolicy } from './tags.ts';

/** How long the rollout of a group will take, in seconds, as the plan sees it. */
export const Estimate = strictObject({
  /** How many times new nodes are waited for: once for the first, then once for each surge. */
  rounds: countFromOne,
  usualSeconds: countFromOne,
  /** If no drain outlasts its timeout, which it may where the group's policy is to wait. */
  longestSeconds: countFromOne,
  /** What load balancers take of each round. */
  deregistrationSeconds: countFromZero,
});
export type Estimate = Readonly<v.InferOutput<typeof Estimate>>;

/** From the launch of a Windows machine to a node that can work, without what the group asks for besides. */
const usualJoinSeconds = 400;

/** From the first eviction on a node until its pods are gone. */
const usualDrainSeconds = 180;

/** A machine shuts down before the next round begins. */
const shutDownSeconds = 60;

/** So long the turn is kept at most for replicas that do not come back. */
const replicasSeconds = 900;

/** The percentages of a refresh hold for the pool by itself; one at a time is always allowed. */
function poolRounds(group: NodeGroup, policy: RolloutPolicy): number {
  const { poolSize = 0 } = group;
  const nodes = members(group).length;
  return Math.ceil(poolSize / Math.max(1, Math.floor((poolSize * surgeNodes(nodes, policy)) / nodes)));
}

/**
 * The estimate for a self-managed group, from the nodes that are not on the AMI; undefined when there are none, and for a
 * managed group, which EKS replaces at a pace of its own.
 *
 * A round is a launch, a join, a deregistration, a drain and a shutdown, for as many nodes as the surge has:
 *
 *     usual   = rounds × (400 + ready-for + deregistration delay + 180 + 60) + pool rounds × (400 + 120) + bake time
 *     longest = rounds × (join timeout + deregistration delay + drain timeout + 900 + 60)
 *               + pool rounds × (join timeout + 120) + bake time
 *
 * What waits in a warm pool comes after the nodes, in rounds of the same share of it: a launch, a join and two shutdowns,
 * for nothing has to move from there.
 */
export function estimateRollout(group: NodeGroup, policy: RolloutPolicy, amiId: string): Estimate | undefined {
  const { total, patched } = countPatched(group, amiId);
  if (group.kind === 'managed' || patched === total) return undefined;
  const rounds = 1 + Math.ceil((total - patched - 1) / surgeNodes(members(group).length, policy));
  const inPool = poolRounds(group, policy);
  const deregistration = deregistrationSeconds(group, policy);
  const { drainTimeoutSeconds } = withDeregistration(group, policy);
  const after = deregistration + shutDownSeconds;
  const usual = usualJoinSeconds + (policy.joining?.readyForSeconds ?? 0) + usualDrainSeconds + after;
  const longest = policy.joinTimeoutSeconds + drainTimeoutSeconds + replicasSeconds + after;
  return {
    rounds,
    usualSeconds: rounds * usual + inPool * (usualJoinSeconds + 2 * shutDownSeconds) + policy.bakeSeconds,
    longestSeconds: rounds * longest + inPool * (policy.joinTimeoutSeconds + 2 * shutDownSeconds) + policy.bakeSeconds,
    deregistrationSeconds: deregistration,
  };
}

/** The same as a member of what is planned for the group; none where its tags cannot be obeyed. */
export function planEstimate(group: NodeGroup, amiId: string): { readonly estimate?: Estimate } {
  const parsed = parseTags(group.tags, group.kind);
  const estimate = 'refused' in parsed ? undefined : estimateRollout(group, parsed.tags.policy, amiId);
  return estimate === undefined ? {} : { estimate };
}

/** `1 h 25 min`, rounded up to minutes. */
function spoken(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return [...(hours > 0 ? [`${hours} h`] : []), ...(minutes % 60 > 0 ? [`${minutes % 60} min`] : [])].join(' ');
}

/** The estimate, for people. */
export const estimateSentence = ({ usualSeconds, longestSeconds, deregistrationSeconds: delay }: Estimate): string =>
  `Takes about ${spoken(usualSeconds)}, and ${spoken(longestSeconds)} at most unless a drain outlasts its timeout` +
  `${delay > 0 ? `; load balancers take ${spoken(delay)} of each round` : ''}.`;
