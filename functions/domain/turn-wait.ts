import { longestWatchSeconds, pauseSeconds } from './admission.ts';
import type { DrainInput } from './drain-input.ts';
import type { DrainRecord } from './drain-record.ts';
import { type Reason, reason } from './errors.ts';
import { interrupted } from './interruption.ts';
import type { NamedInstance } from './outdated-taint.ts';
import type { TurnRequest } from './turn.ts';
import { type ZonalVolume, zoneFinding } from './zone.ts';

/** What is left between a drain deadline and the ceiling at least: the machine has the same number. */
export const lastReserveSeconds = 600;

/**
 * Until when a node may wait for its turn and for a node in its zone. The drain timeout is for draining, so it begins with
 * the turn; and since Auto Scaling terminates the instance at the ceiling, whoever is asked to wait beyond this moment
 * would have less than it, and what the alert or the policy for late pods needs after it. A node whose pods would be killed with their machine leaves without a turn instead: its
 * evictions obey the disruption budgets all the same.
 */
export const lastCall = ({ ceiling, drainTimeoutSeconds }: Pick<DrainInput, 'ceiling' | 'drainTimeoutSeconds'>): Date =>
  new Date(Date.parse(ceiling) - (drainTimeoutSeconds + lastReserveSeconds) * 1000);

type Policy = Pick<DrainInput, 'ceiling' | 'drainTimeoutSeconds' | 'drainDeadline' | 'onDrainTimeout'>;

/**
 * Whether a node goes on waiting for a node in the zone of its volumes: for as long as its drain timeout under `force`, and
 * to the last call otherwise. A turn is only taken when that is decided, so that such a node keeps nobody else waiting.
 */
export const waitsForZone = (input: Policy, now: Date): boolean =>
  now < lastCall(input) && (input.onDrainTimeout === 'wait' || now < new Date(input.drainDeadline));

/** Whether waiting for the zone has lasted for so long that people are to know. */
export const isOverdue = ({ drainDeadline }: Pick<DrainInput, 'drainDeadline'>, now: Date): boolean =>
  now >= new Date(drainDeadline);

const shortestWatchSeconds = 5;

/** For how many seconds to watch the Leases of the group; 0 when it is time to ask again. */
export function turnWatchSeconds(input: Policy, lookAgainAt: Date | undefined, now: Date): number {
  const ends = [lastCall(input), ...(lookAgainAt ? [lookAgainAt] : [])].map((end) => end.getTime());
  const left = Math.ceil((Math.min(...ends) - now.getTime()) / 1000) + 1;
  return left < shortestWatchSeconds ? 0 : Math.min(longestWatchSeconds, left);
}

/** What a node waits for that has no turn. */
export function turnFinding(
  { nodeGroup, instanceId }: Pick<DrainInput, 'nodeGroup' | 'instanceId'>,
  { holders, ahead }: { readonly holders: readonly string[]; readonly ahead: number },
): Reason {
  const busy = holders.length === 0 ? '' : ` ${holders.join(', ')} of ${nodeGroup} drain now;`;
  const queue = ahead === 0 ? 'it is the next' : `${ahead} that have waited for longer go first`;
  return reason('TurnsTaken', `Instance ${instanceId} waits for its turn to drain:${busy} ${queue}.`);
}

/**
 * The instances whose nodes may take over zonal volumes: all others of the group, or in a rollout those on the AMI that
 * it brings. Their nodes have to be Ready and schedulable besides.
 */
export const takersAmong = (
  instances: readonly NamedInstance[],
  { instanceId, wantedImageId }: { readonly instanceId: string; readonly wantedImageId: string | undefined },
): NamedInstance[] =>
  instances.filter(
    (each) => each.instanceId !== instanceId && (wantedImageId === undefined || each.imageId === wantedImageId),
  );

/** Who asks for a turn, and since when it waits: since it waits at the hook. */
export const turnRequest = ({
  nodeGroup,
  instanceId,
  concurrentDrains,
  startedAt,
}: Pick<DrainInput, 'nodeGroup' | 'instanceId' | 'concurrentDrains' | 'startedAt'>): TurnRequest => ({
  nodeGroup,
  slots: concurrentDrains,
  holder: instanceId,
  waitingSince: new Date(startedAt),
});

/** What one visit of a node that leaves answers. `slot` is missing when it leaves without a turn. */
export type TurnAnswer = {
  readonly turn: 'taken' | 'waiting' | 'gone';
  readonly slot?: string;
  readonly finding: Reason;
  readonly pauseSeconds: number;
};

/** The instance does not wait at the hook any more. */
export const goneAnswer = (instanceId: string): TurnAnswer => ({
  turn: 'gone',
  finding: { error: 'InstanceGone', cause: `Instance ${instanceId} does not wait to be drained any more.` },
  pauseSeconds: 1,
});

/** EC2 takes the machine, and another execution drains its node: nothing is left to wait for. */
export const interruptedAnswer = (
  input: Pick<DrainInput, 'instanceId'>,
  { takenAt = '' }: DrainRecord,
): TurnAnswer => ({
  turn: 'taken',
  finding: interrupted(input, takenAt, 'Another execution drains its node.'),
  pauseSeconds: 1,
});

export const takenAnswer = (
  { instanceId, ceiling }: Pick<DrainInput, 'instanceId' | 'ceiling'>,
  slot: string | undefined,
): TurnAnswer => ({
  turn: 'taken',
  ...(slot !== undefined && { slot }),
  finding:
    slot === undefined
      ? reason(
          'TurnsTaken',
          `No turn came free for ${instanceId}, which is terminated at ${ceiling}: it drains without.`,
        )
      : { error: 'TurnTaken', cause: `It is the turn of ${instanceId}.` },
  pauseSeconds: 1,
});

/** Two visits of a waiting node are never nearer than this to what may have changed between them. */
const soon = 5000;

/** The answer to a node that has no turn yet: how long to wait until the next visit, after one that began at `startedAt`. */
export function waitingAnswer(
  input: Pick<DrainInput, 'nodeGroup' | 'instanceId'>,
  turn: { readonly holders: readonly string[]; readonly ahead: number; readonly lookAgainAt: Date | undefined },
  { startedAt, now }: { readonly startedAt: Date; readonly now: Date },
): TurnAnswer {
  const left = turn.lookAgainAt === undefined ? Number.POSITIVE_INFINITY : turn.lookAgainAt.getTime() - now.getTime();
  const pause = left <= soon ? Math.max(1, Math.ceil(left / 1000)) : pauseSeconds(startedAt, now);
  return { turn: 'waiting', finding: turnFinding(input, turn), pauseSeconds: pause };
}

/** The answer to a node that waits for another one in its zone. Looks grow rarer with the time that has passed. */
export function zoneAnswer(
  { startedAt }: Pick<DrainInput, 'startedAt'>,
  nodeName: string,
  { volumes, needed }: { readonly volumes: readonly ZonalVolume[]; readonly needed: string },
  now: Date,
): TurnAnswer & { readonly turn: 'waiting' } {
  const waited = (now.getTime() - Date.parse(startedAt)) / 1000;
  const pause = Math.min(120, Math.max(20, Math.floor(waited / 120)));
  return { turn: 'waiting', finding: zoneFinding(nodeName, volumes, needed), pauseSeconds: pause };
}
