import type { AutoScalingBehaviour } from './behaviour.ts';
import { countedInstances, type Group } from './group.ts';
import type { LaunchSource } from './launch-source.ts';

/**
 * Whether the next instance of a group is a Spot Instance by the InstancesDistribution of its policy: first the base of
 * On-Demand Instances, then the percentages (API reference, InstancesDistribution, which has the defaults too). Undefined
 * without a mixed instances policy: then the launch template says it.
 */
export function nextIsSpot(
  group: Group,
  source: LaunchSource,
  { onDemandRounding }: AutoScalingBehaviour,
): boolean | undefined {
  if (source.kind !== 'mixed') return undefined;
  const { OnDemandBaseCapacity: base = 0, OnDemandPercentageAboveBaseCapacity: percentage = 100 } =
    source.policy.InstancesDistribution ?? {};
  const counted = countedInstances(group);
  const above = Math.max(0, counted.length + 1 - base);
  const share = (above * percentage) / 100;
  const wanted =
    Math.min(base, counted.length + 1) + (onDemandRounding === 'up' ? Math.ceil(share) : Math.floor(share));
  return counted.filter(({ isSpot }) => !isSpot).length >= wanted;
}
