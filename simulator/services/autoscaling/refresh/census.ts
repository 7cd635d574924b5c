import type { AutoScalingState } from '../autoscaling-state.ts';
import { type Group, type GroupInstance, isCounted, isLeaving, isPooled } from '../group.ts';
import { matchesSource } from '../launch-source.ts';
import { currentSource, type Refresh } from './refresh.ts';

/** The instances of a group as one refresh sees them. */
export type Census = {
  /** Still to be replaced, whether it can be replaced now or not. */
  readonly old: readonly GroupInstance[];
  /** Of these the ones that may be taken now. */
  readonly replaceable: readonly GroupInstance[];
  /** As wanted, on the way in or in service. */
  readonly fresh: readonly GroupInstance[];
  /** Of these the ones that are in service, healthy and warm. */
  readonly ready: readonly GroupInstance[];
  /** In service, healthy, and warm where they are new: what the minimum is measured by. */
  readonly serving: number;
  /** Instances that this refresh is taking out. */
  readonly leaving: number;
  readonly counted: number;
  /** How many instances percentages are of. */
  readonly size: number;
  readonly updated: number;
  /** Instances that were as wanted from the beginning and are left out of `size` and `updated`. */
  readonly skipped: number;
};

export function takeCensus(state: AutoScalingState, group: Group, refresh: Refresh): Census {
  const now = state.kernel.clock.now();
  const all = [...group.instances.values()].filter((instance) => isCounted(instance) || instance.state === 'Standby');
  const counted = all.filter(isCounted);
  const outdated = all.filter((instance) => isOld(state, group, refresh, instance));
  const old = outdated.filter((instance) => !isIgnored(refresh, instance));
  const fresh = counted.filter((instance) => !outdated.includes(instance));
  const isWarm = ({ inServiceAt }: GroupInstance) =>
    inServiceAt !== undefined && inServiceAt + refresh.preferences.warmup <= now;
  const ready = fresh.filter((instance) => isServing(instance) && isWarm(instance));
  const ignored = counted.filter((instance) => outdated.includes(instance) && isIgnored(refresh, instance)).length;
  const size = Math.max(0, group.desired - ignored + old.filter(({ state: name }) => name === 'Standby').length);
  const skipped = state.behaviour.matchingInstancesCountAsUpdated ? 0 : untouched(refresh, ready);
  return {
    old,
    replaceable: old.filter((instance) => isReplaceable(refresh, instance)),
    fresh,
    ready,
    serving: ready.length + outdated.filter(isServing).length,
    leaving: [...group.instances.values()].filter(
      (one) => isLeaving(one) && !isPooled(one) && one.leavingFor === 'refresh',
    ).length,
    counted: counted.length,
    size: size - skipped,
    updated: Math.max(0, Math.min(ready.length, size - old.length) - skipped),
    skipped,
  };
}

/** Replaced are the instances of the beginning; a rollback replaces what the refresh has launched. */
export function isOld(state: AutoScalingState, group: Group, refresh: Refresh, instance: GroupInstance): boolean {
  const isInitial = refresh.initial.has(instance.instanceId);
  const matches = () => matchesSource(state.ec2, currentSource(group), instance);
  if (refresh.rollback !== undefined) return !isInitial && !matches();
  if (refresh.preferences.skipMatching) return !matches();
  return isInitial;
}

export function percentageOf({ size, updated }: Census): number {
  return size <= 0 ? 100 : Math.floor((100 * updated) / size);
}

function isIgnored({ preferences }: Refresh, { state, isProtected }: GroupInstance): boolean {
  if (state === 'Standby') return preferences.standbyInstances === 'Ignore';
  return isProtected && preferences.protectedInstances === 'Ignore';
}

function isReplaceable({ preferences }: Refresh, { state, isProtected }: GroupInstance): boolean {
  if (isProtected && preferences.protectedInstances === 'Wait') return false;
  if (state === 'Standby') return preferences.standbyInstances === 'Terminate';
  return state === 'InService';
}

function isServing({ state, health }: GroupInstance): boolean {
  return state === 'InService' && health === 'Healthy';
}

/** Instances that were as wanted from the beginning. */
function untouched(refresh: Refresh, ready: readonly GroupInstance[]): number {
  return refresh.preferences.skipMatching
    ? ready.filter(({ instanceId }) => refresh.initial.has(instanceId)).length
    : 0;
}
