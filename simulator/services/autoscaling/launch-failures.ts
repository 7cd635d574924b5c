import { type AutoScalingState, wakeSoon } from './autoscaling-state.ts';
import type { Group } from './group.ts';

/** Counts a launch that came to nothing; the next one waits, longer each time. */
export function launchFailed(state: AutoScalingState, group: Group): void {
  const now = state.kernel.clock.now();
  const [first, longest] = state.behaviour.launchBackOff;
  const count = (group.failures?.count ?? 0) + 1;
  const since = group.failures?.since ?? now;
  group.failures = { count, since, retryAt: now + Math.min(longest, first * 2 ** (count - 1)) };
  if (now - since >= state.behaviour.suspendLaunchesAfter) {
    group.suspended.set('Launch', 'Suspended by AWS after repeated launch failures');
  }
  wakeSoon(state, group);
}

export function launchSucceeded(group: Group): void {
  group.failures = undefined;
}

export function isBackingOff({ kernel }: AutoScalingState, { failures }: Group): boolean {
  return failures !== undefined && failures.retryAt > kernel.clock.now();
}
