import { type DrainMetadata, drainInput } from './drain-hook.ts';
import type { DrainInput } from './drain-input.ts';
import type { DrainRecord } from './drain-record.ts';
import type { DrainAnswer } from './empty-node.ts';
import { type Reason, reason } from './errors.ts';

/** From the notice of EC2 to the end of a Spot Instance. */
const noticeSeconds = 120;

/**
 * So long before the end a group that forces deletes what is left: a pod that is deleted has its grace period, one whose
 * machine ends has none. Most grace periods are 30 seconds; the kubelet needs some for itself.
 */
const forcingSeconds = 45;

const before = (end: Date, seconds: number): string => new Date(end.getTime() - seconds * 1000).toISOString();

/** When EC2 takes the machine of a notice. */
export const takenAfter = (noticedAt: Date): Date => new Date(noticedAt.getTime() + noticeSeconds * 1000);

/** The input of the drain of a Spot Instance that EC2 takes: like any other, with the end of its machine as its ceiling. */
export function interruptionInput(
  metadata: DrainMetadata,
  instance: Pick<DrainInput, 'autoScalingGroupName' | 'instanceId'>,
  noticedAt: Date,
  run: string | undefined,
): DrainInput {
  const end = takenAfter(noticedAt);
  const takenAt = end.toISOString();
  const drainDeadline = before(end, forcingSeconds);
  return { ...drainInput(metadata, instance, noticedAt, run), drainDeadline, ceiling: takenAt, takenAt };
}

/** Name of the drain of an instance that EC2 takes. It may wait at the hook besides, and be drained there already. */
export const interruptionName = (instanceId: string): string => `drain-${instanceId}-interruption`;

/** Whether EC2 has taken the machine by now. */
export const isTaken = ({ takenAt }: Pick<DrainInput, 'takenAt'>, now: Date): boolean =>
  takenAt !== undefined && now >= new Date(takenAt);

/** The record with the interruption that this drain is about; the same record when it has it, or when there is none. */
export const withInterruption = (record: DrainRecord, { takenAt }: Pick<DrainInput, 'takenAt'>): DrainRecord =>
  takenAt === undefined || record.takenAt !== undefined ? record : { ...record, takenAt };

/** Whether the node is drained by another execution, because EC2 takes its machine. */
export const isLeftToInterruption = (record: DrainRecord, { takenAt }: Pick<DrainInput, 'takenAt'>): boolean =>
  record.takenAt !== undefined && takenAt === undefined;

/** What is to be told of a node that EC2 takes. */
export const interrupted = ({ instanceId }: Pick<DrainInput, 'instanceId'>, takenAt: string, what: string): Reason =>
  reason('SpotInterrupted', `EC2 takes the Spot Instance ${instanceId} at ${takenAt}. ${what}`);

/** The answer of a drain that leaves the node to that other execution: it looks again from time to time. */
export const standAside = (input: Pick<DrainInput, 'instanceId'>, { takenAt = '' }: DrainRecord): DrainAnswer => ({
  drain: 'draining',
  finding: interrupted(input, takenAt, 'Another execution drains its node.'),
  pauseSeconds: 15,
});

/** What a visit has found, told with the interruption while pods are left on a machine that EC2 takes. */
export const tellInterruption = (
  input: Pick<DrainInput, 'instanceId' | 'takenAt'>,
  { drain, finding }: DrainAnswer,
): Reason =>
  input.takenAt === undefined || drain === 'emptied' ? finding : interrupted(input, input.takenAt, finding.cause);
