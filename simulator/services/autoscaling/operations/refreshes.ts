import type {
  CancelInstanceRefreshCommandInput,
  DescribeInstanceRefreshesCommandInput,
  RollbackInstanceRefreshCommandInput,
  StartInstanceRefreshCommandInput,
} from '@aws-sdk/client-auto-scaling';
import { type Operation, ServiceError } from '../../../kernel/service.ts';
import { notSimulated } from '../../ec2/refusal.ts';
import { type AutoScalingState, findGroup } from '../autoscaling-state.ts';
import type { Group } from '../group.ts';
import { describePermission, groupPermission, type InstanceProfiles, launchPermissions } from '../permissions.ts';
import { cancelRefresh, startRollback } from '../refresh/endings.ts';
import { activeRefresh, describeRefresh, type Refresh } from '../refresh/refresh.ts';
import { checkReversible, startRefresh } from '../refresh/start.ts';
import { pageOf } from './description.ts';

/** Refreshes are described for six weeks. */
const REMEMBERED = 42 * 24 * 3_600_000;

export function refreshOperations(state: AutoScalingState, profiles?: InstanceProfiles): Record<string, Operation> {
  return {
    StartInstanceRefresh: {
      needs: (input: StartInstanceRefreshCommandInput) => [
        groupPermission(state, 'StartInstanceRefresh', input.AutoScalingGroupName),
        ...launchPermissions(
          state,
          profiles,
          state.groups.get(input.AutoScalingGroupName ?? ''),
          input.DesiredConfiguration,
        ),
      ],
      run(input: StartInstanceRefreshCommandInput) {
        if (input.Strategy === 'ReplaceRootVolume') {
          throw notSimulated('The simulator does not replace root volumes: use the strategy Rolling.');
        }
        const group = findGroup(state, input.AutoScalingGroupName);
        return { InstanceRefreshId: startRefresh(state, group, input).id };
      },
    },
    DescribeInstanceRefreshes: {
      needs: describePermission('DescribeInstanceRefreshes'),
      run(input: DescribeInstanceRefreshesCommandInput) {
        const group = findGroup(state, input.AutoScalingGroupName);
        const { InstanceRefreshIds: ids } = input;
        const remembered = group.refreshes
          .filter(({ startedAt }) => startedAt + REMEMBERED > state.kernel.clock.now())
          .filter(({ id }) => !ids?.length || ids.includes(id))
          .toReversed();
        const { items, next } = pageOf(remembered, input, 50);
        return { InstanceRefreshes: items.map((refresh) => describeRefresh(group, refresh)), ...next };
      },
    },
    CancelInstanceRefresh: {
      needs: (input: CancelInstanceRefreshCommandInput) => [
        groupPermission(state, 'CancelInstanceRefresh', input.AutoScalingGroupName),
      ],
      run({ AutoScalingGroupName, WaitForTransitioningInstances }: CancelInstanceRefreshCommandInput) {
        const group = findGroup(state, AutoScalingGroupName);
        const refresh = activeOr(group, 'No in progress or pending Instance Refresh found for Auto Scaling group');
        cancelRefresh(state, group, refresh, WaitForTransitioningInstances !== false);
        return { InstanceRefreshId: refresh.id };
      },
    },
    RollbackInstanceRefresh: {
      needs: (input: RollbackInstanceRefreshCommandInput) => [
        groupPermission(state, 'RollbackInstanceRefresh', input.AutoScalingGroupName),
      ],
      run({ AutoScalingGroupName }: RollbackInstanceRefreshCommandInput) {
        const group = findGroup(state, AutoScalingGroupName);
        const refresh = activeOr(group, 'No in progress or pending Instance Refresh found for Auto Scaling group');
        checkCanRollBack(state, group, refresh);
        startRollback(state, group, refresh, 'Manual rollback initiated by a user request.');
        return { InstanceRefreshId: refresh.id };
      },
    },
  };
}

function checkCanRollBack(state: AutoScalingState, group: Group, refresh: Refresh): void {
  const rollsBackable = ['Pending', 'InProgress', ...(state.behaviour.rollbackWhileBaking ? ['Baking'] : [])];
  if (!rollsBackable.includes(refresh.status)) throw noActiveRefresh(`The instance refresh is ${refresh.status}`);
  checkReversible(state, group, refresh.desired);
}

function activeOr(group: Group, message: string): Refresh {
  const refresh = activeRefresh(group);
  if (refresh === undefined || refresh.status === 'Cancelling') throw noActiveRefresh(`${message} ${group.name}`);
  return refresh;
}

function noActiveRefresh(message: string): ServiceError {
  return new ServiceError('ActiveInstanceRefreshNotFound', `${message}.`, { status: 400 });
}
