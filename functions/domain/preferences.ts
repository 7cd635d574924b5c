import type { RolloutPolicy } from './tags.ts';

/** Every preference of an instance refresh that matters to us, so that no default of AWS or of the group does. */
export type RefreshPreferences = {
  readonly MinHealthyPercentage: 100;
  readonly MaxHealthyPercentage: number;
  readonly InstanceWarmup: 0;
  readonly SkipMatching: true;
  readonly AutoRollback: false;
  readonly ScaleInProtectedInstances: 'Ignore';
  readonly StandbyInstances: 'Ignore';
  readonly BakeTime: number;
  readonly CheckpointPercentages?: readonly number[];
  readonly CheckpointDelay?: number;
};

/** How many nodes more than desired a replacement may run at a time: at least one, at most as many as there are. */
export function surgeNodes(nodes: number, { maxSurge }: Pick<RolloutPolicy, 'maxSurge'>): number {
  const wanted = maxSurge.unit === 'nodes' ? maxSurge.count : Math.ceil((nodes * maxSurge.count) / 100);
  return Math.min(Math.max(1, wanted), Math.max(1, nodes));
}

/**
 * The preferences of the replacement of a group with `nodes` nodes.
 *
 * Min 100 with an explicit Max means: launch first, terminate afterwards. The admit hook holds a new instance until its
 * node can work, so no warm-up is needed after it. AutoRollback is off because it fires on any failure, also on one
 * that is not the AMI's fault; the watcher decides. `firstAlone` lets one node prove the AMI before the others follow;
 * the only node of a group is watched for as long before the replacement counts as done.
 */
export function refreshPreferences(nodes: number, policy: RolloutPolicy, firstAlone: boolean): RefreshPreferences {
  const preferences: RefreshPreferences = {
    MinHealthyPercentage: 100,
    MaxHealthyPercentage: 100 + Math.min(100, Math.ceil((surgeNodes(nodes, policy) * 100) / Math.max(1, nodes))),
    InstanceWarmup: 0,
    SkipMatching: true,
    AutoRollback: false,
    ScaleInProtectedInstances: 'Ignore',
    StandbyInstances: 'Ignore',
    BakeTime: firstAlone && nodes === 1 ? policy.bakeSeconds : 0,
  };
  if (!firstAlone || nodes < 2) return preferences;
  // A checkpoint is reached when at least this share of the group is new. Rounded down it is one node in groups of up to
  // a hundred; AWS takes whole percentages only, so that in larger ones it is the hundredth part, rounded up.
  const oneNode = Math.max(1, Math.floor(100 / nodes));
  return { ...preferences, CheckpointPercentages: [oneNode, 100], CheckpointDelay: policy.bakeSeconds };
}
