import type { Ec2 } from '../ec2/ec2.ts';
import { type Group, type GroupInstance, isCounted } from './group.ts';

export type Place = { readonly subnetId: string; readonly availabilityZone: string };

/**
 * Where the next instance goes: the Availability Zone with the fewest instances that will stay, then the
 * subnet with the fewest. After a failure the next best place is tried.
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

/**
 * How many instances each Availability Zone of a group has, and those that still have some although the group has left
 * them. These have nobody's share to keep.
 */
function countByZone(ec2: Ec2, group: Group) {
  const counted = [...group.instances.values()].filter(isCounted);
  const own = new Set(group.subnetIds.map((subnetId) => ec2.subnet(subnetId)?.availabilityZone ?? ''));
  const zones = new Set([...own, ...counted.map(({ availabilityZone }) => availabilityZone)]);
  const sizes = [...zones].map((zone) => ({
    zone,
    isOwn: own.has(zone),
    size: counted.filter(({ availabilityZone }) => availabilityZone === zone).length,
  }));
  return { own: sizes.filter(({ isOwn }) => isOwn), left: sizes.filter(({ isOwn }) => !isOwn) };
}

/** Whether the zones differ by more than one instance, or instances are where the group is no more. */
export function hasImbalance(ec2: Ec2, group: Group): boolean {
  const { own, left } = countByZone(ec2, group);
  const sizes = own.map(({ size }) => size);
  return left.length > 0 || Math.max(...sizes) - Math.min(...sizes) > 1;
}

/** Of some instances those that go to balance the group: from a zone that it has left, or from the fullest one. */
export function inSurplusZone(ec2: Ec2, group: Group, candidates: readonly GroupInstance[]): GroupInstance[] {
  const left = countByZone(ec2, group).left.map(({ zone }) => zone);
  const displaced = candidates.filter(({ availabilityZone }) => left.includes(availabilityZone));
  return displaced.length > 0 ? displaced : inFullestZone(group, candidates);
}

/** Of some instances those in the Availability Zone that has the most of the group's instances. */
export function inFullestZone(group: Group, candidates: readonly GroupInstance[]): GroupInstance[] {
  const size = (availabilityZone: string) =>
    [...group.instances.values()].filter((one) => isCounted(one) && one.availabilityZone === availabilityZone).length;
  const most = Math.max(0, ...candidates.map(({ availabilityZone }) => size(availabilityZone)));
  const zone = candidates.find(({ availabilityZone }) => size(availabilityZone) === most)?.availabilityZone;
  return candidates.filter(({ availabilityZone }) => availabilityZone === zone);
}
