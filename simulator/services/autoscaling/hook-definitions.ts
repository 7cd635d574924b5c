import type { PutLifecycleHookCommandInput } from '@aws-sdk/client-auto-scaling';
import { ServiceError } from '../../kernel/service.ts';
import { notSimulated } from '../ec2/refusal.ts';
import type { AutoScalingState } from './autoscaling-state.ts';
import { validationError } from './errors.ts';
import type { Group } from './group.ts';
import type { LifecycleHook, LifecycleResult, Transition } from './lifecycle-hooks.ts';
import { answerAction } from './transitions.ts';

const MAXIMUM_HOOKS = 50;
const DEFAULT_HEARTBEAT = 3600;
const HEARTBEAT_RANGE = [30, 7200] as const;
const TRANSITIONS: readonly string[] = ['autoscaling:EC2_INSTANCE_LAUNCHING', 'autoscaling:EC2_INSTANCE_TERMINATING'];

export type HookSpec = Omit<PutLifecycleHookCommandInput, 'AutoScalingGroupName'>;

/** Makes a hook, or changes the given members of one. Instances that wait already keep what they began with. */
export function putHook({ kernel }: Pick<AutoScalingState, 'kernel'>, group: Group, spec: HookSpec): void {
  const name = spec.LifecycleHookName ?? '';
  const existing = group.hooks.get(name);
  if (existing === undefined && group.hooks.size >= MAXIMUM_HOOKS) {
    throw new ServiceError('LimitExceeded', `A group can have at most ${MAXIMUM_HOOKS} lifecycle hooks.`, {
      status: 400,
    });
  }
  if (spec.NotificationTargetARN) {
    throw notSimulated(
      'The simulator sends no lifecycle notifications to SNS or SQS: leave NotificationTargetARN out and use the events.',
    );
  }
  const hook: LifecycleHook = {
    name,
    transition: transitionOf(spec.LifecycleTransition ?? existing?.transition),
    heartbeatTimeout: heartbeatOf(spec.HeartbeatTimeout ?? existing?.heartbeatTimeout ?? DEFAULT_HEARTBEAT),
    defaultResult: resultOf(spec.DefaultResult ?? existing?.defaultResult ?? 'ABANDON'),
    notificationMetadata: spec.NotificationMetadata ?? existing?.notificationMetadata,
    roleArn: spec.RoleARN ?? existing?.roleArn,
  };
  group.hooks.set(name, hook);
  kernel.log.write('hook.put', { group: group.name, hookName: name, transition: hook.transition });
}

/**
 * Takes a hook away. Instances that wait for it are answered first: launches are abandoned, terminations
 * continue (Auto Scaling API reference, DeleteLifecycleHook).
 */
export function deleteHook(state: AutoScalingState, group: Group, name: string): void {
  if (!group.hooks.delete(name)) {
    throw validationError(`No Lifecycle Hook found with name ${name}`);
  }
  state.kernel.log.write('hook.deleted', { group: group.name, hookName: name });
  for (const instance of [...group.instances.values()]) {
    const action = instance.actions.find(({ hookName }) => hookName === name);
    if (action === undefined) continue;
    const result = action.transition === 'autoscaling:EC2_INSTANCE_LAUNCHING' ? 'ABANDON' : 'CONTINUE';
    answerAction(state, group, instance, action, result, 'Lifecycle Hook was deleted');
  }
}

export function resultOf(result: string): LifecycleResult {
  if (result === 'CONTINUE' || result === 'ABANDON') return result;
  throw validationError('Lifecycle Action Result must be one of CONTINUE and ABANDON.');
}

function transitionOf(transition: string | undefined): Transition {
  if (transition !== undefined && TRANSITIONS.includes(transition)) return transition as Transition;
  throw validationError(`Lifecycle Transition must be one of ${TRANSITIONS.join(', ')}.`);
}

function heartbeatOf(seconds: number): number {
  const [least, most] = HEARTBEAT_RANGE;
  if (Number.isInteger(seconds) && least <= seconds && seconds <= most) return seconds;
  throw validationError(`HeartbeatTimeout must be between ${least} and ${most} seconds.`);
}
