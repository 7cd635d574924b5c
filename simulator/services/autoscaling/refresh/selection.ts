import type { AutoScalingState } from '../autoscaling-state.ts';
import { inFullestZone } from '../availability-zones.ts';
import type { Group, GroupInstance } from '../group.ts';
import { matchesSource } from '../launch-source.ts';
import { currentSource } from './refresh.ts';

/**
 * Which old instance goes next: one that has not got the wanted configuration yet, in the fullest
 * Availability Zone, the oldest.
 */
export function chooseForReplacement(
  { ec2 }: AutoScalingState,
  group: Group,
  replaceable: readonly GroupInstance[],
): GroupInstance | undefined {
  const inService = replaceable.filter(({ state }) => state === 'InService');
  const differing = inService.filter((instance) => !matchesSource(ec2, currentSource(group), instance));
  return inFullestZone(group, differing.length > 0 ? differing : inService).toSorted(
    (a, b) => a.launchedAt - b.launchedAt || (a.instanceId < b.instanceId ? -1 : 1),
  )[0];
}
