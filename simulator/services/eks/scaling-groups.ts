import type {
  DescribeScalingActivitiesCommandInput,
  DescribeScalingActivitiesCommandOutput,
  UpdateAutoScalingGroupCommandInput,
} from '@aws-sdk/client-auto-scaling';
import type { Operation } from '../../kernel/service.ts';
import type { AutoScaling, GroupView } from '../autoscaling/autoscaling.ts';

/** An instance of a node group's Auto Scaling group. */
export type ScalingInstance = {
  readonly instanceId: string;
  readonly availabilityZone: string;
  readonly lifecycleState: string;
  /** Version of the generated launch template that it was launched from. */
  readonly templateVersion: number;
};

export type ScalingGroup = {
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
  readonly template: { readonly id: string; readonly version: string } | undefined;
  readonly instances: readonly ScalingInstance[];
  readonly hasActiveRefresh: boolean;
  /** Message of the last activity when that was a launch that failed. */
  readonly lastLaunchFailure: string | undefined;
};

/** What EKS does with Auto Scaling, by its own service-linked role. */
export type ScalingGroups = {
  readonly create: (spec: {
    readonly name: string;
    readonly template: { readonly id: string; readonly version: string };
    readonly instanceTypes: readonly string[];
    readonly minSize: number;
    readonly maxSize: number;
    readonly desired: number;
    readonly subnetIds: readonly string[];
    readonly tags: Readonly<Record<string, string>>;
    /** The group has its instances already, and they run since then. */
    readonly runningSince: Date | undefined;
  }) => void;
  readonly describe: (name: string) => ScalingGroup | undefined;
  readonly resize: (
    name: string,
    sizes: { readonly minSize?: number; readonly maxSize?: number; readonly desired?: number },
  ) => void;
  readonly useTemplate: (name: string, template: { readonly id: string; readonly version: string }) => void;
  readonly terminate: (instanceId: string, options: { readonly decrement: boolean }) => void;
};

/** Termination policies of the groups that EKS makes. */
const terminationPolicies = ['AllocationStrategy', 'OldestLaunchTemplate', 'OldestInstance'];

export function createScalingGroups(autoScaling: AutoScaling): ScalingGroups {
  return {
    create({ name, template, instanceTypes, tags, minSize, maxSize, desired, subnetIds, runningSince }) {
      autoScaling.addGroup({
        ...{ name, minSize, maxSize, desiredCapacity: desired, subnetIds, terminationPolicies },
        mixedInstancesPolicy: policyOf(template, instanceTypes),
        tags: Object.entries(tags).map(([key, value]) => ({ key, value, propagateAtLaunch: true })),
        ...(runningSince === undefined ? {} : { runningSince }),
      });
    },
    describe(name) {
      const group = autoScaling.group(name);
      return group && scalingGroupOf(group, lastLaunchFailure(autoScaling, name));
    },
    resize(name, { minSize, maxSize, desired }) {
      autoScaling.resizeGroup(name, {
        ...(minSize === undefined ? {} : { minSize }),
        ...(maxSize === undefined ? {} : { maxSize }),
        ...(desired === undefined ? {} : { desiredCapacity: desired }),
      });
    },
    useTemplate(name, template) {
      const overrides = autoScaling.group(name)?.mixedInstancesPolicy?.LaunchTemplate?.Overrides ?? [];
      const instanceTypes = overrides.map(({ InstanceType }) => InstanceType ?? '');
      const input = { AutoScalingGroupName: name, MixedInstancesPolicy: policyOf(template, instanceTypes) };
      call<UpdateAutoScalingGroupCommandInput>(autoScaling, 'UpdateAutoScalingGroup', input);
    },
    terminate: autoScaling.terminateInstance,
  };
}

function policyOf(
  { id, version }: { readonly id: string; readonly version: string },
  instanceTypes: readonly string[],
) {
  return {
    LaunchTemplate: {
      LaunchTemplateSpecification: { LaunchTemplateId: id, Version: version },
      Overrides: instanceTypes.map((InstanceType) => ({ InstanceType })),
    },
  };
}

function scalingGroupOf(group: GroupView, failure: string | undefined): ScalingGroup {
  const specification = group.mixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification ?? group.launchTemplate;
  const { LaunchTemplateId: id, Version: version } = specification ?? {};
  return {
    ...{ minSize: group.minSize, maxSize: group.maxSize, desired: group.desiredCapacity },
    template: id === undefined || version === undefined ? undefined : { id, version },
    instances: group.instances.map(({ instanceId, availabilityZone, state, launchTemplate }) => ({
      ...{ instanceId, availabilityZone, lifecycleState: state },
      templateVersion: Number(launchTemplate?.version ?? 0),
    })),
    hasActiveRefresh: group.activeRefresh !== undefined,
    lastLaunchFailure: failure,
  };
}

function lastLaunchFailure(autoScaling: AutoScaling, name: string): string | undefined {
  const { Activities = [] } = call<DescribeScalingActivitiesCommandInput>(autoScaling, 'DescribeScalingActivities', {
    AutoScalingGroupName: name,
  }) as DescribeScalingActivitiesCommandOutput;
  const last = Activities.find(({ Description = '' }) => Description.startsWith('Launching'));
  return last?.StatusCode === 'Failed' ? last.StatusMessage : undefined;
}

/** EKS calls Auto Scaling as anybody does, by its service-linked role, which may do all of this. */
function call<Input>({ service }: AutoScaling, name: string, input: Input): unknown {
  const operation = service.operations[name] as Operation<Input> | undefined;
  if (operation === undefined) throw new Error(`Auto Scaling has no operation ${name}`);
  const caller = { arn: 'eks-nodegroup.amazonaws.com', service: 'eks-nodegroup.amazonaws.com' };
  return operation.run(input, { caller, requestId: 'internal' });
}
