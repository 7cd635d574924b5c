import type { InstanceRefresh, InstanceRefreshStatus } from '@aws-sdk/client-auto-scaling';
import { type AutoScalingState, wakeSoon } from '../autoscaling-state.ts';
import type { Group } from '../group.ts';
import { describeSource, type LaunchSource } from '../launch-source.ts';
import type { RefreshPreferences } from './preferences.ts';
import type { TimeLimit } from './time-limit.ts';

export type PoolProgress = {
  readonly size: number;
  /** Instances in the pool that are as wanted and at rest. */
  readonly updated: number;
  readonly toUpdate: number;
};

export type Refresh = {
  readonly id: string;
  readonly startedAt: number;
  readonly preferences: RefreshPreferences;
  /** Missing when the refresh only replaces instances by the group's own configuration. */
  readonly desired: LaunchSource | undefined;
  /** The instances that were there when it began. */
  initial: ReadonlySet<string>;
  status: InstanceRefreshStatus;
  reason: string | undefined;
  endedAt: number | undefined;
  percentageComplete: number;
  instancesToUpdate: number;
  /** How many instances above the desired capacity it wants at the moment. */
  surge: number;
  /** How many instances above its size it wants in the warm pool at the moment. */
  poolSurge: number;
  /** How far it is with the warm pool; undefined while the group has none. */
  pool: PoolProgress | undefined;
  /** The last checkpoint that was reached, as its percentage; 0 before the first. */
  checkpoint: number;
  /** A checkpoint's pause or the bake time lasts until then. */
  pausedUntil: number | undefined;
  timeLimit: TimeLimit;
  /** Places vacated plus instances ready: it grows with every step forward. */
  progress: number;
  waitForTransitioning: boolean;
  rollback:
    | {
        readonly reason: string;
        readonly startedAt: number;
        readonly percentageComplete: number;
        readonly instancesToUpdate: number;
      }
    | undefined;
};

const ACTIVE: readonly InstanceRefreshStatus[] = [
  'Pending',
  'InProgress',
  'Baking',
  'Cancelling',
  'RollbackInProgress',
];

/** The part of the detail-type after "EC2 Auto Scaling Instance Refresh". */
const EVENTS: Readonly<Partial<Record<InstanceRefreshStatus, string>>> = {
  InProgress: 'Started',
  Baking: 'Started Baking',
  Successful: 'Succeeded',
  Failed: 'Failed',
  Cancelled: 'Cancelled',
  RollbackInProgress: 'Rollback Started',
  RollbackSuccessful: 'Rollback Succeeded',
  RollbackFailed: 'Rollback Failed',
};

export function activeRefresh(group: Group): Refresh | undefined {
  return group.refreshes.find(({ status }) => ACTIVE.includes(status));
}

/** What new instances of the group are launched from right now. */
export function currentSource(group: Group): LaunchSource {
  const refresh = activeRefresh(group);
  const isUndone = refresh?.rollback !== undefined || refresh?.status === 'Cancelling';
  return isUndone ? group.source : (refresh?.desired ?? group.source);
}

/** Every status has its event, except the two that only announce a later one. */
export function setStatus(
  state: AutoScalingState,
  group: Group,
  refresh: Refresh,
  status: InstanceRefreshStatus,
  reason?: string,
): void {
  refresh.status = status;
  refresh.reason = reason;
  if (!ACTIVE.includes(status)) refresh.endedAt = state.kernel.clock.now();
  state.kernel.log.write('refresh.status', { group: group.name, refreshId: refresh.id, status, reason });
  const event = EVENTS[status];
  if (event !== undefined) putRefreshEvent(state, group, refresh, event);
  wakeSoon(state, group);
}

export function putRefreshEvent(
  { events }: AutoScalingState,
  group: Group,
  refresh: Refresh,
  event: string,
  detail: Readonly<Record<string, string>> = {},
): void {
  events.put({
    source: 'aws.autoscaling',
    'detail-type': `EC2 Auto Scaling Instance Refresh ${event}`,
    resources: [group.arn],
    detail: { InstanceRefreshId: refresh.id, AutoScalingGroupName: group.name, ...detail },
  });
}

const percentageOf = ({ size, updated }: PoolProgress): number =>
  size === 0 ? 100 : Math.floor((100 * updated) / size);

/**
 * Group and pool each have their own percentage. The common numbers of a group with a pool are told by no source: here
 * the instances of both are counted, and the percentage is that of the group until it is done with.
 */
function describeProgress({ percentageComplete, instancesToUpdate, pool }: Refresh): Partial<InstanceRefresh> {
  if (pool === undefined) return { PercentageComplete: percentageComplete, InstancesToUpdate: instancesToUpdate };
  const ofPool = percentageOf(pool);
  return {
    PercentageComplete: Math.min(percentageComplete, ofPool === 100 ? 100 : 99),
    InstancesToUpdate: instancesToUpdate + pool.toUpdate,
    ProgressDetails: {
      LivePoolProgress: { PercentageComplete: percentageComplete, InstancesToUpdate: instancesToUpdate },
      WarmPoolProgress: { PercentageComplete: ofPool, InstancesToUpdate: pool.toUpdate },
    },
  };
}

export function describeRefresh(group: Group, refresh: Refresh): InstanceRefresh {
  const { preferences, rollback } = refresh;
  return {
    InstanceRefreshId: refresh.id,
    AutoScalingGroupName: group.name,
    Status: refresh.status,
    ...(refresh.reason !== undefined && { StatusReason: refresh.reason.slice(0, 1023) }),
    StartTime: new Date(refresh.startedAt),
    ...(refresh.endedAt !== undefined && { EndTime: new Date(refresh.endedAt) }),
    ...describeProgress(refresh),
    Preferences: preferences.described,
    ...(refresh.desired && { DesiredConfiguration: describeSource(refresh.desired) }),
    ...(rollback && {
      RollbackDetails: {
        RollbackReason: rollback.reason,
        RollbackStartTime: new Date(rollback.startedAt),
        PercentageCompleteOnRollback: rollback.percentageComplete,
        InstancesToUpdateOnRollback: rollback.instancesToUpdate,
      },
    }),
    Strategy: 'Rolling',
  };
}
