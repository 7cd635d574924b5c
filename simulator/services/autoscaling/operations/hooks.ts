import type {
  CompleteLifecycleActionCommandInput,
  DeleteLifecycleHookCommandInput,
  DescribeLifecycleHooksCommandInput,
  PutLifecycleHookCommandInput,
  RecordLifecycleActionHeartbeatCommandInput,
} from '@aws-sdk/client-auto-scaling';
import type { Operation } from '../../../kernel/service.ts';
import { type AutoScalingState, findGroup } from '../autoscaling-state.ts';
import { validationError } from '../errors.ts';
import type { Group, GroupInstance } from '../group.ts';
import { deleteHook, putHook, resultOf } from '../hook-definitions.ts';
import { extendAction, globalTimeout, type LifecycleAction } from '../lifecycle-hooks.ts';
import { describePermission, groupPermission } from '../permissions.ts';
import { answerAction } from '../transitions.ts';

type ActionReference = Pick<
  CompleteLifecycleActionCommandInput,
  'LifecycleHookName' | 'LifecycleActionToken' | 'InstanceId'
>;

/** Lifecycle hooks, and what the instances that wait for them are answered. */
export function hookOperations(state: AutoScalingState): Record<string, Operation> {
  const onGroup = (operation: string) => (input: { readonly AutoScalingGroupName?: string | undefined }) => [
    groupPermission(state, operation, input.AutoScalingGroupName),
  ];

  return {
    PutLifecycleHook: {
      needs: onGroup('PutLifecycleHook'),
      run(input: PutLifecycleHookCommandInput) {
        putHook(state, findGroup(state, input.AutoScalingGroupName), input);
        return {};
      },
    },
    DeleteLifecycleHook: {
      needs: onGroup('DeleteLifecycleHook'),
      run({ AutoScalingGroupName, LifecycleHookName }: DeleteLifecycleHookCommandInput) {
        deleteHook(state, findGroup(state, AutoScalingGroupName), LifecycleHookName ?? '');
        return {};
      },
    },
    DescribeLifecycleHooks: {
      needs: describePermission('DescribeLifecycleHooks'),
      run({ AutoScalingGroupName, LifecycleHookNames: names }: DescribeLifecycleHooksCommandInput) {
        const group = findGroup(state, AutoScalingGroupName);
        const hooks = [...group.hooks.values()].filter(({ name }) => !names?.length || names.includes(name));
        return {
          LifecycleHooks: hooks.map((hook) => ({
            LifecycleHookName: hook.name,
            AutoScalingGroupName: group.name,
            LifecycleTransition: hook.transition,
            ...(hook.roleArn !== undefined && { RoleARN: hook.roleArn }),
            ...(hook.notificationMetadata !== undefined && { NotificationMetadata: hook.notificationMetadata }),
            HeartbeatTimeout: hook.heartbeatTimeout,
            GlobalTimeout: globalTimeout(hook.heartbeatTimeout),
            DefaultResult: hook.defaultResult,
          })),
        };
      },
    },
    CompleteLifecycleAction: {
      needs: onGroup('CompleteLifecycleAction'),
      run(input: CompleteLifecycleActionCommandInput) {
        const group = findGroup(state, input.AutoScalingGroupName);
        const result = resultOf(input.LifecycleActionResult ?? '');
        const { instance, action } = findAction(group, input);
        answerAction(state, group, instance, action, result);
        return {};
      },
    },
    RecordLifecycleActionHeartbeat: {
      needs: onGroup('RecordLifecycleActionHeartbeat'),
      run(input: RecordLifecycleActionHeartbeatCommandInput) {
        const group = findGroup(state, input.AutoScalingGroupName);
        const { instance, action } = findAction(group, input);
        extendAction(state, action, () =>
          answerAction(state, group, instance, action, action.defaultResult, 'Heartbeat Timeout'),
        );
        return {};
      },
    },
  };
}

/** By token where one is given, else by instance. */
function findAction(group: Group, reference: ActionReference): { instance: GroupInstance; action: LifecycleAction } {
  const { LifecycleHookName, LifecycleActionToken: token, InstanceId } = reference;
  if (token === undefined && InstanceId === undefined) {
    throw validationError('Either LifecycleActionToken or InstanceId must be given.');
  }
  for (const instance of group.instances.values()) {
    const action = instance.actions.find(
      (one) =>
        one.hookName === LifecycleHookName &&
        (token === undefined ? instance.instanceId === InstanceId : one.token === token),
    );
    if (action !== undefined) return { instance, action };
  }
  const what = token === undefined ? `instance ID ${InstanceId}` : `token ${token}`;
  throw validationError(`No active Lifecycle Action found with ${what}`);
}
