import { inSeconds } from './activities.ts';
import { type AutoScalingState, changeDesired, findInstance, moveTo } from './autoscaling-state.ts';
import { validationError } from './errors.ts';
import { countedInstances, type Group, type GroupInstance } from './group.ts';
import { beginTermination } from './transitions.ts';
import { poolMembers } from './warm-pool.ts';

/** @throws ServiceError when the size is outside the group's bounds. */
export function resizeGroup(state: AutoScalingState, group: Group, desired: number): void {
  if (desired > group.maxSize) {
    throw validationError(
      `New SetDesiredCapacity value ${desired} is above max value ${group.maxSize} for the AutoScalingGroup.`,
    );
  }
  if (desired < group.minSize) {
    throw validationError(
      `New SetDesiredCapacity value ${desired} is below min value ${group.minSize} for the AutoScalingGroup.`,
    );
  }
  changeDesired(state, group, desired);
}

/**
 * Takes out one instance, which is replaced unless the desired capacity is lowered with it. Scale-in
 * protection does not stop this.
 */
export function terminateMember(state: AutoScalingState, instanceId: string, decrement: boolean): GroupInstance {
  const { group, instance } = findInstance(state, instanceId);
  if (decrement) lowerDesired(state, group, 1, 'Terminating instance without replacement');
  const now = inSeconds(state.kernel.clock.now());
  const shrinking = decrement ? `, shrinking the capacity from ${group.desired + 1} to ${group.desired}` : '';
  const cause = `At ${now} instance ${instanceId} was taken out of service in response to a user request${shrinking}.`;
  beginTermination(state, group, instance, 'user', cause);
  group.mayBeUnbalanced = true;
  return instance;
}

/** Instances in standby are not replaced if the desired capacity is lowered with them. */
export function enterStandby(
  state: AutoScalingState,
  group: Group,
  instances: GroupInstance[],
  decrement: boolean,
): void {
  const other = instances.find((instance) => instance.state !== 'InService');
  if (other !== undefined) throw validationError(`The instance ${other.instanceId} is not in InService.`);
  if (decrement) lowerDesired(state, group, instances.length, 'Moving instances to standby');
  for (const instance of instances) moveTo(state, group, instance, 'Standby');
}

/** Instances that return raise the desired capacity. */
export function exitStandby(state: AutoScalingState, group: Group, instances: GroupInstance[]): void {
  const other = instances.find((instance) => instance.state !== 'Standby');
  if (other !== undefined) throw validationError(`The instance ${other.instanceId} is not in Standby.`);
  const desired = group.desired + instances.length;
  if (desired > group.maxSize) {
    throw validationError(
      `The group ${group.name} cannot exceed its maximum size of ${group.maxSize} by returning instances from standby.`,
    );
  }
  for (const instance of instances) moveTo(state, group, instance, 'InService');
  changeDesired(state, group, desired);
}

/** @throws ServiceError when one of the instances is not in the group. */
export function membersOf(group: Group, instanceIds: readonly string[] | undefined): GroupInstance[] {
  return (instanceIds ?? []).map((instanceId) => {
    const instance = group.instances.get(instanceId);
    if (instance !== undefined) return instance;
    throw validationError(`The instance ${instanceId} is not part of Auto Scaling group ${group.name}.`);
  });
}

/** Machines that EC2 lost by itself: Auto Scaling finds out by its health check. Standby is not checked. */
export function markUnhealthy(instance: GroupInstance, group: Group): boolean {
  const isChecked = countedInstances(group).includes(instance) || poolMembers(group).includes(instance);
  if (!isChecked) return false;
  instance.health = 'Unhealthy';
  return true;
}

function lowerDesired(state: AutoScalingState, group: Group, by: number, what: string): void {
  if (group.desired - by < group.minSize) {
    throw validationError(
      `Currently, desiredSize equals minSize (${group.minSize}). ${what} will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
    );
  }
  changeDesired(state, group, group.desired - by);
}
