/**
 * What Auto Scaling does where no source settles it. Each member is a switch that scenarios and tests turn
 * both ways.
 */
export type AutoScalingBehaviour = {
  /** Whether an instance that waits for a lifecycle hook uses up the hour without progress of a refresh. */
  readonly hookWaitCountsAsNoProgress: boolean;
  /** Whether a refresh with headroom above 100 % may grow a group over its MaxSize. */
  readonly refreshMayExceedMaxSize: boolean;
  /** What a maximum healthy percentage makes of a fraction of an instance. One instance is always allowed. */
  readonly headroomRounding: 'up' | 'down';
  /** Whether instances that skip matching leaves alone count as updated in percentages and checkpoints. */
  readonly matchingInstancesCountAsUpdated: boolean;
  /** Whether a refresh succeeds only when the last replaced instance is gone, not when the last new one is ready. */
  readonly successWaitsForTerminations: boolean;
  /** Whether a refresh can still be rolled back in its bake time. */
  readonly rollbackWhileBaking: boolean;
  /** Whether terminate hooks run for an instance whose launch hook was abandoned. */
  readonly terminateHooksAfterAbandonedLaunch: boolean;
  /** Whether an instance is out of its target groups, delay and all, before terminate hooks run, or beside them. */
  readonly deregistersBeforeTerminateHooks: boolean;
  /** Whether zones and Spot capacity are rebalanced while a refresh is active. */
  readonly rebalancesDuringRefresh: boolean;
  /**
   * Whether an instance of a group with Capacity Rebalancing begins to leave at its interruption notice, if its
   * replacement is not there by then.
   */
  readonly interruptionNoticeBeginsTermination: boolean;
  /** What the percentage of On-Demand Instances above the base makes of a fraction of an instance. */
  readonly onDemandRounding: 'up' | 'down';
  /** Whether a refresh takes instances with the wanted configuration from the warm pool, or launches every one anew. */
  readonly refreshTakesFromWarmPool: boolean;
  /** Whether an event of a hook without metadata leaves the member out or carries an empty one. */
  readonly missingNotificationMetadata: 'absent' | 'empty';
  /** The pause after a launch that failed, doubled after each further one up to the second number; milliseconds. */
  readonly launchBackOff: readonly [number, number];
  /** After how many milliseconds of nothing but failed launches AWS suspends the process; by default never. */
  readonly suspendLaunchesAfter: number;
};

export const defaultAutoScalingBehaviour: AutoScalingBehaviour = {
  hookWaitCountsAsNoProgress: false,
  refreshMayExceedMaxSize: true,
  headroomRounding: 'down',
  matchingInstancesCountAsUpdated: true,
  successWaitsForTerminations: true,
  rollbackWhileBaking: true,
  terminateHooksAfterAbandonedLaunch: true,
  deregistersBeforeTerminateHooks: true,
  rebalancesDuringRefresh: true,
  interruptionNoticeBeginsTermination: false,
  onDemandRounding: 'up',
  refreshTakesFromWarmPool: false,
  missingNotificationMetadata: 'absent',
  launchBackOff: [20_000, 300_000],
  suspendLaunchesAfter: Number.POSITIVE_INFINITY,
};
