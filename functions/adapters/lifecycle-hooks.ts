import {
  CompleteLifecycleActionCommand,
  DeleteLifecycleHookCommand,
  DescribeLifecycleHooksCommand,
  PutLifecycleHookCommand,
  RecordLifecycleActionHeartbeatCommand,
} from '@aws-sdk/client-auto-scaling';
import { type AdmissionInput, admitHeartbeatSeconds, admitHookName, type HookMetadata } from '../domain/admission.ts';
import { autoScaling } from './auto-scaling-client.ts';
import { awsCall, isAwsError } from './aws-call.ts';

/** Makes the group hold every new instance until it is answered for. Putting the same hook again changes nothing. */
export async function putAdmitHook(autoScalingGroupName: string, metadata: HookMetadata): Promise<void> {
  await awsCall('autoscaling:PutLifecycleHook', autoScalingGroupName, () =>
    autoScaling().send(
      new PutLifecycleHookCommand({
        AutoScalingGroupName: autoScalingGroupName,
        LifecycleHookName: admitHookName,
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
        HeartbeatTimeout: admitHeartbeatSeconds,
        DefaultResult: 'ABANDON',
        NotificationMetadata: JSON.stringify(metadata),
      }),
    ),
  );
}

/** Whether the group has our hook. */
export async function hasAdmitHook(autoScalingGroupName: string): Promise<boolean> {
  const { LifecycleHooks = [] } = await awsCall('autoscaling:DescribeLifecycleHooks', autoScalingGroupName, () =>
    autoScaling().send(
      new DescribeLifecycleHooksCommand({
        AutoScalingGroupName: autoScalingGroupName,
        LifecycleHookNames: [admitHookName],
      }),
    ),
  );
  return LifecycleHooks.length > 0;
}

/**
 * The outcome of a call about a hook or an action that may have ended meanwhile. AWS says `ValidationError` whether the
 * group, the hook or the action is missing; each means that nothing is left to do.
 */
async function unlessEnded(send: () => Promise<unknown>): Promise<'done' | 'ended'> {
  try {
    await send();
    return 'done';
  } catch (error) {
    if (isAwsError(error, 'ValidationError')) return 'ended';
    throw error;
  }
}

/** Takes the hook away. Instances that wait at it are turned away by Auto Scaling. */
export async function deleteAdmitHook(autoScalingGroupName: string): Promise<void> {
  await unlessEnded(() =>
    awsCall('autoscaling:DeleteLifecycleHook', autoScalingGroupName, () =>
      autoScaling().send(
        new DeleteLifecycleHookCommand({
          AutoScalingGroupName: autoScalingGroupName,
          LifecycleHookName: admitHookName,
        }),
      ),
    ),
  );
}

type WaitingInstance = Pick<AdmissionInput, 'autoScalingGroupName' | 'instanceId'>;

/** Gives the instance the hook's full time again; `ended` when it does not wait (any more). */
export const keepWaiting = ({ autoScalingGroupName, instanceId }: WaitingInstance): Promise<'done' | 'ended'> =>
  unlessEnded(() =>
    awsCall('autoscaling:RecordLifecycleActionHeartbeat', instanceId, () =>
      autoScaling().send(
        new RecordLifecycleActionHeartbeatCommand({
          AutoScalingGroupName: autoScalingGroupName,
          LifecycleHookName: admitHookName,
          InstanceId: instanceId,
        }),
      ),
    ),
  );

/** Lets the instance enter service, or has it terminated and replaced; `ended` when it does not wait (any more). */
export const answerHook = (
  { autoScalingGroupName, instanceId }: WaitingInstance,
  result: 'CONTINUE' | 'ABANDON',
): Promise<'done' | 'ended'> =>
  unlessEnded(() =>
    awsCall('autoscaling:CompleteLifecycleAction', instanceId, () =>
      autoScaling().send(
        new CompleteLifecycleActionCommand({
          AutoScalingGroupName: autoScalingGroupName,
          LifecycleHookName: admitHookName,
          InstanceId: instanceId,
          LifecycleActionResult: result,
        }),
      ),
    ),
  );
