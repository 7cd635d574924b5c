import {
  CompleteLifecycleActionCommand,
  DeleteLifecycleHookCommand,
  DescribeLifecycleHooksCommand,
  type LifecycleHook,
  PutLifecycleHookCommand,
  RecordLifecycleActionHeartbeatCommand,
} from '@aws-sdk/client-auto-scaling';
import { type AdmissionInput, admitHeartbeatSeconds, admitHookName, type HookMetadata } from '../domain/admission.ts';
import { type DrainMetadata, drainHeartbeatSeconds, drainHookName, type TerminateHook } from '../domain/drain-hook.ts';
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

/**
 * Makes the group hold every instance that leaves until its node is drained. Instances that wait already keep what they
 * began with.
 */
export async function putDrainHook(autoScalingGroupName: string, metadata: DrainMetadata): Promise<void> {
  await awsCall('autoscaling:PutLifecycleHook', autoScalingGroupName, () =>
    autoScaling().send(
      new PutLifecycleHookCommand({
        AutoScalingGroupName: autoScalingGroupName,
        LifecycleHookName: drainHookName,
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
        HeartbeatTimeout: drainHeartbeatSeconds(metadata),
        DefaultResult: 'CONTINUE',
        NotificationMetadata: JSON.stringify(metadata),
      }),
    ),
  );
}

/** One call: AWS answers all hooks of a group, of which there are fifty at most. */
async function describeHooks(autoScalingGroupName: string): Promise<LifecycleHook[]> {
  const { LifecycleHooks = [] } = await awsCall('autoscaling:DescribeLifecycleHooks', autoScalingGroupName, () =>
    autoScaling().send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: autoScalingGroupName })),
  );
  return LifecycleHooks;
}

/** All hooks of the group, whoever put them, that hold instances which leave. */
export async function listTerminateHooks(autoScalingGroupName: string): Promise<TerminateHook[]> {
  return (await describeHooks(autoScalingGroupName))
    .filter(({ LifecycleTransition }) => LifecycleTransition === 'autoscaling:EC2_INSTANCE_TERMINATING')
    .map(({ LifecycleHookName = '' }) => ({ name: LifecycleHookName }));
}

/** Our drain hook of the group, with what we wrote into it; undefined when it has none, or is gone itself. */
export async function findDrainHook(
  autoScalingGroupName: string,
): Promise<{ readonly metadata: string | undefined } | undefined> {
  try {
    const hooks = await describeHooks(autoScalingGroupName);
    const ours = hooks.find(({ LifecycleHookName }) => LifecycleHookName === drainHookName);
    return ours && { metadata: ours.NotificationMetadata };
  } catch (error) {
    if (isAwsError(error, 'ValidationError')) return undefined;
    throw error;
  }
}

/** The names of all hooks of the group, whoever put them, on the way in and on the way out. */
export async function listHookNames(autoScalingGroupName: string): Promise<string[]> {
  return (await describeHooks(autoScalingGroupName)).map(({ LifecycleHookName = '' }) => LifecycleHookName);
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

async function deleteHook(autoScalingGroupName: string, hookName: string): Promise<void> {
  await unlessEnded(() =>
    awsCall('autoscaling:DeleteLifecycleHook', autoScalingGroupName, () =>
      autoScaling().send(
        new DeleteLifecycleHookCommand({ AutoScalingGroupName: autoScalingGroupName, LifecycleHookName: hookName }),
      ),
    ),
  );
}

/** Takes the hook away. Instances that wait at it are turned away by Auto Scaling. */
export const deleteAdmitHook = (autoScalingGroupName: string): Promise<void> =>
  deleteHook(autoScalingGroupName, admitHookName);

/** Takes the hook away. Instances that wait at it are terminated, drained or not. */
export const deleteDrainHook = (autoScalingGroupName: string): Promise<void> =>
  deleteHook(autoScalingGroupName, drainHookName);

type WaitingInstance = Pick<AdmissionInput, 'autoScalingGroupName' | 'instanceId'>;

/** Gives an instance the full time of the hook it waits at again; `ended` when it does not wait (any more). */
const keepWaitingAt = (
  hookName: string,
  { autoScalingGroupName, instanceId }: WaitingInstance,
): Promise<'done' | 'ended'> =>
  unlessEnded(() =>
    awsCall('autoscaling:RecordLifecycleActionHeartbeat', instanceId, () =>
      autoScaling().send(
        new RecordLifecycleActionHeartbeatCommand({
          AutoScalingGroupName: autoScalingGroupName,
          LifecycleHookName: hookName,
          InstanceId: instanceId,
        }),
      ),
    ),
  );

/** Gives a new instance the time of the admit hook again; `ended` when it does not wait (any more). */
export const keepWaiting = (instance: WaitingInstance): Promise<'done' | 'ended'> =>
  keepWaitingAt(admitHookName, instance);

/** Gives an instance that leaves the time of the drain hook again; `ended` when it does not wait (any more). */
export const keepLeavingWaiting = (instance: WaitingInstance): Promise<'done' | 'ended'> =>
  keepWaitingAt(drainHookName, instance);

const answerAt = (
  hookName: string,
  { autoScalingGroupName, instanceId }: WaitingInstance,
  result: 'CONTINUE' | 'ABANDON',
): Promise<'done' | 'ended'> =>
  unlessEnded(() =>
    awsCall('autoscaling:CompleteLifecycleAction', instanceId, () =>
      autoScaling().send(
        new CompleteLifecycleActionCommand({
          AutoScalingGroupName: autoScalingGroupName,
          LifecycleHookName: hookName,
          InstanceId: instanceId,
          LifecycleActionResult: result,
        }),
      ),
    ),
  );

/** Lets the instance enter service, or has it terminated and replaced; `ended` when it does not wait (any more). */
export const answerHook = (instance: WaitingInstance, result: 'CONTINUE' | 'ABANDON'): Promise<'done' | 'ended'> =>
  answerAt(admitHookName, instance, result);

/** Lets an instance go whose node is drained; `ended` when it does not wait (any more). */
export const letGo = (instance: WaitingInstance): Promise<'done' | 'ended'> =>
  answerAt(drainHookName, instance, 'CONTINUE');
