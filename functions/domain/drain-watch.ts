import { drainInput, drainMetadata } from './drain-hook.ts';
import type { DrainInput } from './drain-input.ts';
import { type GroupInstance, members, type NodeGroupKey } from './node-group.ts';
import type { StateFile } from './state-file.ts';

/** The file with the instances that wait at our drain hook now; the same file when they are those that it knows. */
export function rememberLeaving(state: StateFile, instances: readonly GroupInstance[], now: Date): StateFile {
  if (state.drainHook !== 'ours') return state;
  const known = state.leaving ?? [];
  const waiting = instances.filter(({ lifecycleState }) => lifecycleState === 'Terminating:Wait');
  const leaving = waiting.map(
    ({ instanceId }) =>
      known.find((each) => each.instanceId === instanceId) ?? { instanceId, seenAt: now.toISOString() },
  );
  if (leaving.length === known.length && leaving.every((each) => known.includes(each))) return state;
  const { leaving: _, ...rest } = state;
  return leaving.length === 0 ? rest : { ...rest, leaving };
}

const secondsSince = (time: string, now: Date): number => (now.getTime() - Date.parse(time)) / 1000;

/**
 * The drains of instances whose event should have started them by now. An event that is late finds them started. Who
 * waits for longer than a heartbeat lasts is being drained: somebody renews it.
 */
export function unattendedDrains(
  key: NodeGroupKey,
  { leaving = [], policy, autoScalingGroupName }: StateFile,
  instances: readonly GroupInstance[],
  now: Date,
): DrainInput[] {
  const metadata = drainMetadata(key, policy, members({ instances }).length);
  return leaving
    .filter(({ seenAt }) => secondsSince(seenAt, now) >= 15 && secondsSince(seenAt, now) <= 300)
    .map(({ instanceId, seenAt }) =>
      drainInput(metadata, { autoScalingGroupName, instanceId }, new Date(seenAt), key.run),
    );
}
