import type {
  AutoScalingGroup,
  AutoScalingInstanceDetails,
  Instance,
  TagDescription,
} from '@aws-sdk/client-auto-scaling';
import type { ServiceError } from '../../../kernel/service.ts';
import { paginate } from '../../ec2/paging.ts';
import type { AutoScalingState } from '../autoscaling-state.ts';
import { invalidNextToken, validationError } from '../errors.ts';
import { type Group, type GroupInstance, isPooled } from '../group.ts';
import { describeSource, describeTemplate } from '../launch-source.ts';
import { describeWarmPool } from '../warm-pool.ts';

type Paged = { readonly NextToken?: string | undefined; readonly MaxRecords?: number | undefined };

const MOST_RECORDS = 100;

/** @throws ServiceError when more is asked for than Auto Scaling gives at once. */
export function pageOf<Item>(items: readonly Item[], { NextToken, MaxRecords }: Paged, usual: number) {
  if (MaxRecords !== undefined && (MaxRecords < 1 || MaxRecords > MOST_RECORDS)) {
    throw validationError(`MaxRecords must be between 1 and ${MOST_RECORDS}.`) satisfies ServiceError;
  }
  const page = paginate(items, { token: NextToken, size: MaxRecords ?? usual, invalidToken: invalidNextToken });
  return { items: page.items, next: page.nextToken === undefined ? {} : { NextToken: page.nextToken } };
}

export function describeGroup(
  { kernel, ec2 }: AutoScalingState,
  group: Group,
  withInstances: boolean,
): AutoScalingGroup {
  const { partition, accountId } = kernel.identity;
  const members = [...group.instances.values()];
  const zones = group.subnetIds.map((subnetId) => ec2.subnet(subnetId)?.availabilityZone ?? '');
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    ...describeSource(group.source),
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desired,
    DefaultCooldown: group.defaultCooldown,
    AvailabilityZones: [...new Set(zones)],
    LoadBalancerNames: [],
    TargetGroupARNs: [...(group.targetGroups?.arns ?? [])],
    HealthCheckType: group.healthCheckType,
    HealthCheckGracePeriod: group.healthCheckGracePeriod,
    // Those in the warm pool are told by DescribeWarmPool.
    Instances: withInstances ? members.filter((each) => !isPooled(each)).map(describeInstance) : [],
    CreatedTime: new Date(group.createdAt),
    SuspendedProcesses: [...group.suspended].map(([ProcessName, SuspensionReason]) => ({
      ProcessName,
      SuspensionReason,
    })),
    VPCZoneIdentifier: group.subnetIds.join(','),
    EnabledMetrics: [],
    Tags: describeTags(group),
    TerminationPolicies: [...group.terminationPolicies],
    NewInstancesProtectedFromScaleIn: group.newInstancesProtected,
    ServiceLinkedRoleARN: `arn:${partition}:iam::${accountId}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
    ...(group.defaultInstanceWarmup !== undefined && { DefaultInstanceWarmup: group.defaultInstanceWarmup }),
    ...(group.maintenancePolicy && { InstanceMaintenancePolicy: group.maintenancePolicy }),
    TrafficSources: (group.targetGroups?.arns ?? []).map((Identifier) => ({ Identifier, Type: 'elbv2' })),
    CapacityRebalance: group.capacityRebalance,
    ...(group.warmPool && {
      WarmPoolConfiguration: describeWarmPool(group.warmPool),
      WarmPoolSize: members.filter(isPooled).length,
    }),
  };
}

export function describeInstance(instance: GroupInstance): Instance {
  return {
    InstanceId: instance.instanceId,
    InstanceType: instance.instanceType,
    AvailabilityZone: instance.availabilityZone,
    LifecycleState: instance.state,
    HealthStatus: instance.health,
    ...(instance.template && { LaunchTemplate: describeTemplate(instance.template) }),
    ...(instance.launchConfigurationName !== undefined && {
      LaunchConfigurationName: instance.launchConfigurationName,
    }),
    ImageId: instance.imageId,
    ProtectedFromScaleIn: instance.isProtected,
    ...(instance.weight !== undefined && { WeightedCapacity: `${instance.weight}` }),
  };
}

/** This list writes the health status in capitals, unlike the group's own. */
export function describeMember(group: Group, instance: GroupInstance): AutoScalingInstanceDetails {
  const { LifecycleState, ...described } = describeInstance(instance);
  return {
    ...described,
    LifecycleState: `${LifecycleState}`,
    HealthStatus: instance.health.toUpperCase(),
    AutoScalingGroupName: group.name,
  };
}

export function describeTags(group: Group): TagDescription[] {
  return [...group.tags].map(([Key, { value, propagateAtLaunch }]) => ({
    ResourceId: group.name,
    ResourceType: 'auto-scaling-group',
    Key,
    Value: value,
    PropagateAtLaunch: propagateAtLaunch,
  }));
}
