import type { AutoScalingState } from '../autoscaling-state.ts';
import type { Group } from '../group.ts';
import { describeSource } from '../launch-source.ts';
import { type Refresh, setStatus } from './refresh.ts';
import { startTimeLimit } from './time-limit.ts';

/** All instances are as wanted: the refresh bakes, if it has to, and then becomes the group's own configuration. */
export function completeRefresh(state: AutoScalingState, group: Group, refresh: Refresh): void {
  refresh.surge = 0;
  refresh.poolSurge = 0;
  if (refresh.rollback !== undefined) {
    setStatus(state, group, refresh, 'RollbackSuccessful', 'Rollback completed');
    return;
  }
  const { bakeTime } = refresh.preferences;
  if (bakeTime > 0 && refresh.status !== 'Baking') {
    refresh.pausedUntil = state.kernel.clock.now() + bakeTime;
    setStatus(state, group, refresh, 'Baking', `Waiting for the bake time of ${bakeTime / 1000} seconds to end.`);
    return;
  }
  refresh.pausedUntil = undefined;
  if (refresh.desired !== undefined) {
    group.source = refresh.desired;
    state.kernel.log.write('group.configuration', { group: group.name, ...describeSource(group.source) });
  }
  setStatus(state, group, refresh, 'Successful');
}

/** A refresh that cannot go on rolls back if it was told to; a rollback that cannot go on has failed. */
export function failRefresh(state: AutoScalingState, group: Group, refresh: Refresh, reason: string): void {
  if (refresh.preferences.autoRollback && refresh.rollback === undefined) {
    startRollback(state, group, refresh, `Automatic rollback initiated. ${reason}`);
    return;
  }
  refresh.surge = 0;
  refresh.poolSurge = 0;
  refresh.pausedUntil = undefined;
  setStatus(state, group, refresh, refresh.rollback === undefined ? 'Failed' : 'RollbackFailed', reason);
}

export function startRollback(state: AutoScalingState, group: Group, refresh: Refresh, reason: string): void {
  const now = state.kernel.clock.now();
  const { percentageComplete, instancesToUpdate } = refresh;
  refresh.rollback = { reason, startedAt: now, percentageComplete, instancesToUpdate };
  refresh.pausedUntil = undefined;
  refresh.progress = 0;
  refresh.timeLimit = startTimeLimit(now);
  setStatus(state, group, refresh, 'RollbackInProgress', reason);
}

/** What is done stays done; the group keeps the configuration that it had. */
export function cancelRefresh(state: AutoScalingState, group: Group, refresh: Refresh, waits: boolean): void {
  refresh.waitForTransitioning = waits;
  refresh.poolSurge = 0;
  refresh.pausedUntil = undefined;
  setStatus(state, group, refresh, 'Cancelling', 'Cancelled by a user request.');
}
