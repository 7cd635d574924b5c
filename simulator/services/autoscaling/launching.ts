import { ServiceError } from '../../kernel/service.ts';
import type { Ec2Instance } from '../ec2/instances.ts';
import type { Tags } from '../ec2/tags.ts';
import { endActivity, startActivity } from './activities.ts';
import { type AutoScalingState, announceState } from './autoscaling-state.ts';
import { choosePlace, type Place } from './availability-zones.ts';
import type { Group, GroupInstance } from './group.ts';
import { launchFailed } from './launch-failures.ts';
import { type LaunchOption, type LaunchSource, launchOptions, launchRequest } from './launch-source.ts';
import { nextIsSpot } from './purchase-options.ts';

export type Launch = {
  readonly source: LaunchSource;
  readonly cause: string;
  /** Instances that will still be there afterwards; Availability Zones are balanced over these. */
  readonly stays: (instance: GroupInstance) => boolean;
  /** Into the warm pool instead of the group. */
  readonly intoPool?: boolean;
};

/** Starts one instance. False when EC2 refused it: the activity says why, and the group backs off. */
export function launchInstance(
  state: AutoScalingState,
  group: Group,
  { source, cause, stays, intoPool = false }: Launch,
): boolean {
  const place = choosePlace(state.ec2, group, stays);
  const options = launchOptions(state.ec2, source);
  const option = options[(group.failures?.count ?? 0) % options.length] ?? {};
  const activity = startActivity(state, group, {
    kind: 'launch',
    cause,
    ...place,
    description: intoPool ? 'Launching a new EC2 instance into warm pool' : 'Launching a new EC2 instance',
    status: 'PreInService',
  });
  try {
    refuseWhereAsked(state, group);
    const machine = runMachine(state, group, source, { option, place });
    activity.instanceId = machine.instanceId;
    activity.description = `${activity.description}: ${machine.instanceId}`;
    const instance = addMember(state, group, machine, option);
    instance.activity = activity;
    if (intoPool) {
      instance.state = 'Warmed:Pending';
      instance.route = { origin: 'EC2', destination: 'WarmPool' };
    }
    announceState(state, group, instance, undefined);
    return true;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const message = `${error.message.replace(/\.?$/, '.')} Launching EC2 instance failed.`;
    activity.description = `${activity.description}.  Status Reason: ${message}`;
    endActivity(state, group, activity, 'Failed', message);
    launchFailed(state, group);
    return false;
  }
}

/** An instance that has been in service since `since`, for accounts that start with a history. */
export function placeInstance(state: AutoScalingState, group: Group, since: Date): void {
  const place = choosePlace(state.ec2, group, () => true);
  const option = launchOptions(state.ec2, group.source)[0] ?? {};
  const machine = runMachine(state, group, group.source, { option, place, runningSince: since });
  const instance = addMember(state, group, machine, option);
  instance.state = 'InService';
  instance.inServiceAt = since.getTime();
  announceState(state, group, instance, undefined);
}

function refuseWhereAsked({ kernel }: AutoScalingState, group: Group): void {
  const fault = kernel.faults.onLaunch(group.name, kernel.clock.now());
  if (fault !== undefined) throw new ServiceError(fault.code, fault.message);
}

function runMachine(
  state: AutoScalingState,
  group: Group,
  source: LaunchSource,
  {
    option,
    place,
    runningSince,
  }: { readonly option: LaunchOption; readonly place: Place; readonly runningSince?: Date },
): Ec2Instance {
  const spot = nextIsSpot(group, source, state.behaviour);
  group.launches += 1;
  return state.ec2.launchInstance({
    clientToken: state.kernel.random.uuid('launch', group.name, group.launches),
    ...launchRequest(option),
    subnetId: place.subnetId,
    tags: propagatedTags(group),
    ...(spot !== undefined && { spot }),
    ...(runningSince && { runningSince }),
  });
}

function addMember(state: AutoScalingState, group: Group, machine: Ec2Instance, option: LaunchOption): GroupInstance {
  const { launchTemplate: launched } = machine;
  const instance: GroupInstance = {
    instanceId: machine.instanceId,
    instanceType: machine.instanceType,
    imageId: machine.imageId,
    availabilityZone: machine.availabilityZone,
    subnetId: machine.subnetId,
    template: option.template && launched && { ...option.template, version: `${launched.version}` },
    launchConfigurationName: option.launchConfigurationName,
    weight: option.weight,
    isSpot: machine.lifecycle === 'spot',
    launchedAt: state.kernel.clock.now(),
    state: 'Pending',
    health: 'Healthy',
    isProtected: group.newInstancesProtected,
    isAtRisk: false,
    inServiceAt: undefined,
    leavingFor: undefined,
    route: { origin: 'EC2', destination: 'AutoScalingGroup' },
    moves: 0,
    activity: undefined,
    actions: [],
  };
  group.instances.set(instance.instanceId, instance);
  return instance;
}

function propagatedTags(group: Group): Tags {
  const propagated = [...group.tags].filter(([, { propagateAtLaunch }]) => propagateAtLaunch);
  return {
    ...Object.fromEntries(propagated.map(([key, { value }]) => [key, value])),
    'aws:autoscaling:groupName': group.name,
  };
}
