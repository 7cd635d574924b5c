import { endActivity, inSeconds, startActivity, updateActivity } from './activities.ts';
import { type AutoScalingState, moveTo, wakeSoon } from './autoscaling-state.ts';
import { type Group, type GroupInstance, isLeaving, type LeavingFor } from './group.ts';
import { launchFailed, launchSucceeded } from './launch-failures.ts';
import { closeActions, type LifecycleAction, type LifecycleResult, openActions } from './lifecycle-hooks.ts';

/** EC2 says that the machine runs: it waits for the launch hooks, or is in service at once. */
export function instanceIsRunning(state: AutoScalingState, group: Group, instance: GroupInstance): void {
  if (instance.state !== 'Pending') return;
  const waits = openActions(state, group, instance, 'autoscaling:EC2_INSTANCE_LAUNCHING', (action) =>
    answerAction(state, group, instance, action, action.defaultResult, 'Heartbeat Timeout'),
  );
  if (!waits) {
    enterService(state, group, instance);
    return;
  }
  updateActivity(state, group, instance.activity, 'MidLifecycleAction', 60);
  moveTo(state, group, instance, 'Pending:Wait');
}

/**
 * The answer of one hook. A launch goes on when all hooks said CONTINUE, and ends at the first ABANDON; a
 * termination goes on in both cases, ABANDON only skips the hooks that are left.
 */
export function answerAction(
  state: AutoScalingState,
  group: Group,
  instance: GroupInstance,
  action: LifecycleAction,
  result: LifecycleResult,
  why = `Lifecycle Action Completed with ${result} Result`,
): void {
  const { token, hookName, transition } = action;
  state.kernel.log.write('hook.answered', {
    group: group.name,
    instanceId: instance.instanceId,
    hookName,
    result,
    why,
  });
  closeActions(instance, result === 'ABANDON' ? instance.actions : [action]);
  if (transition === 'autoscaling:EC2_INSTANCE_TERMINATING') {
    if (instance.actions.length === 0) moveTo(state, group, instance, 'Terminating:Proceed');
    return;
  }
  if (result === 'ABANDON') {
    abandonLaunch(
      state,
      group,
      instance,
      `Instance failed to complete user's Lifecycle Action: Lifecycle Action with token ${token} was abandoned: ${why}`,
    );
  } else if (instance.actions.length === 0) {
    moveTo(state, group, instance, 'Pending:Proceed');
  }
}

/** What the next look at the group does with instances whose hooks have all answered. */
export function proceed(state: AutoScalingState, group: Group): void {
  for (const instance of [...group.instances.values()]) {
    if (instance.state === 'Pending:Proceed') enterService(state, group, instance);
    if (instance.state === 'Terminating:Proceed') terminateMachine(state, group, instance);
  }
}

/** Takes an instance out: its terminate hooks first, then the machine. Nothing happens when it leaves already. */
export function beginTermination(
  state: AutoScalingState,
  group: Group,
  instance: GroupInstance,
  leavingFor: LeavingFor,
  cause: string,
): void {
  if (isLeaving(instance)) return;
  cancelLaunch(state, group, instance);
  instance.leavingFor = leavingFor;
  instance.activity = startActivity(state, group, {
    kind: 'terminate',
    cause,
    instanceId: instance.instanceId,
    availabilityZone: instance.availabilityZone,
    subnetId: instance.subnetId,
    description: `Terminating EC2 instance: ${instance.instanceId}`,
    status: 'InProgress',
  });
  moveTo(state, group, instance, 'Terminating');
  const delay = deregistrationDelay(state, group, instance);
  if (delay === 0) {
    runTerminateHooks(state, group, instance, leavingFor);
    return;
  }
  state.kernel.log.write('instance.deregistering', { group: group.name, instanceId: instance.instanceId, delay });
  state.kernel.clock.after(delay, () => {
    const isStillLeaving = group.instances.get(instance.instanceId) === instance;
    if (isStillLeaving) runTerminateHooks(state, group, instance, leavingFor);
  });
}

/** Milliseconds that load balancers are given for the last requests of an instance that was in service. */
function deregistrationDelay({ behaviour }: AutoScalingState, group: Group, { inServiceAt }: GroupInstance): number {
  if (inServiceAt === undefined || !behaviour.deregistersBeforeTerminateHooks) return 0;
  return (group.targetGroups?.deregistrationDelaySeconds ?? 0) * 1000;
}

function runTerminateHooks(
  state: AutoScalingState,
  group: Group,
  instance: GroupInstance,
  leavingFor: LeavingFor,
): void {
  const runsHooks = leavingFor !== 'failed-launch' || state.behaviour.terminateHooksAfterAbandonedLaunch;
  const waits =
    runsHooks &&
    openActions(state, group, instance, 'autoscaling:EC2_INSTANCE_TERMINATING', (action) =>
      answerAction(state, group, instance, action, action.defaultResult, 'Heartbeat Timeout'),
    );
  if (!waits) {
    terminateMachine(state, group, instance);
    return;
  }
  updateActivity(state, group, instance.activity, 'MidLifecycleAction', 60);
  moveTo(state, group, instance, 'Terminating:Wait');
}

/** EC2 says that the machine is gone. */
export function machineIsGone(state: AutoScalingState, group: Group, instance: GroupInstance): void {
  if (instance.actions.length > 0 || !isLeaving(instance)) return;
  group.instances.delete(instance.instanceId);
  endActivity(state, group, instance.activity, 'Successful');
  moveTo(state, group, instance, 'Terminated');
}

function enterService(state: AutoScalingState, group: Group, instance: GroupInstance): void {
  instance.inServiceAt = state.kernel.clock.now();
  launchSucceeded(group);
  endActivity(state, group, instance.activity, 'Successful');
  moveTo(state, group, instance, 'InService');
}

function abandonLaunch(state: AutoScalingState, group: Group, instance: GroupInstance, message: string): void {
  endActivity(state, group, instance.activity, 'Cancelled', message);
  launchFailed(state, group);
  const now = inSeconds(state.kernel.clock.now());
  const cause = `At ${now} an instance was taken out of service in response to a launch failure.`;
  beginTermination(state, group, instance, 'failed-launch', cause);
}

/** An instance that leaves before it was in service ends its launch too. */
function cancelLaunch(state: AutoScalingState, group: Group, instance: GroupInstance): void {
  closeActions(instance, instance.actions);
  if (!instance.state.startsWith('Pending')) return;
  endActivity(
    state,
    group,
    instance.activity,
    'Cancelled',
    'Instance became unhealthy while waiting for instance to be in InService state.',
  );
}

function terminateMachine(state: AutoScalingState, group: Group, instance: GroupInstance): void {
  const machine = state.ec2.instance(instance.instanceId);
  if (machine === undefined || machine.state === 'terminated') {
    machineIsGone(state, group, instance);
    return;
  }
  state.ec2.terminateInstance(instance.instanceId);
  wakeSoon(state, group);
}
