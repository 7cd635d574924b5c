import { inSeconds } from '../activities.ts';
import { type AutoScalingState, changeDesired } from '../autoscaling-state.ts';
import { type Group, isSuspended, isWaiting } from '../group.ts';
import { beginTermination } from '../transitions.ts';
import { type Census, percentageOf, takeCensus } from './census.ts';
import { instancesFor, nextCheckpoint, reachedCheckpoint } from './checkpoints.ts';
import { completeRefresh, failRefresh } from './endings.ts';
import { planReplacements, type ReplacementPlan } from './plan.ts';
import { poolProgress, replacePool } from './pool.ts';
import { activeRefresh, putRefreshEvent, type Refresh, setStatus } from './refresh.ts';
import { chooseForReplacement } from './selection.ts';
import { statusReason } from './status-reason.ts';
import { endOf, isUp, LONGEST_REFRESH, observe, startTimeLimit } from './time-limit.ts';

/** Moves the group's refresh as far as it can go at this moment. */
export function stepRefresh(state: AutoScalingState, group: Group): void {
  const refresh = activeRefresh(group);
  if (refresh === undefined) return;
  if (refresh.status === 'Pending') begin(state, group, refresh);
  if (refresh.status === 'Cancelling') {
    stepCancelling(state, group, refresh);
  } else if (isSuspended(group, 'InstanceRefresh')) {
    hold(state, group, refresh);
  } else if (refresh.status === 'Baking') {
    if ((refresh.pausedUntil ?? 0) <= state.kernel.clock.now()) completeRefresh(state, group, refresh);
  } else {
    advance(state, group, refresh);
  }
}

/** When the refresh has to be looked at again if nothing happens before. */
export function refreshDeadlines(state: AutoScalingState, group: Group): number[] {
  const refresh = activeRefresh(group);
  if (refresh === undefined) return [];
  const { fresh, ready } = takeCensus(state, group, refresh);
  const warmUps = fresh
    .filter((instance) => instance.inServiceAt !== undefined && !ready.includes(instance))
    .map(({ inServiceAt }) => (inServiceAt ?? 0) + refresh.preferences.warmup);
  return [refresh.startedAt + LONGEST_REFRESH, refresh.pausedUntil, endOf(refresh.timeLimit), ...warmUps].filter(
    (at) => at !== undefined,
  );
}

function begin(state: AutoScalingState, group: Group, refresh: Refresh): void {
  refresh.initial = new Set(group.instances.keys());
  refresh.timeLimit = startTimeLimit(state.kernel.clock.now());
  setStatus(state, group, refresh, 'InProgress');
}

function advance(state: AutoScalingState, group: Group, refresh: Refresh): void {
  const now = state.kernel.clock.now();
  if (now - refresh.startedAt >= LONGEST_REFRESH) {
    failRefresh(state, group, refresh, 'The instance refresh did not complete within 14 days.');
    return;
  }
  if ((refresh.pausedUntil ?? 0) > now) {
    hold(state, group, refresh);
    return;
  }
  if (refresh.pausedUntil !== undefined && isLastCheckpoint(refresh)) {
    completeRefresh(state, group, refresh);
    return;
  }
  refresh.pausedUntil = undefined;
  clearTheWay(state, group, refresh);
  replaceOld(state, group, refresh, planNow(state, group, refresh).terminations);
  const census = takeCensus(state, group, refresh);
  recordProgress(refresh, census);
  refresh.pool = poolProgress(state, group, refresh);
  if (stopAtCheckpoint(state, group, refresh)) return;
  if (isComplete(state, group, census) && replacePool(state, group, refresh)) {
    completeRefresh(state, group, refresh);
    return;
  }
  refresh.surge = planNow(state, group, refresh).surge;
  keepTime(state, group, refresh, census);
}

function planNow(state: AutoScalingState, group: Group, refresh: Refresh): ReplacementPlan {
  const census = takeCensus(state, group, refresh);
  const { preferences, rollback } = refresh;
  const percentage = rollback === undefined ? nextCheckpoint(preferences.checkpoints, refresh.checkpoint) : 100;
  return planReplacements(
    {
      desired: group.desired,
      counted: census.counted,
      serving: census.serving,
      replaceable: census.replaceable.filter(({ state: name }) => name === 'InService').length,
      leaving: census.leaving,
      fresh: census.fresh.length,
      vacated: census.size + census.skipped - census.old.length,
      allowedFresh: census.skipped + instancesFor(percentage, census.size),
    },
    {
      minimum: preferences.minHealthyPercentage,
      maximum: preferences.maxHealthyPercentage,
      rounding: state.behaviour.headroomRounding,
      maxSize: state.behaviour.refreshMayExceedMaxSize ? undefined : group.maxSize,
    },
  );
}

function replaceOld(state: AutoScalingState, group: Group, refresh: Refresh, count: number): void {
  if (isSuspended(group, 'Terminate')) return;
  for (let index = 0; index < count; index++) {
    const instance = chooseForReplacement(state, group, takeCensus(state, group, refresh).replaceable);
    if (instance === undefined) return;
    beginTermination(state, group, instance, 'refresh', causeOf(state, instance.instanceId));
  }
}

/**
 * What needs no replacement before it goes: instances in standby, for which the group grows again as if they
 * came back, and in a rollback those that were launched but are not in service yet (the service does not
 * document whether it waits for these).
 */
function clearTheWay(state: AutoScalingState, group: Group, refresh: Refresh): void {
  if (isSuspended(group, 'Terminate')) return;
  const { old, replaceable } = takeCensus(state, group, refresh);
  const standby = replaceable.filter(({ state: name }) => name === 'Standby');
  const arriving = refresh.rollback === undefined ? [] : old.filter(({ state: name }) => name.startsWith('Pending'));
  for (const instance of [...standby, ...arriving]) {
    beginTermination(state, group, instance, 'refresh', causeOf(state, instance.instanceId));
  }
  changeDesired(state, group, group.desired + standby.length);
}

function recordProgress(refresh: Refresh, census: Census): void {
  if (refresh.rollback === undefined) {
    refresh.percentageComplete = percentageOf(census);
    refresh.instancesToUpdate = census.old.length;
    return;
  }
  const share = census.size <= 0 ? 0 : Math.floor((100 * census.old.length) / census.size);
  refresh.percentageComplete = Math.min(refresh.rollback.percentageComplete, share);
}

/** True when a checkpoint was reached just now. Every one but that of 100 percent has an event and a pause. */
function stopAtCheckpoint(state: AutoScalingState, group: Group, refresh: Refresh): boolean {
  if (refresh.rollback !== undefined) return false;
  const { checkpoints, checkpointDelay } = refresh.preferences;
  const reached = reachedCheckpoint(checkpoints, refresh.percentageComplete);
  const isNew = reached > refresh.checkpoint && reached < 100;
  refresh.checkpoint = reached;
  if (!isNew) return false;
  refresh.pausedUntil = state.kernel.clock.now() + checkpointDelay;
  putRefreshEvent(state, group, refresh, 'Checkpoint Reached', {
    CheckpointPercentage: `${reached}`,
    CheckpointDelay: `${checkpointDelay / 1000}`,
  });
  state.kernel.log.write('refresh.checkpoint', { group: group.name, refreshId: refresh.id, percentage: reached });
  hold(state, group, refresh);
  return true;
}

/** A list that does not end with 100 ends the refresh early; that it is then Successful is not documented. */
function isLastCheckpoint({ preferences, checkpoint }: Refresh): boolean {
  const last = preferences.checkpoints.at(-1) ?? 100;
  return last < 100 && checkpoint === last;
}

function isComplete({ behaviour }: AutoScalingState, group: Group, census: Census): boolean {
  const isUpdated = census.old.length === 0 && census.updated >= census.size && census.counted <= group.desired;
  return isUpdated && (census.leaving === 0 || !behaviour.successWaitsForTerminations);
}

/** Nothing new begins and the clock of the time limit stands still. */
function hold(state: AutoScalingState, group: Group, refresh: Refresh): void {
  const census = takeCensus(state, group, refresh);
  refresh.surge = Math.max(0, census.counted - group.desired);
  refresh.reason = statusReason(refresh, census);
  refresh.timeLimit = observe(refresh.timeLimit, state.kernel.clock.now(), false);
}

/** Counts the time without progress, except warm-ups and, if the account is set so, waits for hooks. */
function keepTime(state: AutoScalingState, group: Group, refresh: Refresh, census: Census): void {
  const now = state.kernel.clock.now();
  const { size = 0, toUpdate = 0, updated = 0 } = refresh.pool ?? {};
  const progress = census.size - census.old.length + census.ready.length + size - toUpdate + updated;
  if (progress > refresh.progress) refresh.timeLimit = startTimeLimit(now);
  refresh.progress = Math.max(progress, refresh.progress);
  const isWarming = census.fresh.some((one) => one.state === 'InService' && !census.ready.includes(one));
  const waitsForHook = [...group.instances.values()].some(isWaiting);
  const mayWait = isWarming || (waitsForHook && !state.behaviour.hookWaitCountsAsNoProgress);
  refresh.timeLimit = observe(refresh.timeLimit, now, !mayWait);
  refresh.reason = statusReason(refresh, census);
  if (isUp(refresh.timeLimit)) {
    const reason = refresh.reason ?? 'Instances could not be replaced.';
    failRefresh(state, group, refresh, `There was no progress for 1 hour. ${reason}`);
  }
}

/** Replacements that are under way may end first; then what is over the desired capacity is ordinary surplus. */
function stepCancelling(state: AutoScalingState, group: Group, refresh: Refresh): void {
  const { counted, leaving } = takeCensus(state, group, refresh);
  const isArriving = [...group.instances.values()].some((one) => one.state.startsWith('Pending'));
  if (refresh.waitForTransitioning && (isArriving || leaving > 0)) {
    refresh.surge = Math.max(0, counted - group.desired);
    return;
  }
  refresh.surge = 0;
  setStatus(state, group, refresh, 'Cancelled', refresh.reason);
}

function causeOf({ kernel }: AutoScalingState, instanceId: string): string {
  const now = inSeconds(kernel.clock.now());
  return `At ${now} an instance was taken out of service in response to an instance refresh.  At ${now} instance ${instanceId} was selected for termination.`;
}
