import type { LifecycleState } from '@aws-sdk/client-auto-scaling';
import type { Kernel } from '../../kernel/kernel.ts';
import type { EventBus } from '../../kernel/service.ts';
import type { Ec2 } from '../ec2/ec2.ts';
import type { AutoScalingBehaviour } from './behaviour.ts';
import { groupNotFound, instanceNotManaged } from './errors.ts';
import type { Group, GroupInstance } from './group.ts';

/** What others in the account are told when a group changes. */
export type GroupChange =
  | {
      readonly type: 'instance';
      readonly group: string;
      readonly instanceId: string;
      readonly from: LifecycleState | undefined;
      readonly to: LifecycleState;
    }
  | { readonly type: 'capacity'; readonly group: string; readonly desired: number };

/** All that Auto Scaling knows, as its parts share it. */
export type AutoScalingState = {
  readonly kernel: Kernel;
  readonly ec2: Ec2;
  readonly events: EventBus;
  readonly behaviour: AutoScalingBehaviour;
  readonly groups: Map<string, Group>;
  readonly listeners: Set<(change: GroupChange) => void>;
  /** Looks at the group again no later than `at`, milliseconds since the epoch. */
  readonly wake: (group: Group, at: number) => void;
};

/** @throws ServiceError when there is no such group. */
export function findGroup({ groups }: AutoScalingState, name: string | undefined): Group {
  const group = groups.get(name ?? '');
  if (group === undefined) throw groupNotFound();
  return group;
}

/** @throws ServiceError when no group has the instance. */
export function findInstance(
  { groups }: AutoScalingState,
  instanceId: string,
): { readonly group: Group; readonly instance: GroupInstance } {
  for (const group of groups.values()) {
    const instance = group.instances.get(instanceId);
    if (instance !== undefined) return { group, instance };
  }
  throw instanceNotManaged(instanceId);
}

/** The group changed: it is looked at again at Auto Scaling's own pace. */
export function wakeSoon({ kernel, wake }: AutoScalingState, group: Group): void {
  wake(group, kernel.clock.now() + kernel.timings.autoScalingReconcile);
}

export function moveTo(state: AutoScalingState, group: Group, instance: GroupInstance, to: LifecycleState): void {
  const from = instance.state;
  instance.state = to;
  announceState(state, group, instance, from);
}

export function announceState(
  state: AutoScalingState,
  group: Group,
  { instanceId, state: to }: GroupInstance,
  from: LifecycleState | undefined,
): void {
  state.kernel.log.write('instance.lifecycle', { group: group.name, instanceId, from, to });
  for (const listener of state.listeners) listener({ type: 'instance', group: group.name, instanceId, from, to });
  wakeSoon(state, group);
}

/** Changes what the group should have; the next look at it does the rest. */
export function changeDesired(state: AutoScalingState, group: Group, desired: number): void {
  if (group.desired === desired) return;
  group.desired = desired;
  state.kernel.log.write('group.capacity', { group: group.name, desired });
  for (const listener of state.listeners) listener({ type: 'capacity', group: group.name, desired });
  wakeSoon(state, group);
}
