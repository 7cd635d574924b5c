import { inSeconds, startActivity } from './activities.ts';
import { type AutoScalingState, moveTo } from './autoscaling-state.ts';
import { choosePlace } from './availability-zones.ts';
import { type Group, type GroupInstance, isPooled, isSuspended } from './group.ts';
import { isBackingOff } from './launch-failures.ts';
import { matchesSource } from './launch-source.ts';
import { launchInstance } from './launching.ts';
import { activeRefresh, currentSource } from './refresh/refresh.ts';
import { chooseForTermination } from './termination-policy.ts';
import { beginTermination, instanceIsRunning } from './transitions.ts';
import { isWarm, poolMembers, poolTarget } from './warm-pool.ts';

/** Brings the warm pool to its size: what is lost is replaced, what is missing launched, what is too much terminated. */
export function keepPool(state: AutoScalingState, group: Group): void {
  if (group.warmPool === undefined) return;
  if (!isSuspended(group, 'Terminate')) {
    replaceLost(state, group);
    trim(state, group);
  }
  fill(state, group);
  const isEmpty = ![...group.instances.values()].some(isPooled);
  if (group.warmPool.isPendingDelete && isEmpty) {
    group.warmPool = undefined;
    state.kernel.log.write('warm-pool.deleted', { group: group.name });
  }
}

const wantedSize = (group: Group): number => poolTarget(group) + (activeRefresh(group)?.poolSurge ?? 0);

function replaceLost(state: AutoScalingState, group: Group): void {
  for (const instance of poolMembers(group).filter(({ health }) => health === 'Unhealthy')) {
    const now = inSeconds(state.kernel.clock.now());
    const cause = `At ${now} an instance was taken out of the warm pool in response to an EC2 health check indicating it has been terminated or stopped.`;
    beginTermination(state, group, instance, 'health', cause);
  }
}

/** The default termination policy chooses, whatever the group's own is (User Guide, "Instance reuse policy"). */
function trim(state: AutoScalingState, group: Group): void {
  for (let members = poolMembers(group); members.length > wantedSize(group); members = poolMembers(group)) {
    const instance = chooseForTermination(members, ['Default']);
    if (instance === undefined) return;
    const now = inSeconds(state.kernel.clock.now());
    const cause = `At ${now} an instance was taken out of the warm pool, shrinking its size from ${members.length} to ${members.length - 1}.`;
    beginTermination(state, group, instance, 'capacity', cause);
  }
}

function fill(state: AutoScalingState, group: Group): void {
  if (isSuspended(group, 'Launch') || isBackingOff(state, group)) return;
  for (let size = poolMembers(group).length; size < wantedSize(group); size = poolMembers(group).length) {
    const now = inSeconds(state.kernel.clock.now());
    const cause = `At ${now} an instance was launched into the warm pool, increasing its size from ${size} to ${size + 1}.`;
    if (!launchInstance(state, group, { source: currentSource(group), cause, stays: () => true, intoPool: true }))
      return;
  }
}

/** What may be taken: while a refresh is on, nothing, or what it would not replace again. */
function takeable(state: AutoScalingState, group: Group): GroupInstance[] {
  const warm = poolMembers(group).filter(isWarm);
  if (activeRefresh(group) === undefined) return warm;
  if (!state.behaviour.refreshTakesFromWarmPool) return [];
  return warm.filter((instance) => matchesSource(state.ec2, currentSource(group), instance));
}

/**
 * Takes an instance from the pool into the group: in the Availability Zone in which one would be launched, if there is one,
 * and of these the oldest.
 *
 * @returns False when there is none to take.
 */
export function takeFromPool(state: AutoScalingState, group: Group, cause: string): boolean {
  if (group.warmPool === undefined) return false;
  const warm = takeable(state, group);
  const { availabilityZone } = choosePlace(state.ec2, group, () => true);
  const near = warm.filter((instance) => instance.availabilityZone === availabilityZone);
  const [instance] = (near.length > 0 ? near : warm).toSorted((a, b) => a.launchedAt - b.launchedAt);
  if (instance === undefined) return false;
  move(state, group, instance, cause);
  return true;
}

function move(state: AutoScalingState, group: Group, instance: GroupInstance, cause: string): void {
  const { instanceId, availabilityZone, subnetId } = instance;
  instance.activity = startActivity(state, group, {
    ...{ kind: 'launch', cause, instanceId, availabilityZone, subnetId, status: 'PreInService' },
    description: `Launching a new EC2 instance from warm pool: ${instanceId}`,
  });
  instance.route = { origin: 'WarmPool', destination: 'AutoScalingGroup' };
  instance.moves += 1;
  instance.isProtected = group.newInstancesProtected;
  const isStopped = instance.state === 'Warmed:Stopped';
  moveTo(state, group, instance, 'Pending');
  if (isStopped) state.ec2.startInstance(instanceId);
  else instanceIsRunning(state, group, instance);
}
