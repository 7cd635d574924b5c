import type { PutWarmPoolCommandInput, WarmPoolConfiguration } from '@aws-sdk/client-auto-scaling';
import { ServiceError } from '../../kernel/service.ts';
import { notSimulated } from '../ec2/refusal.ts';
import { validationError } from './errors.ts';
import { type Group, type GroupInstance, isLeaving, isPooled } from './group.ts';
import { hasWeights, type LaunchSource } from './launch-source.ts';

/** Instances that wait beside a group, from which it takes before it launches (User Guide, "Warm pools"). */
export type WarmPool = {
  readonly minSize: number;
  /** Of group and pool together; undefined stands for the group's MaxSize. */
  readonly maxPrepared: number | undefined;
  readonly poolState: 'Stopped' | 'Running';
  readonly reuseOnScaleIn: boolean;
  /** Its instances are terminated, and then it is gone. */
  readonly isPendingDelete: boolean;
};

export type WarmPoolSpec = Omit<PutWarmPoolCommandInput, 'AutoScalingGroupName'>;

/**
 * The pool that a request describes. What it leaves out has its default, also where the group has a pool already.
 *
 * @throws ServiceError for what AWS refuses, and for hibernation, which machines here do not know.
 */
export function warmPoolOf(source: LaunchSource, spec: WarmPoolSpec): WarmPool {
  const { MinSize = 0, MaxGroupPreparedCapacity = -1, PoolState = 'Stopped', InstanceReusePolicy } = spec;
  if (hasWeights(source)) {
    throw validationError('You cannot add a warm pool to an Auto Scaling group that uses instance weighting.');
  }
  if (PoolState === 'Hibernated')
    throw notSimulated('The simulator has no hibernation: use PoolState Stopped or Running.');
  if (MinSize < 0 || MaxGroupPreparedCapacity < -1) {
    throw validationError('MinSize must be at least 0 and MaxGroupPreparedCapacity at least -1.');
  }
  return {
    minSize: MinSize,
    maxPrepared: MaxGroupPreparedCapacity === -1 ? undefined : MaxGroupPreparedCapacity,
    poolState: PoolState,
    reuseOnScaleIn: InstanceReusePolicy?.ReuseOnScaleIn ?? false,
    isPendingDelete: false,
  };
}

/** @throws ServiceError while a refresh or the deletion of the pool is under way, or where a state would change. */
export function checkPoolChange(group: Group, changed: WarmPool): void {
  const { warmPool } = group;
  if (warmPool?.isPendingDelete) {
    throw new ServiceError('ScalingActivityInProgress', 'The warm pool is being deleted.', { status: 400 });
  }
  if (warmPool !== undefined && warmPool.poolState !== changed.poolState && poolMembers(group).length > 0) {
    throw notSimulated('The simulator does not change the PoolState of a warm pool that has instances.');
  }
}

export function describeWarmPool(warmPool: WarmPool): WarmPoolConfiguration {
  const { minSize, maxPrepared, poolState, reuseOnScaleIn, isPendingDelete } = warmPool;
  return {
    MinSize: minSize,
    ...(maxPrepared !== undefined && { MaxGroupPreparedCapacity: maxPrepared }),
    PoolState: poolState,
    ...(reuseOnScaleIn && { InstanceReusePolicy: { ReuseOnScaleIn: true } }),
    ...(isPendingDelete && { Status: 'PendingDelete' as const }),
  };
}

/** How many instances the pool is to have: what may be prepared beyond the desired capacity, but its minimum. */
export function poolTarget({ warmPool, maxSize, desired }: Group): number {
  if (warmPool === undefined || warmPool.isPendingDelete) return 0;
  return Math.max(warmPool.minSize, (warmPool.maxPrepared ?? maxSize) - desired);
}

/** The instances in the pool and on their way into it, but for those that leave for good. */
export const poolMembers = (group: Group): GroupInstance[] =>
  [...group.instances.values()].filter((instance) => isPooled(instance) && !isLeaving(instance));

/** Ready to be taken into the group. */
export const isWarm = ({ state, health }: GroupInstance): boolean =>
  (state === 'Warmed:Stopped' || state === 'Warmed:Running') && health === 'Healthy';
