import type { StateFile } from './state-file.ts';

/** Whether anything of ours holds instances of the group, or keeps pods off its nodes. */
export const isHeld = ({ hook, taints, lease }: StateFile, now: Date): boolean =>
  hook !== undefined || taints !== undefined || (lease !== undefined && new Date(lease.until) > now);

/**
 * The replacement that goes on without anybody who looks after it: the one that brings the new AMI. One that brings the
 * old AMI back is left to its end.
 */
export const forwardReplacementId = ({ rollout, rollBack }: StateFile): string | undefined =>
  rollBack === undefined ? rollout?.id : undefined;

/**
 * The file of a group that reglaze has withdrawn from: nothing of ours is in it, and the next run, if there ever is one,
 * takes it over as one that was left half done.
 */
export function withdraw(state: StateFile, now: Date): StateFile {
  const { hook: _hook, taints: _taints, lease, ...rest } = state;
  return { ...rest, ...(lease && { lease: { ...lease, until: now.toISOString() } }) };
}
