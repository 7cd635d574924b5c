import type { SpotNotice } from '../ec2/spot.ts';
import { inSeconds } from './activities.ts';
import { type AutoScalingState, wakeSoon } from './autoscaling-state.ts';
import { hasImbalance, inSurplusZone } from './availability-zones.ts';
import { capacityOf, countedInstances, type Group, type GroupInstance, isLeaving, isSuspended } from './group.ts';
import { isBackingOff } from './launch-failures.ts';
import { launchInstance } from './launching.ts';
import { activeRefresh, currentSource } from './refresh/refresh.ts';
import { chooseForTermination } from './termination-policy.ts';
import { beginTermination } from './transitions.ts';

/** A replacement that is launched before what it replaces is terminated. */
export type EarlyReplacement = {
  readonly launched: string;
  /** The instance at risk; undefined where one of the fullest Availability Zone goes. */
  readonly replaces: string | undefined;
};

/** What of the group's size comes on top of the desired capacity until the replaced instances leave. */
export const earlyLaunches = ({ earlyReplacements }: Group): number => earlyReplacements.length;

/**
 * The processes that launch first and terminate then: AZRebalance, and Capacity Rebalancing of Spot Instances. The
 * replaced instance leaves when the new one is in service, and through the terminate hooks.
 *
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html (rebalancing activities) and
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-capacity-rebalancing.html
 */
export function replaceEarly(state: AutoScalingState, group: Group): void {
  if (activeRefresh(group) !== undefined && !state.behaviour.rebalancesDuringRefresh) return;
  group.earlyReplacements = group.earlyReplacements.filter((one) => isUnderWay(group, one));
  for (const one of group.earlyReplacements) finish(state, group, one);
  rebalanceCapacity(state, group);
  rebalanceZones(state, group);
}

/** What EC2 says of a Spot Instance of the group. Without Capacity Rebalancing Auto Scaling does nothing until it is gone. */
export function followNotice(state: AutoScalingState, group: Group, instance: GroupInstance, notice: SpotNotice): void {
  if (!group.capacityRebalance) return;
  instance.isAtRisk = true;
  const isLast = notice.type === 'interruption-noticed' && state.behaviour.interruptionNoticeBeginsTermination;
  if (isLast && instance.state === 'InService' && !isSuspended(group, 'Terminate')) {
    beginTermination(state, group, instance, 'capacity', causeOf(state, instance, 'an EC2 Spot interruption notice'));
  }
  wakeSoon(state, group);
}

/** Over once either of the two has gone by another way: the other one then stands in for it. */
function isUnderWay(group: Group, { launched, replaces }: EarlyReplacement): boolean {
  const isThere = (instanceId: string) => {
    const instance = group.instances.get(instanceId);
    return instance !== undefined && !isLeaving(instance);
  };
  return isThere(launched) && (replaces === undefined || isThere(replaces));
}

/** Nothing leaves by this while the group would have less in service than it wants: a refresh may have used the new one. */
function finish(state: AutoScalingState, group: Group, replacement: EarlyReplacement): void {
  const { launched, replaces } = replacement;
  const serving = [...group.instances.values()].filter((one) => one.state === 'InService');
  const isReady = group.instances.get(launched)?.state === 'InService' && capacityOf(serving) > group.desired;
  if (!isReady || isSuspended(group, 'Terminate')) return;
  const leaver = replaces === undefined ? chooseToBalance(state, group) : group.instances.get(replaces);
  group.earlyReplacements = group.earlyReplacements.filter((one) => one !== replacement);
  if (leaver === undefined) return;
  const why =
    replaces === undefined ? 'a rebalancing of Availability Zones' : 'an EC2 instance rebalance recommendation';
  beginTermination(state, group, leaver, 'capacity', causeOf(state, leaver, why));
}

function rebalanceCapacity(state: AutoScalingState, group: Group): void {
  if (!group.capacityRebalance) return;
  const atRisk = countedInstances(group).filter((one) => one.isAtRisk && one.state === 'InService');
  for (const { instanceId } of atRisk) {
    const isReplaced = group.earlyReplacements.some(({ replaces }) => replaces === instanceId);
    // By up to ten percent of the desired capacity over the maximum.
    if (!isReplaced && !launchFor(state, group, instanceId, group.desired)) return;
  }
}

/** One instance at a time; the documentation does not say how many. */
function rebalanceZones(state: AutoScalingState, group: Group): void {
  if (!group.mayBeUnbalanced || isSuspended(group, 'AZRebalance')) return;
  const isShort = capacityOf(countedInstances(group)) < group.desired;
  if (isShort || group.earlyReplacements.some(({ replaces }) => replaces === undefined)) return;
  if (!hasImbalance(state.ec2, group)) {
    group.mayBeUnbalanced = false;
    return;
  }
  // By ten percent over the maximum, or one instance.
  launchFor(state, group, undefined, group.maxSize);
}

/** @returns Whether a replacement was launched. */
function launchFor(state: AutoScalingState, group: Group, replaces: string | undefined, tenths: number): boolean {
  const most = group.maxSize + Math.max(1, Math.floor(tenths / 10));
  const isFull = capacityOf(countedInstances(group)) >= most;
  if (isFull || isSuspended(group, 'Launch') || isBackingOff(state, group)) return false;
  const now = inSeconds(state.kernel.clock.now());
  const why =
    replaces === undefined
      ? 'to balance instances in zones'
      : `in response to an EC2 instance rebalance recommendation for ${replaces}`;
  const isLaunched = launchInstance(state, group, {
    source: currentSource(group),
    cause: `At ${now} an instance was launched ${why}.`,
    stays: ({ instanceId }) => instanceId !== replaces,
  });
  const launched = [...group.instances.keys()].at(-1);
  if (isLaunched && launched !== undefined) group.earlyReplacements.push({ launched, replaces });
  return isLaunched;
}

/** Scale-in protection holds here as well. */
function chooseToBalance({ ec2 }: AutoScalingState, group: Group): GroupInstance | undefined {
  const open = countedInstances(group).filter(({ state, isProtected }) => state === 'InService' && !isProtected);
  return chooseForTermination(inSurplusZone(ec2, group, open), group.terminationPolicies);
}

function causeOf({ kernel }: AutoScalingState, { instanceId }: GroupInstance, why: string): string {
  const now = inSeconds(kernel.clock.now());
  return `At ${now} an instance was taken out of service in response to ${why}.  At ${now} instance ${instanceId} was selected for termination.`;
}
