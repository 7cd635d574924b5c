import type {
  DeleteWarmPoolCommandInput,
  DescribeWarmPoolCommandInput,
  PutWarmPoolCommandInput,
} from '@aws-sdk/client-auto-scaling';
import { type Operation, ServiceError } from '../../../kernel/service.ts';
import { type AutoScalingState, findGroup, wakeSoon } from '../autoscaling-state.ts';
import { validationError } from '../errors.ts';
import { type Group, isPooled } from '../group.ts';
import { closeActions } from '../lifecycle-hooks.ts';
import { describePermission, groupPermission } from '../permissions.ts';
import { activeRefresh } from '../refresh/refresh.ts';
import { checkPoolChange, describeWarmPool, warmPoolOf } from '../warm-pool.ts';
import { describeInstance, pageOf } from './description.ts';

/** The pool of instances that wait beside a group. */
export function warmPoolOperations(state: AutoScalingState): Record<string, Operation> {
  const onGroup = (operation: string) => (input: { readonly AutoScalingGroupName?: string | undefined }) => [
    groupPermission(state, operation, input.AutoScalingGroupName),
  ];
  return {
    PutWarmPool: {
      needs: onGroup('PutWarmPool'),
      run({ AutoScalingGroupName, ...spec }: PutWarmPoolCommandInput) {
        const group = findGroup(state, AutoScalingGroupName);
        refuseWhileRefreshing(group);
        const warmPool = warmPoolOf(group.source, spec);
        checkPoolChange(group, warmPool);
        group.warmPool = warmPool;
        state.kernel.log.write('warm-pool.put', { group: group.name, ...describeWarmPool(warmPool) });
        wakeSoon(state, group);
        return {};
      },
    },
    DeleteWarmPool: {
      needs: onGroup('DeleteWarmPool'),
      run({ AutoScalingGroupName, ForceDelete = false }: DeleteWarmPoolCommandInput) {
        const group = findGroup(state, AutoScalingGroupName);
        if (group.warmPool === undefined) throw validationError(`No warm pool found for group ${group.name}.`);
        group.warmPool = { ...group.warmPool, isPendingDelete: true };
        if (ForceDelete) endWaits(state, group);
        wakeSoon(state, group);
        return {};
      },
    },
    DescribeWarmPool: {
      needs: describePermission('DescribeWarmPool'),
      run(input: DescribeWarmPoolCommandInput) {
        const group = findGroup(state, input.AutoScalingGroupName);
        const { items, next } = pageOf([...group.instances.values()].filter(isPooled), input, 50);
        return {
          ...(group.warmPool && { WarmPoolConfiguration: describeWarmPool(group.warmPool) }),
          Instances: items.map(describeInstance),
          ...next,
        };
      },
    },
  };
}

function refuseWhileRefreshing(group: Group): void {
  if (activeRefresh(group) === undefined) return;
  throw new ServiceError('InstanceRefreshInProgress', `An instance refresh is in progress in ${group.name}.`, {
    status: 400,
  });
}

/** A forced deletion ends the lifecycle actions of the pool's instances, and their machines without waiting for hooks. */
function endWaits(state: AutoScalingState, group: Group): void {
  for (const instance of [...group.instances.values()].filter(isPooled)) {
    closeActions(instance, instance.actions);
    instance.state = 'Warmed:Terminating';
    state.ec2.terminateInstance(instance.instanceId);
  }
}
