import type { UpdateAutoScalingGroupCommandInput } from '@aws-sdk/client-auto-scaling';
import { notSimulated } from '../ec2/refusal.ts';
import { type AutoScalingState, changeDesired } from './autoscaling-state.ts';
import { validationError } from './errors.ts';
import type { Group } from './group.ts';
import { describeSource, launchSourceOf } from './launch-source.ts';
import { activeRefresh } from './refresh/refresh.ts';
import { checkPolicies } from './termination-policy.ts';

/** Members that would change behaviour which is not simulated. */
const REFUSED = [
  'LaunchConfigurationName',
  'AvailabilityZones',
  'AvailabilityZoneIds',
  'PlacementGroup',
  'MaxInstanceLifetime',
  'Context',
  'DesiredCapacityType',
  'AvailabilityZoneDistribution',
  'AvailabilityZoneImpairmentPolicy',
  'SkipZonalShiftValidation',
  'CapacityReservationSpecification',
  'InstanceLifecyclePolicy',
  'DeletionProtection',
  'ServiceLinkedRoleARN',
] as const satisfies readonly (keyof UpdateAutoScalingGroupCommandInput)[];

/** Changes what is given and nothing else; nothing at all when one of the members is refused. */
export function updateGroup(state: AutoScalingState, group: Group, input: UpdateAutoScalingGroupCommandInput): void {
  const refused = REFUSED.find(
    (member) => input[member] !== undefined && input[member] !== false && input[member] !== '',
  );
  if (refused !== undefined) throw notSimulated(`The simulator does not change ${refused} of an Auto Scaling group.`);
  const hasSource = input.LaunchTemplate !== undefined || input.MixedInstancesPolicy !== undefined;
  if (hasSource && activeRefresh(group)?.desired !== undefined) throw refreshBlocksUpdate();
  const source = hasSource ? launchSourceOf(state.ec2, input) : group.source;
  const subnetIds = subnetsOf(state, group, input.VPCZoneIdentifier);
  checkPolicies(input.TerminationPolicies ?? []);
  checkHealthCheckType(input.HealthCheckType);
  const bounds = boundsOf(group, input);

  group.source = source;
  group.mayBeUnbalanced ||= subnetIds !== group.subnetIds;
  group.subnetIds = subnetIds;
  group.minSize = bounds.min;
  group.maxSize = bounds.max;
  applySettings(group, input);
  if (hasSource) state.kernel.log.write('group.configuration', { group: group.name, ...describeSource(source) });
  changeDesired(state, group, bounds.desired);
}

function applySettings(group: Group, input: UpdateAutoScalingGroupCommandInput): void {
  group.defaultCooldown = input.DefaultCooldown ?? group.defaultCooldown;
  group.healthCheckGracePeriod = input.HealthCheckGracePeriod ?? group.healthCheckGracePeriod;
  group.newInstancesProtected = input.NewInstancesProtectedFromScaleIn ?? group.newInstancesProtected;
  group.capacityRebalance = input.CapacityRebalance ?? group.capacityRebalance;
  if (input.TerminationPolicies?.length) group.terminationPolicies = input.TerminationPolicies;
  if (input.DefaultInstanceWarmup !== undefined)
    group.defaultInstanceWarmup = unlessCleared(input.DefaultInstanceWarmup);
  const policy = input.InstanceMaintenancePolicy;
  if (policy !== undefined) {
    group.maintenancePolicy = unlessCleared(policy.MinHealthyPercentage) === undefined ? undefined : policy;
  }
}

/** A setting of -1 is no setting. */
function unlessCleared(value: number | undefined): number | undefined {
  return value === -1 ? undefined : value;
}

/** New bounds move the desired capacity with them when none is given. */
function boundsOf(group: Group, { MinSize, MaxSize, DesiredCapacity }: UpdateAutoScalingGroupCommandInput) {
  const min = MinSize ?? group.minSize;
  const max = MaxSize ?? group.maxSize;
  if (min < 0 || min > max) {
    throw validationError(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`);
  }
  const desired = DesiredCapacity ?? Math.min(max, Math.max(min, group.desired));
  if (desired < min || desired > max) {
    throw validationError(
      `Desired capacity:${desired} must be between the specified min size:${min} and max size:${max}`,
    );
  }
  return { min, max, desired };
}

function subnetsOf({ ec2 }: AutoScalingState, group: Group, identifier: string | undefined): readonly string[] {
  if (identifier === undefined) return group.subnetIds;
  const subnetIds = identifier.split(',').map((subnetId) => subnetId.trim());
  const missing = subnetIds.find((subnetId) => ec2.subnet(subnetId) === undefined);
  if (missing !== undefined) throw validationError(`The subnet ID '${missing}' does not exist`);
  return subnetIds;
}

function checkHealthCheckType(type: string | undefined): void {
  if (type === undefined || type === 'EC2') return;
  throw notSimulated(`The simulator has no load balancers: HealthCheckType ${type} is not simulated, only EC2.`);
}

function refreshBlocksUpdate(): Error {
  return validationError(
    'An active instance refresh with a desired configuration exists. All configuration options derived from the desired configuration are not available for update while the instance refresh is active.',
  );
}
