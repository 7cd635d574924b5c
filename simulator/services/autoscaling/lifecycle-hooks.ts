import type { Timer } from '../../kernel/clock.ts';
import type { AutoScalingState } from './autoscaling-state.ts';
import type { Group, GroupInstance } from './group.ts';

export type Transition = 'autoscaling:EC2_INSTANCE_LAUNCHING' | 'autoscaling:EC2_INSTANCE_TERMINATING';
export type LifecycleResult = 'CONTINUE' | 'ABANDON';

export type LifecycleHook = {
  readonly name: string;
  readonly transition: Transition;
  /** Seconds. */
  readonly heartbeatTimeout: number;
  readonly defaultResult: LifecycleResult;
  readonly notificationMetadata: string | undefined;
  readonly roleArn: string | undefined;
};

/** One instance waiting for one hook, until `deadline` whatever the heartbeats. */
export type LifecycleAction = {
  readonly token: string;
  readonly hookName: string;
  readonly transition: Transition;
  readonly heartbeatTimeout: number;
  readonly defaultResult: LifecycleResult;
  readonly deadline: number;
  timer: Timer;
};

const LONGEST_WAIT_SECONDS = 172_800;

/** Seconds: 48 hours or a hundred heartbeats, whichever is shorter. */
export function globalTimeout(heartbeatTimeout: number): number {
  return Math.min(LONGEST_WAIT_SECONDS, 100 * heartbeatTimeout);
}

/**
 * Makes an instance wait for every hook of a transition and raises one event for each. There is no event for
 * a heartbeat or for a time-out.
 *
 * @returns Whether there was a hook to wait for.
 */
export function openActions(
  state: AutoScalingState,
  group: Group,
  instance: GroupInstance,
  transition: Transition,
  onTimeout: (action: LifecycleAction) => void,
): boolean {
  const { clock, random } = state.kernel;
  const hooks = [...group.hooks.values()].filter((hook) => hook.transition === transition);
  for (const hook of hooks) {
    const action: LifecycleAction = {
      token: random.uuid('lifecycle-action', instance.instanceId, transition, hook.name, ...movesOf(instance)),
      hookName: hook.name,
      transition,
      heartbeatTimeout: hook.heartbeatTimeout,
      defaultResult: hook.defaultResult,
      deadline: clock.now() + globalTimeout(hook.heartbeatTimeout) * 1000,
      timer: clock.after(hook.heartbeatTimeout * 1000, () => onTimeout(action)),
    };
    instance.actions.push(action);
    putEvent(state, group, instance, hook, action);
  }
  return hooks.length > 0;
}

/** Starts the whole heartbeat time-out again from now, within the global time-out. */
export function extendAction(
  { kernel: { clock } }: AutoScalingState,
  action: LifecycleAction,
  onTimeout: (action: LifecycleAction) => void,
): void {
  action.timer.cancel();
  const end = Math.min(clock.now() + action.heartbeatTimeout * 1000, action.deadline);
  action.timer = clock.after(end - clock.now(), () => onTimeout(action));
}

/** An instance of a warm pool waits for the same hook more than once. */
const movesOf = ({ moves }: GroupInstance): number[] => (moves === 0 ? [] : [moves]);

export function closeActions(instance: GroupInstance, closed: readonly LifecycleAction[]): void {
  for (const { timer } of closed) timer.cancel();
  instance.actions = instance.actions.filter((action) => !closed.includes(action));
}

function putEvent(
  { events, behaviour }: AutoScalingState,
  group: Group,
  instance: GroupInstance,
  hook: LifecycleHook,
  action: LifecycleAction,
): void {
  const isLaunch = hook.transition === 'autoscaling:EC2_INSTANCE_LAUNCHING';
  const metadata = hook.notificationMetadata ?? (behaviour.missingNotificationMetadata === 'empty' ? '' : undefined);
  events.put({
    source: 'aws.autoscaling',
    'detail-type': `EC2 Instance-${isLaunch ? 'launch' : 'terminate'} Lifecycle Action`,
    resources: [group.arn],
    detail: {
      LifecycleActionToken: action.token,
      AutoScalingGroupName: group.name,
      LifecycleHookName: hook.name,
      EC2InstanceId: instance.instanceId,
      LifecycleTransition: hook.transition,
      ...(metadata !== undefined && { NotificationMetadata: metadata }),
      Origin: instance.route.origin,
      Destination: instance.route.destination,
    },
  });
}
