import type { LaunchTemplateSpecification, LifecycleState, MixedInstancesPolicy } from '@aws-sdk/client-auto-scaling';
import type { Kernel } from '../../kernel/kernel.ts';
import type { EventBus, Service } from '../../kernel/service.ts';
import type { Ec2 } from '../ec2/ec2.ts';
import type { InstanceChange } from '../ec2/instances.ts';
import { type AutoScalingState, findGroup, type GroupChange, wakeSoon } from './autoscaling-state.ts';
import { type AutoScalingBehaviour, defaultAutoScalingBehaviour } from './behaviour.ts';
import { followNotice } from './early-replacement.ts';
import { type Group, type GroupInstance, isPooled } from './group.ts';
import { createGroup, type GroupSpec } from './group-creation.ts';
import { updateGroup } from './group-update.ts';
import { describeSource, type SavedTemplate, type SourceInput } from './launch-source.ts';
import { markUnhealthy, terminateMember } from './membership.ts';
import { activityOperations } from './operations/activities.ts';
import { capacityOperations } from './operations/capacity.ts';
import { groupOperations } from './operations/groups.ts';
import { healthOperations } from './operations/health.ts';
import { hookOperations } from './operations/hooks.ts';
import { refreshOperations } from './operations/refreshes.ts';
import { tagOperations } from './operations/tags.ts';
import { warmPoolOperations } from './operations/warm-pools.ts';
import type { InstanceProfiles } from './permissions.ts';
import { reconcile } from './reconcile.ts';
import { activeRefresh } from './refresh/refresh.ts';
import { instanceIsRunning, machineIsGone, machineIsStopped } from './transitions.ts';

export type GroupInstanceView = {
  readonly instanceId: string;
  readonly imageId: string;
  readonly availabilityZone: string;
  readonly state: LifecycleState;
  readonly health: 'Healthy' | 'Unhealthy';
  readonly isProtected: boolean;
  readonly isSpot: boolean;
  /** With the version's number. */
  readonly launchTemplate: SavedTemplate | undefined;
};

/** A group as it is at the moment of asking. */
export type GroupView = {
  readonly name: string;
  readonly arn: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  readonly subnetIds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly launchTemplate: LaunchTemplateSpecification | undefined;
  readonly mixedInstancesPolicy: MixedInstancesPolicy | undefined;
  readonly launchConfigurationName: string | undefined;
  readonly instances: readonly GroupInstanceView[];
  /** The instances in the warm pool, which are none of the group's own. */
  readonly warmPool: readonly GroupInstanceView[];
  readonly hooks: readonly string[];
  readonly activeRefresh: { readonly id: string; readonly status: string } | undefined;
};

/** What may change of a group's size; the desired capacity moves into new bounds by itself. */
export type GroupSize = { readonly minSize?: number; readonly maxSize?: number; readonly desiredCapacity?: number };

/** Auto Scaling of one account and Region: for the wire, for EKS, and for building scenarios. */
export type AutoScaling = {
  readonly service: Service;
  readonly addGroup: (spec: GroupSpec) => GroupView;
  readonly group: (name: string) => GroupView | undefined;
  readonly groups: () => readonly GroupView[];
  /** @throws ServiceError when the sizes contradict each other, as UpdateAutoScalingGroup does. */
  readonly resizeGroup: (name: string, size: GroupSize) => void;
  readonly setDesiredCapacity: (name: string, desiredCapacity: number) => void;
  /** For what is launched from now on, within the group's mixed instances policy if it has one; refused while a refresh with a desired configuration is active. */
  readonly setLaunchTemplate: (name: string, template: LaunchTemplateSpecification) => void;
  /** Through the terminate hooks, as TerminateInstanceInAutoScalingGroup. */
  readonly terminateInstance: (instanceId: string, options: { readonly decrement: boolean }) => void;
  /** Adds or replaces tags that are not passed on to instances. */
  readonly tagGroup: (name: string, tags: Readonly<Record<string, string>>) => void;
  readonly suspendProcesses: (name: string, processes: readonly string[]) => void;
  readonly resumeProcesses: (name: string, processes: readonly string[]) => void;
  /** Returns how to stop. */
  readonly onGroup: (listener: (change: GroupChange) => void) => () => void;
};

export type AutoScalingOptions = {
  readonly kernel: Kernel;
  readonly ec2: Ec2;
  readonly events: EventBus;
  /** Who knows which role an instance profile passes; without it nobody needs `iam:PassRole`. */
  readonly iam?: InstanceProfiles;
  readonly behaviour?: Partial<AutoScalingBehaviour>;
};

export function createAutoScaling({ kernel, ec2, events, iam, behaviour }: AutoScalingOptions): AutoScaling {
  const state: AutoScalingState = {
    kernel,
    ec2,
    events,
    behaviour: { ...defaultAutoScalingBehaviour, ...behaviour },
    groups: new Map(),
    listeners: new Set(),
    wake(group, at) {
      if (group.wakeUp !== undefined && group.wakeUp.at <= at) return;
      group.wakeUp?.cancel();
      group.wakeUp = kernel.clock.after(at - kernel.clock.now(), () => {
        group.wakeUp = undefined;
        reconcile(state, group);
      });
    },
  };
  ec2.onInstance((change) => followMachine(state, change));
  ec2.spot.onNotice((notice) => {
    for (const group of state.groups.values()) {
      const instance = group.instances.get(notice.instanceId);
      if (instance !== undefined) followNotice(state, group, instance, notice);
    }
  });
  const operations: Service['operations'] = {
    ...groupOperations(state, iam),
    ...capacityOperations(state),
    ...healthOperations(state),
    ...hookOperations(state),
    ...refreshOperations(state, iam),
    ...activityOperations(state),
    ...tagOperations(state),
    ...warmPoolOperations(state),
  };
  const resize = (name: string, { minSize, maxSize, desiredCapacity }: GroupSize) =>
    updateGroup(state, findGroup(state, name), {
      AutoScalingGroupName: name,
      MinSize: minSize,
      MaxSize: maxSize,
      DesiredCapacity: desiredCapacity,
    });

  return {
    service: { model: 'autoscaling', name: 'AutoScaling', operations },
    addGroup: (spec) => view(createGroup(state, spec)),
    group(name) {
      const group = state.groups.get(name);
      return group && view(group);
    },
    groups: () => [...state.groups.values()].map(view),
    resizeGroup: resize,
    setDesiredCapacity: (name, desiredCapacity) => resize(name, { desiredCapacity }),
    setLaunchTemplate(name, template) {
      const group = findGroup(state, name);
      updateGroup(state, group, { AutoScalingGroupName: name, ...withTemplate(group, template) });
    },
    terminateInstance: (instanceId, { decrement }) => {
      terminateMember(state, instanceId, decrement);
    },
    tagGroup(name, tags) {
      const group = findGroup(state, name);
      for (const [key, value] of Object.entries(tags)) group.tags.set(key, { value, propagateAtLaunch: false });
    },
    suspendProcesses(name, processes) {
      for (const process of processes) findGroup(state, name).suspended.set(process, 'Suspended by the account');
    },
    resumeProcesses(name, processes) {
      const group = findGroup(state, name);
      for (const process of processes) group.suspended.delete(process);
      wakeSoon(state, group);
    },
    onGroup(listener) {
      state.listeners.add(listener);
      return () => state.listeners.delete(listener);
    },
  };
}

/** What EC2 says about a machine that a group has, whoever asked for it. */
function followMachine(state: AutoScalingState, { type, instance: { instanceId } }: InstanceChange): void {
  for (const group of state.groups.values()) {
    const instance = group.instances.get(instanceId);
    if (instance !== undefined) followMember(state, group, instance, type);
  }
}

/** Machines of the pool are stopped by Auto Scaling itself; every other one that ends or stops is lost. */
function followMember(
  state: AutoScalingState,
  group: Group,
  instance: GroupInstance,
  type: InstanceChange['type'],
): void {
  if (type === 'running') instanceIsRunning(state, group, instance);
  else if (isPooled(instance) && type === 'stopping') return;
  else if (isPooled(instance) && type === 'stopped') machineIsStopped(state, group, instance);
  else if (markUnhealthy(instance, group)) wakeSoon(state, group);
  else if (type === 'terminated') machineIsGone(state, group, instance);
}

function withTemplate({ source }: Group, LaunchTemplate: LaunchTemplateSpecification): SourceInput {
  if (source.kind !== 'mixed') return { LaunchTemplate };
  const { policy } = source;
  return {
    MixedInstancesPolicy: {
      ...policy,
      LaunchTemplate: { ...policy.LaunchTemplate, LaunchTemplateSpecification: LaunchTemplate },
    },
  };
}

const viewOf = (instance: GroupInstance): GroupInstanceView => ({
  instanceId: instance.instanceId,
  imageId: instance.imageId,
  availabilityZone: instance.availabilityZone,
  state: instance.state,
  health: instance.health,
  isProtected: instance.isProtected,
  isSpot: instance.isSpot,
  launchTemplate: instance.template,
});

function view(group: Group): GroupView {
  const { LaunchTemplate, MixedInstancesPolicy: policy, LaunchConfigurationName } = describeSource(group.source);
  const refresh = activeRefresh(group);
  return {
    name: group.name,
    arn: group.arn,
    minSize: group.minSize,
    maxSize: group.maxSize,
    desiredCapacity: group.desired,
    subnetIds: group.subnetIds,
    tags: Object.fromEntries([...group.tags].map(([key, { value }]) => [key, value])),
    launchTemplate: LaunchTemplate,
    mixedInstancesPolicy: policy,
    launchConfigurationName: LaunchConfigurationName,
    instances: [...group.instances.values()].filter((instance) => !isPooled(instance)).map(viewOf),
    warmPool: [...group.instances.values()].filter(isPooled).map(viewOf),
    hooks: [...group.hooks.keys()],
    activeRefresh: refresh && { id: refresh.id, status: refresh.status },
  };
}
