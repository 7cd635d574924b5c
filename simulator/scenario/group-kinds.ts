import type {
  InstanceRequirements,
  LaunchTemplateOverrides,
  LaunchTemplateSpecification,
  MixedInstancesPolicy,
} from '@aws-sdk/client-auto-scaling';
import type { _InstanceType, RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Account } from '../account.ts';
import type { Operation } from '../kernel/service.ts';
import type { AutoScaling } from '../services/autoscaling/autoscaling.ts';
import type { GroupSpec } from '../services/autoscaling/group-creation.ts';
import type { ScenarioNodeGroup } from './schema.ts';

type Requirements = NonNullable<ScenarioNodeGroup['requirements']>;

const requirementsOf = ({ vCpus, memoryMiB }: Requirements) => ({
  VCpuCount: { Min: vCpus[0], Max: vCpus[1] },
  MemoryMiB: { Min: memoryMiB[0], Max: memoryMiB[1] },
});

/** The members of a group's launch template that say which AMI and which instance types it has. */
export function machineData(nodeGroup: ScenarioNodeGroup): RequestLaunchTemplateData {
  const { ami, amiParameter, amazonsAmi, requirements, instanceType, spot } = nodeGroup;
  const imageId = amiParameter === undefined ? ami : `resolve:ssm:${amiParameter}`;
  return {
    // Amazon brings the AMI where a managed node group's template has none.
    ...(amazonsAmi === undefined && { ImageId: imageId }),
    ...(spot && { InstanceMarketOptions: { MarketType: 'spot' as const } }),
    ...(requirements === undefined
      ? { InstanceType: instanceType as _InstanceType }
      : { InstanceRequirements: requirementsOf(requirements) }),
  };
}

/** The parameter that a template takes its AMI from. */
export function addAmiParameter({ ssm }: Account, { ami, amiParameter }: ScenarioNodeGroup): void {
  if (amiParameter !== undefined) ssm.parameters.put({ name: amiParameter, value: ami, type: 'String' });
}

/** What the group launches from: the template itself, or the mixed instances policy around it. */
export function sourceOf(
  account: Account,
  { mixedInstances, ...nodeGroup }: ScenarioNodeGroup,
  template: LaunchTemplateSpecification,
): Pick<GroupSpec, 'launchTemplate' | 'mixedInstancesPolicy'> {
  if (mixedInstances === undefined) return { launchTemplate: template };
  const { onDemandBase, onDemandPercentage = 100 } = mixedInstances;
  const overrides = mixedInstances.overrides.map((override, index): LaunchTemplateOverrides => {
    const { instanceType, ami, weight, requirements, ownTemplate } = override;
    return {
      ...(instanceType !== undefined && { InstanceType: instanceType }),
      ...(ami !== undefined && { ImageId: ami }),
      ...(weight !== undefined && { WeightedCapacity: `${weight}` }),
      ...(requirements && { InstanceRequirements: requirementsOf(requirements) satisfies InstanceRequirements }),
      ...(ownTemplate && {
        LaunchTemplateSpecification: ownTemplateOf(account, template, `${nodeGroup.name}-${index}`, ownTemplate.ami),
      }),
    };
  });
  return {
    mixedInstancesPolicy: {
      LaunchTemplate: { LaunchTemplateSpecification: template, Overrides: overrides },
      InstancesDistribution: {
        ...(onDemandBase !== undefined && { OnDemandBaseCapacity: onDemandBase }),
        OnDemandPercentageAboveBaseCapacity: onDemandPercentage,
        OnDemandAllocationStrategy: 'prioritized',
      },
    } satisfies MixedInstancesPolicy,
  };
}

/** A copy of the group's template under a name of its own, with this AMI. */
function ownTemplateOf(
  { ec2 }: Account,
  { LaunchTemplateId, Version = '$Default' }: LaunchTemplateSpecification,
  suffix: string,
  ami: string,
): LaunchTemplateSpecification {
  const { name, data } = ec2.launchTemplate({ LaunchTemplateId }, Version);
  const { id, version } = ec2.addLaunchTemplate({ name: `${name}-${suffix}`, data: { ...data, ImageId: ami } });
  return { LaunchTemplateId: id, Version: `${version}` };
}

/** The version that the group's instances were launched from, where somebody has set another one since. */
export function earlierSource(
  { ec2 }: Account,
  { instancesAmi }: ScenarioNodeGroup,
  { LaunchTemplateId, Version = '$Default' }: LaunchTemplateSpecification,
): LaunchTemplateSpecification | undefined {
  if (instancesAmi === undefined) return undefined;
  const version = { data: { ImageId: instancesAmi }, sourceVersion: Version };
  return { LaunchTemplateId, Version: `${ec2.addLaunchTemplateVersion({ LaunchTemplateId }, version).version}` };
}

/** What people have done to the group since it was made: its first instances are protected, its last ones in standby. */
export function applyHistory({ autoScaling }: Account, name: string, nodeGroup: ScenarioNodeGroup): void {
  const ids = (autoScaling.group(name)?.instances ?? []).map(({ instanceId }) => instanceId);
  const { protectedNodes, standbyNodes } = nodeGroup;
  if (protectedNodes > 0) {
    call(autoScaling, 'SetInstanceProtection', {
      ...{ AutoScalingGroupName: name, InstanceIds: ids.slice(0, protectedNodes), ProtectedFromScaleIn: true },
    });
  }
  if (standbyNodes > 0) {
    call(autoScaling, 'EnterStandby', {
      ...{ AutoScalingGroupName: name, InstanceIds: ids.slice(-standbyNodes), ShouldDecrementDesiredCapacity: true },
    });
  }
}

function call({ service }: AutoScaling, name: string, input: object): void {
  const operation = service.operations[name] as Operation<object> | undefined;
  if (operation === undefined) throw new Error(`Auto Scaling has no operation ${name}`);
  operation.run(input, { caller: { arn: 'an operator' }, requestId: 'scenario' });
}
