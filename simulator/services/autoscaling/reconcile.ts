import { inSeconds } from './activities.ts';
import type { AutoScalingState } from './autoscaling-state.ts';
import { earlyLaunches, replaceEarly } from './early-replacement.ts';
import { capacityOf, countedInstances, type Group, type GroupInstance, isSuspended } from './group.ts';
import { isBackingOff } from './launch-failures.ts';
import { launchInstance } from './launching.ts';
import { keepPool, takeFromPool } from './pool-upkeep.ts';
import { isOld } from './refresh/census.ts';
import { activeRefresh, currentSource } from './refresh/refresh.ts';
import { refreshDeadlines, stepRefresh } from './refresh/step.ts';
import { chooseForScaleIn } from './termination-policy.ts';
import { beginTermination, proceed, returnToPool } from './transitions.ts';

/** One look at a group: everything that can be done for it now is done, and the next look is set. */
export function reconcile(state: AutoScalingState, group: Group): void {
  proceed(state, group);
  replaceUnhealthy(state, group);
  stepRefresh(state, group);
  replaceEarly(state, group);
  launchMissing(state, group);
  terminateSurplus(state, group);
  keepPool(state, group);
  const now = state.kernel.clock.now();
  for (const deadline of [...refreshDeadlines(state, group), ...backOffEnd(group)]) {
    if (deadline > now) state.wake(group, deadline);
  }
}

function replaceUnhealthy(state: AutoScalingState, group: Group): void {
  const isOff = ['HealthCheck', 'ReplaceUnhealthy', 'Terminate'].some((process) => isSuspended(group, process));
  if (isOff) return;
  const now = inSeconds(state.kernel.clock.now());
  for (const instance of countedInstances(group).filter(({ health }) => health === 'Unhealthy')) {
    const check = instance.isHealthSetByUser
      ? 'a user health-check'
      : 'an EC2 health check indicating it has been terminated or stopped';
    const cause = `At ${now} an instance was taken out of service in response to ${check}.`;
    beginTermination(state, group, instance, 'health', cause);
  }
}

function sizeOf(group: Group): number {
  return capacityOf(countedInstances(group));
}

/** What a refresh and early replacements want above the desired capacity comes on top. */
function wantedSize(group: Group): number {
  return group.desired + (activeRefresh(group)?.surge ?? 0) + earlyLaunches(group);
}

function launchMissing(state: AutoScalingState, group: Group): void {
  if (isSuspended(group, 'Launch') || isBackingOff(state, group)) return;
  const refresh = activeRefresh(group);
  const stays = (instance: Parameters<typeof isOld>[3]) =>
    refresh === undefined || !isOld(state, group, refresh, instance);
  for (let size = sizeOf(group); size < wantedSize(group); size = sizeOf(group)) {
    const now = inSeconds(state.kernel.clock.now());
    const cause =
      refresh === undefined
        ? `At ${now} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${size} to ${size + 1}.`
        : `At ${now} an instance was launched in response to an instance refresh.`;
    const isTaken = takeFromPool(state, group, cause);
    if (!isTaken && !launchInstance(state, group, { source: currentSource(group), cause, stays })) return;
  }
}

function terminateSurplus(state: AutoScalingState, group: Group): void {
  if (isSuspended(group, 'Terminate')) return;
  for (let size = sizeOf(group); size > wantedSize(group); size = sizeOf(group)) {
    const instance = chooseForScaleIn(group);
    // What weighs more than the surplus stays: a group never shrinks below what it should have.
    if (instance === undefined || size - capacityOf([instance]) < wantedSize(group)) return;
    const now = inSeconds(state.kernel.clock.now());
    const cause = `At ${now} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${size} to ${size - 1}.  At ${now} instance ${instance.instanceId} was selected for termination.`;
    if (isReused(group, instance)) returnToPool(state, group, instance, cause);
    else beginTermination(state, group, instance, 'capacity', cause);
  }
}

/** Only what was in service: what is on its way in is terminated. */
function isReused({ warmPool }: Group, { state }: GroupInstance): boolean {
  return warmPool?.reuseOnScaleIn === true && !warmPool.isPendingDelete && state === 'InService';
}

function backOffEnd(group: Group): number[] {
  const isShort = sizeOf(group) < wantedSize(group);
  return isShort && group.failures !== undefined ? [group.failures.retryAt] : [];
}
