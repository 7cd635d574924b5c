import type {
  InstanceMaintenancePolicy,
  LaunchTemplateSpecification,
  MixedInstancesPolicy,
} from '@aws-sdk/client-auto-scaling';
import { type AutoScalingState, wakeSoon } from './autoscaling-state.ts';
import { capacityOf, countedInstances, type Group, type TargetGroups } from './group.ts';
import { type HookSpec, putHook } from './hook-definitions.ts';
import { type LaunchSource, launchSourceOf } from './launch-source.ts';
import { placeInstance } from './launching.ts';
import { groupArn } from './permissions.ts';
import { checkPolicies } from './termination-policy.ts';
import { type WarmPoolSpec, warmPoolOf } from './warm-pool.ts';

export type GroupSpec = {
  readonly name: string;
  /** One of these three. */
  readonly launchTemplate?: LaunchTemplateSpecification;
  readonly mixedInstancesPolicy?: MixedInstancesPolicy;
  /** Launch configurations are legacy: a group can still have one, nothing can make one. */
  readonly launchConfiguration?: { readonly name: string; readonly imageId: string; readonly instanceType: string };
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  readonly subnetIds: readonly string[];
  readonly tags?: readonly { readonly key: string; readonly value: string; readonly propagateAtLaunch?: boolean }[];
  readonly hooks?: readonly HookSpec[];
  readonly suspendedProcesses?: readonly string[];
  readonly terminationPolicies?: readonly string[];
  /** Seconds. */
  readonly healthCheckGracePeriod?: number;
  /** Seconds. */
  readonly defaultInstanceWarmup?: number;
  readonly maintenancePolicy?: InstanceMaintenancePolicy;
  readonly newInstancesProtected?: boolean;
  readonly capacityRebalance?: boolean;
  /** It is filled from now on. */
  readonly warmPool?: WarmPoolSpec;
  /** Attached from the beginning: nothing can attach or detach them. */
  readonly targetGroups?: TargetGroups;
  /** Its instances have been in service since then. Without it they are launched now, through the hooks. */
  readonly runningSince?: Date;
};

export function createGroup(state: AutoScalingState, spec: GroupSpec): Group {
  checkSpec(state, spec);
  const group = emptyGroup(state, spec);
  for (const hook of spec.hooks ?? []) putHook(state, group, hook);
  for (const process of spec.suspendedProcesses ?? []) group.suspended.set(process, 'Suspended from the beginning');
  state.groups.set(group.name, group);
  state.kernel.log.write('group.capacity', { group: group.name, desired: group.desired });
  if (spec.runningSince !== undefined) {
    while (capacityOf(countedInstances(group)) < group.desired) placeInstance(state, group, spec.runningSince);
  }
  wakeSoon(state, group);
  return group;
}

function checkSpec({ groups, ec2 }: AutoScalingState, spec: GroupSpec): void {
  const { name, minSize, maxSize, desiredCapacity, subnetIds } = spec;
  if (groups.has(name)) throw new Error(`There is an Auto Scaling group ${name} already.`);
  if (!(0 <= minSize && minSize <= desiredCapacity && desiredCapacity <= maxSize)) {
    throw new RangeError(`Auto Scaling group ${name}: ${minSize} <= ${desiredCapacity} <= ${maxSize} does not hold.`);
  }
  const missing = subnetIds.find((subnetId) => ec2.subnet(subnetId) === undefined);
  if (missing !== undefined || subnetIds.length === 0) {
    throw new Error(`Auto Scaling group ${name} needs subnets that exist; ${missing ?? 'none'} does not.`);
  }
  checkPolicies(spec.terminationPolicies ?? []);
}

function emptyGroup(state: AutoScalingState, spec: GroupSpec): Group {
  const since = spec.runningSince?.getTime() ?? state.kernel.clock.now();
  const tags = (spec.tags ?? []).map(
    ({ key, value, propagateAtLaunch = true }) => [key, { value, propagateAtLaunch }] as const,
  );
  const source = sourceOf(state, spec);
  return {
    name: spec.name,
    arn: groupArn(state, spec.name),
    createdAt: since,
    source,
    minSize: spec.minSize,
    maxSize: spec.maxSize,
    desired: spec.desiredCapacity,
    subnetIds: spec.subnetIds,
    defaultCooldown: 300,
    healthCheckType: 'EC2',
    healthCheckGracePeriod: spec.healthCheckGracePeriod ?? 0,
    defaultInstanceWarmup: spec.defaultInstanceWarmup,
    maintenancePolicy: spec.maintenancePolicy,
    terminationPolicies: spec.terminationPolicies ?? ['Default'],
    newInstancesProtected: spec.newInstancesProtected ?? false,
    capacityRebalance: spec.capacityRebalance ?? false,
    earlyReplacements: [],
    mayBeUnbalanced: false,
    warmPool: spec.warmPool && warmPoolOf(source, spec.warmPool),
    targetGroups: spec.targetGroups,
    tags: new Map(tags),
    suspended: new Map(),
    instances: new Map(),
    hooks: new Map(),
    activities: [],
    refreshes: [],
    launches: 0,
    lastScalingAt: undefined,
    failures: undefined,
    wakeUp: undefined,
  };
}

function sourceOf({ ec2 }: AutoScalingState, spec: GroupSpec): LaunchSource {
  const { launchConfiguration, launchTemplate, mixedInstancesPolicy } = spec;
  if (launchConfiguration !== undefined) return { kind: 'launch-configuration', ...launchConfiguration };
  return launchSourceOf(ec2, { LaunchTemplate: launchTemplate, MixedInstancesPolicy: mixedInstancesPolicy });
}
