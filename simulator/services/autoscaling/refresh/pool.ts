import { inSeconds } from '../activities.ts';
import type { AutoScalingState } from '../autoscaling-state.ts';
import { type Group, type GroupInstance, isLeaving, isPooled, isSuspended } from '../group.ts';
import { chooseForTermination } from '../termination-policy.ts';
import { beginTermination } from '../transitions.ts';
import { isWarm, poolMembers, poolTarget } from '../warm-pool.ts';
import { isOld } from './census.ts';
import { planReplacements, type ReplacementPlan } from './plan.ts';
import type { PoolProgress, Refresh } from './refresh.ts';

type PoolCensus = {
  readonly target: number;
  readonly members: readonly GroupInstance[];
  readonly old: readonly GroupInstance[];
  /** As wanted, and at rest. */
  readonly ready: number;
  /** On their way out because of the refresh. */
  readonly leaving: number;
};

function takePoolCensus(state: AutoScalingState, group: Group, refresh: Refresh): PoolCensus {
  const members = poolMembers(group);
  const old = members.filter((instance) => isOld(state, group, refresh, instance));
  const leaving = [...group.instances.values()].filter(
    (one) => isPooled(one) && isLeaving(one) && one.leavingFor === 'refresh',
  );
  return {
    target: poolTarget(group),
    ...{ members, old },
    ready: members.filter((instance) => isWarm(instance) && !old.includes(instance)).length,
    leaving: leaving.length,
  };
}

/** How far the refresh is with the pool; undefined in a group without one. */
export function poolProgress(state: AutoScalingState, group: Group, refresh: Refresh): PoolProgress | undefined {
  if (group.warmPool === undefined) return undefined;
  const { target, old, ready } = takePoolCensus(state, group, refresh);
  return { size: target, updated: Math.min(ready, Math.max(0, target - old.length)), toUpdate: old.length };
}

const isDone = ({ target, members, old, ready, leaving }: PoolCensus): boolean =>
  old.length === 0 && leaving === 0 && members.length <= target && ready >= target;

function planNow(state: AutoScalingState, refresh: Refresh, census: PoolCensus): ReplacementPlan {
  const { target, members, old, ready, leaving } = census;
  const resting = old.filter(isWarm).length;
  return planReplacements(
    {
      desired: target,
      counted: members.length,
      serving: ready + resting,
      replaceable: resting,
      leaving,
      fresh: members.length - old.length,
      vacated: target - old.length,
      allowedFresh: target,
    },
    {
      minimum: refresh.preferences.minHealthyPercentage,
      maximum: refresh.preferences.maxHealthyPercentage,
      rounding: state.behaviour.headroomRounding,
      maxSize: undefined,
    },
  );
}

/**
 * Replaces the instances of the warm pool, which have their turn when those in service are all as wanted (User Guide,
 * "Update the instances in a warm pool"). The percentages of the refresh hold for the pool by itself.
 *
 * @returns Whether nothing is left to be done.
 */
export function replacePool(state: AutoScalingState, group: Group, refresh: Refresh): boolean {
  if (group.warmPool === undefined) return true;
  const census = takePoolCensus(state, group, refresh);
  if (isDone(census)) {
    refresh.poolSurge = 0;
    return true;
  }
  const { terminations } = planNow(state, refresh, census);
  if (!isSuspended(group, 'Terminate')) terminateOld(state, group, census.old.filter(isWarm), terminations);
  refresh.poolSurge = planNow(state, refresh, takePoolCensus(state, group, refresh)).surge;
  return false;
}

function terminateOld(
  state: AutoScalingState,
  group: Group,
  resting: readonly GroupInstance[],
  terminations: number,
): void {
  let left = resting;
  for (let index = 0; index < terminations; index += 1) {
    const instance = chooseForTermination(left, ['Default']);
    if (instance === undefined) return;
    left = left.filter((each) => each !== instance);
    const now = inSeconds(state.kernel.clock.now());
    const cause = `At ${now} an instance was taken out of the warm pool in response to an instance refresh.  At ${now} instance ${instance.instanceId} was selected for termination.`;
    beginTermination(state, group, instance, 'refresh', cause);
  }
}
