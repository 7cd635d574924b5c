import type { InstanceMaintenancePolicy, LifecycleState } from '@aws-sdk/client-auto-scaling';
import type { Timer } from '../../kernel/clock.ts';
import type { Activity } from './activities.ts';
import type { EarlyReplacement } from './early-replacement.ts';
import type { LaunchSource, SavedTemplate } from './launch-source.ts';
import type { LifecycleAction, LifecycleHook } from './lifecycle-hooks.ts';
import type { Refresh } from './refresh/refresh.ts';
import type { WarmPool } from './warm-pool.ts';

export type GroupTag = { readonly value: string; readonly propagateAtLaunch: boolean };

/** Why an instance leaves: only what a refresh ends counts as its work. */
export type LeavingFor = 'refresh' | 'capacity' | 'health' | 'user' | 'failed-launch';

/** Where an instance comes from and where it goes, as the events of its hooks say it. */
export type Route = {
  readonly origin: 'EC2' | 'AutoScalingGroup' | 'WarmPool';
  readonly destination: 'EC2' | 'AutoScalingGroup' | 'WarmPool';
};

export type GroupInstance = {
  readonly instanceId: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly availabilityZone: string;
  readonly subnetId: string;
  /** With the version's number, whatever the group's own configuration says. */
  readonly template?: SavedTemplate | undefined;
  readonly launchConfigurationName?: string | undefined;
  /** Units of the group's capacity; one where its override gives no weight. */
  readonly weight: number | undefined;
  readonly isSpot: boolean;
  readonly launchedAt: number;
  state: LifecycleState;
  health: 'Healthy' | 'Unhealthy';
  isProtected: boolean;
  /** EC2 recommends to replace it, and the group does. */
  isAtRisk: boolean;
  inServiceAt: number | undefined;
  leavingFor: LeavingFor | undefined;
  /** Its present move, or its last one. */
  route: Route;
  /** How often it has changed between the group and its warm pool. */
  moves: number;
  /** The launch, or the termination, that is under way. */
  activity: Activity | undefined;
  actions: LifecycleAction[];
  /** By SetInstanceHealth. */
  isHealthSetByUser?: true;
};

/** Target groups of load balancers, all with one delay. */
export type TargetGroups = { readonly arns: readonly string[]; readonly deregistrationDelaySeconds: number };

export type Group = {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  source: LaunchSource;
  minSize: number;
  maxSize: number;
  desired: number;
  subnetIds: readonly string[];
  defaultCooldown: number;
  healthCheckType: string;
  /** Seconds. */
  healthCheckGracePeriod: number;
  /** Seconds. */
  defaultInstanceWarmup: number | undefined;
  maintenancePolicy: InstanceMaintenancePolicy | undefined;
  terminationPolicies: readonly string[];
  newInstancesProtected: boolean;
  capacityRebalance: boolean;
  earlyReplacements: EarlyReplacement[];
  /** Something has happened after which AZRebalance looks at the group. */
  mayBeUnbalanced: boolean;
  warmPool: WarmPool | undefined;
  readonly targetGroups: TargetGroups | undefined;
  readonly tags: Map<string, GroupTag>;
  /** By process, the reason. */
  readonly suspended: Map<string, string>;
  readonly instances: Map<string, GroupInstance>;
  readonly hooks: Map<string, LifecycleHook>;
  /** Oldest first. */
  readonly activities: Activity[];
  /** Oldest first. */
  readonly refreshes: Refresh[];
  launches: number;
  lastScalingAt: number | undefined;
  /** Launches that failed one after another, since when, and until when the next one waits. */
  failures: { count: number; since: number; retryAt: number } | undefined;
  wakeUp: Timer | undefined;
};

/** Counted towards desired capacity: on the way in, or in service. */
export function isCounted({ state }: GroupInstance): boolean {
  return state.startsWith('Pending') || state === 'InService';
}

export function isLeaving({ state }: GroupInstance): boolean {
  return /^(Warmed:)?Terminat/.test(state);
}

/** In the warm pool, or on the way into it or from there to its end; not on the way from there into the group. */
export function isPooled({ state }: GroupInstance): boolean {
  return state.startsWith('Warmed:');
}

export function isWaiting({ actions }: GroupInstance): boolean {
  return actions.length > 0;
}

export function countedInstances(group: Group): GroupInstance[] {
  return [...group.instances.values()].filter(isCounted);
}

/** Units of capacity, which are instances as long as none has a weight. */
export function capacityOf(instances: readonly GroupInstance[]): number {
  return instances.reduce((units, { weight = 1 }) => units + weight, 0);
}

export function isSuspended(group: Group, process: string): boolean {
  return group.suspended.has(process);
}
