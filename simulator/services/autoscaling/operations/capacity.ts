import type {
  EnterStandbyCommandInput,
  ExitStandbyCommandInput,
  SetDesiredCapacityCommandInput,
  SetInstanceProtectionCommandInput,
  TerminateInstanceInAutoScalingGroupCommandInput,
} from '@aws-sdk/client-auto-scaling';
import { type Operation, ServiceError } from '../../../kernel/service.ts';
import { describeActivity, endActivity, inSeconds, startActivity } from '../activities.ts';
import { type AutoScalingState, findGroup, findInstance, wakeSoon } from '../autoscaling-state.ts';
import { validationError } from '../errors.ts';
import type { Group, GroupInstance } from '../group.ts';
import { enterStandby, exitStandby, membersOf, resizeGroup, terminateMember } from '../membership.ts';
import { groupPermission } from '../permissions.ts';

const MOST_PROTECTED = 50;
const MOST_STANDBY = 20;

/** What changes a group's size or takes instances out of its hands. */
export function capacityOperations(state: AutoScalingState): Record<string, Operation> {
  const onGroup = (operation: string) => (input: { readonly AutoScalingGroupName?: string | undefined }) => [
    groupPermission(state, operation, input.AutoScalingGroupName),
  ];

  return {
    SetDesiredCapacity: {
      needs: onGroup('SetDesiredCapacity'),
      run(input: SetDesiredCapacityCommandInput) {
        const group = findGroup(state, input.AutoScalingGroupName);
        if (input.HonorCooldown === true) checkCooldown(state, group);
        resizeGroup(state, group, input.DesiredCapacity ?? group.desired);
        return {};
      },
    },
    TerminateInstanceInAutoScalingGroup: {
      needs: (input: TerminateInstanceInAutoScalingGroupCommandInput) => [
        groupPermission(state, 'TerminateInstanceInAutoScalingGroup', groupNameOf(state, input.InstanceId)),
      ],
      run({ InstanceId, ShouldDecrementDesiredCapacity }: TerminateInstanceInAutoScalingGroupCommandInput) {
        const { group } = findInstance(state, InstanceId ?? '');
        const { activity } = terminateMember(state, InstanceId ?? '', ShouldDecrementDesiredCapacity === true);
        return activity === undefined ? {} : { Activity: describeActivity(group, activity) };
      },
    },
    SetInstanceProtection: {
      needs: onGroup('SetInstanceProtection'),
      run({ AutoScalingGroupName, InstanceIds, ProtectedFromScaleIn }: SetInstanceProtectionCommandInput) {
        const group = findGroup(state, AutoScalingGroupName);
        checkCount(InstanceIds, MOST_PROTECTED);
        for (const instance of membersOf(group, InstanceIds)) instance.isProtected = ProtectedFromScaleIn === true;
        wakeSoon(state, group);
        return {};
      },
    },
    EnterStandby: {
      needs: onGroup('EnterStandby'),
      run(input: EnterStandbyCommandInput) {
        const group = findGroup(state, input.AutoScalingGroupName);
        checkCount(input.InstanceIds, MOST_STANDBY);
        const instances = membersOf(group, input.InstanceIds);
        enterStandby(state, group, instances, input.ShouldDecrementDesiredCapacity === true);
        return { Activities: instances.map((one) => recordMove(state, group, one, 'to standby')) };
      },
    },
    ExitStandby: {
      needs: onGroup('ExitStandby'),
      run(input: ExitStandbyCommandInput) {
        const group = findGroup(state, input.AutoScalingGroupName);
        checkCount(input.InstanceIds, MOST_STANDBY);
        const instances = membersOf(group, input.InstanceIds);
        exitStandby(state, group, instances);
        return { Activities: instances.map((one) => recordMove(state, group, one, 'out of standby')) };
      },
    },
  };
}

function recordMove(state: AutoScalingState, group: Group, instance: GroupInstance, where: string) {
  const activity = startActivity(state, group, {
    kind: 'other',
    cause: `At ${inSeconds(state.kernel.clock.now())} instance ${instance.instanceId} was moved ${where} in response to a user request.`,
    description: `Moving EC2 instance ${where}: ${instance.instanceId}`,
    instanceId: instance.instanceId,
    availabilityZone: instance.availabilityZone,
    subnetId: instance.subnetId,
    status: 'InProgress',
  });
  endActivity(state, group, activity, 'Successful');
  return describeActivity(group, activity);
}

function checkCooldown({ kernel }: AutoScalingState, { defaultCooldown, lastScalingAt }: Group): void {
  if (lastScalingAt === undefined || lastScalingAt + defaultCooldown * 1000 <= kernel.clock.now()) return;
  throw new ServiceError('ScalingActivityInProgress', 'Scaling activity is in progress: the cooldown has not ended.', {
    status: 400,
  });
}

function checkCount(instanceIds: readonly string[] | undefined, most: number): void {
  if ((instanceIds?.length ?? 0) > most) throw validationError(`At most ${most} instances can be given.`);
}

function groupNameOf({ groups }: AutoScalingState, instanceId: string | undefined): string {
  return [...groups.values()].find(({ instances }) => instances.has(instanceId ?? ''))?.name ?? '*';
}
