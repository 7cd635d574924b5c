import type { Ec2 } from '../ec2/ec2.ts';
import { type Group, type GroupInstance, isCounted } from './group.ts';

export type Place = { readonly subnetId: string; readonly availabilityZone: string };

/**
 * Where the next instance goes: the Availability Zone with the fewest instances that will stay, then the
 * subnet with the fewest. After a failure the next best place is tried. (A group is balanced by where it
 * launches and terminates; the process AZRebalance, which moves running instances, is not simulated.)
 */
export function choosePlace(ec2: Ec2, group: Group, stays: (instance: GroupInstance) => boolean): Place {
  const counted = [...group.instances.values()].filter((instance) => isCounted(instance) && stays(instance));
  const places = group.subnetIds.map((subnetId, order) => {
    const availabilityZone = ec2.subnet(subnetId)?.availabilityZone ?? '';
    return {
      subnetId,
      availabilityZone,
      order,
      inZone: counted.filter((instance) => instance.availabilityZone === availabilityZone).length,
      inSubnet: counted.filter((instance) => instance.subnetId === subnetId).length,
    };
  });
  const ranked = places.toSorted((a, b) => a.inZone - b.inZone || a.inSubnet - b.inSubnet || a.order - b.order);
  const chosen = ranked[(group.failures?.count ?? 0) % ranked.length];
  if (chosen === undefined) throw new Error(`Auto Scaling group ${group.name} has no subnets.`);
  return { subnetId: chosen.subnetId, availabilityZone: chosen.availabilityZone };
}

/** Of some instances those in the Availability Zone that has the most of the group's instances. */
export function inFullestZone(group: Group, candidates: readonly GroupInstance[]): GroupInstance[] {
  const size = (availabilityZone: string) =>
    [...group.instances.values()].filter((one) => isCounted(one) && one.availabilityZone === availabilityZone).length;
  const most = Math.max(0, ...candidates.map(({ availabilityZone }) => size(availabilityZone)));
  const zone = candidates.find(({ availabilityZone }) => size(availabilityZone) === most)?.availabilityZone;
  return candidates.filter(({ availabilityZone }) => availabilityZone === zone);
}
