import { endActivity, inSeconds, startActivity, updateActivity } from './activities.ts';
import { type AutoScalingState, moveTo, wakeSoon } from './autoscaling-state.ts';
import { type Group, type GroupInstance, isLeaving, isPooled, type LeavingFor } from './group.ts';
import { launchFailed, launchSucceeded } from './launch-failures.ts';
import { closeActions, type LifecycleAction, type LifecycleResult, openActions } from './lifecycle-hooks.ts';

/** A state, as it is called in the warm pool for instances there. */
const inPlace = <State extends 'Pending' | 'Terminating'>(
  instance: GroupInstance,
  name: State,
  step: '' | ':Wait' | ':Proceed' = '',
) => `${isPooled(instance) ? ('Warmed:' as const) : ('' as const)}${name}${step}` as const;

/** EC2 says that the machine runs: it waits for the launch hooks, or is in service or at rest in the pool at once. */
export function instanceIsRunning(state: AutoScalingState, group: Group, instance: GroupInstance): void {
  if (instance.state !== 'Pending' && instance.state !== 'Warmed:Pending') return;
  const waits = openActions(state, group, instance, 'autoscaling:EC2_INSTANCE_LAUNCHING', (action) =>
    answerAction(state, group, instance, action, action.defaultResult, 'Heartbeat Timeout'),
  );
  if (!waits) {
    arrive(state, group, instance);
    return;
  }
  updateActivity(state, group, instance.activity, 'MidLifecycleAction', 60);
  moveTo(state, group, instance, inPlace(instance, 'Pending', ':Wait'));
}

/**
 * The answer of one hook. A launch goes on when all hooks said CONTINUE, and ends at the first ABANDON; a
 * termination goes on in both cases, ABANDON only skips the hooks that are left. So does a return to the warm pool, which
 * waits for terminate hooks as well.
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
    if (instance.actions.length > 0) return;
    moveTo(state, group, instance, inPlace(instance, isLeaving(instance) ? 'Terminating' : 'Pending', ':Proceed'));
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
    moveTo(state, group, instance, inPlace(instance, 'Pending', ':Proceed'));
  }
}

/** What the next look at the group does with instances whose hooks have all answered. */
export function proceed(state: AutoScalingState, group: Group): void {
  for (const instance of [...group.instances.values()]) {
    if (instance.state === 'Pending:Proceed' || instance.state === 'Warmed:Pending:Proceed') {
      arrive(state, group, instance);
    }
    if (instance.state === 'Terminating:Proceed' || instance.state === 'Warmed:Terminating:Proceed') {
      terminateMachine(state, group, instance);
    }
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
  instance.route = { origin: isPooled(instance) ? 'WarmPool' : 'AutoScalingGroup', destination: 'EC2' };
  moveTo(state, group, instance, inPlace(instance, 'Terminating'));
  onceDeregistered(state, group, instance, () => runTerminateHooks(state, group, instance, leavingFor));
}

/**
 * Takes an instance out of service and into the warm pool, through the terminate hooks. Its states are those of an
 * instance that enters the pool (User Guide, "Warm pool example events and patterns").
 */
export function returnToPool(state: AutoScalingState, group: Group, instance: GroupInstance, cause: string): void {
  instance.activity = startActivity(state, group, {
    kind: 'other',
    cause,
    instanceId: instance.instanceId,
    availabilityZone: instance.availabilityZone,
    subnetId: instance.subnetId,
    description: `Returning EC2 instance to warm pool: ${instance.instanceId}`,
    status: 'InProgress',
  });
  instance.route = { origin: 'AutoScalingGroup', destination: 'WarmPool' };
  instance.moves += 1;
  moveTo(state, group, instance, 'Warmed:Pending');
  onceDeregistered(state, group, instance, () => {
    instance.inServiceAt = undefined;
    if (isLeaving(instance)) return;
    if (waitForTerminateHooks(state, group, instance)) moveTo(state, group, instance, 'Warmed:Pending:Wait');
    else arrive(state, group, instance);
  });
}

/** Calls back when load balancers send nothing any more to an instance that goes out of service: at once without any. */
function onceDeregistered(state: AutoScalingState, group: Group, instance: GroupInstance, next: () => void): void {
  const delay = deregistrationDelay(state, group, instance);
  if (delay === 0) {
    next();
    return;
  }
  state.kernel.log.write('instance.deregistering', { group: group.name, instanceId: instance.instanceId, delay });
  state.kernel.clock.after(delay, () => {
    const isStillThere = group.instances.get(instance.instanceId) === instance;
    if (isStillThere) next();
  });
}

/** EC2 says that a machine has stopped, as it does in a pool of stopped instances. */
export function machineIsStopped(state: AutoScalingState, group: Group, instance: GroupInstance): void {
  if (instance.state === 'Warmed:Pending' || instance.state === 'Warmed:Pending:Proceed') {
    restInPool(state, group, instance, 'Warmed:Stopped');
  }
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
  if (!runsHooks || !waitForTerminateHooks(state, group, instance)) {
    terminateMachine(state, group, instance);
    return;
  }
  moveTo(state, group, instance, inPlace(instance, 'Terminating', ':Wait'));
}

/** @returns Whether there was a hook to wait for. */
function waitForTerminateHooks(state: AutoScalingState, group: Group, instance: GroupInstance): boolean {
  const waits = openActions(state, group, instance, 'autoscaling:EC2_INSTANCE_TERMINATING', (action) =>
    answerAction(state, group, instance, action, action.defaultResult, 'Heartbeat Timeout'),
  );
  if (waits) updateActivity(state, group, instance.activity, 'MidLifecycleAction', 60);
  return waits;
}

/** EC2 says that the machine is gone. */
export function machineIsGone(state: AutoScalingState, group: Group, instance: GroupInstance): void {
  if (instance.actions.length > 0 || !isLeaving(instance)) return;
  group.instances.delete(instance.instanceId);
  endActivity(state, group, instance.activity, 'Successful');
  moveTo(state, group, instance, isPooled(instance) ? 'Warmed:Terminated' : 'Terminated');
}

/** All hooks have answered: it is in service, or in the pool as soon as its machine is in the pool's state. */
function arrive(state: AutoScalingState, group: Group, instance: GroupInstance): void {
  if (!isPooled(instance)) enterService(state, group, instance);
  else if (group.warmPool?.poolState === 'Running') restInPool(state, group, instance, 'Warmed:Running');
  else state.ec2.stopInstance(instance.instanceId);
}

function restInPool(
  state: AutoScalingState,
  group: Group,
  instance: GroupInstance,
  to: 'Warmed:Stopped' | 'Warmed:Running',
): void {
  launchSucceeded(group);
  endActivity(state, group, instance.activity, 'Successful');
  moveTo(state, group, instance, to);
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
  if (!/^(Warmed:)?Pending/.test(instance.state)) return;
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
