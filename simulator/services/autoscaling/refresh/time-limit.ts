/** How long a refresh has gone without progress, not counting the time in which it may wait. */
export type TimeLimit = {
  readonly spent: number;
  readonly seenAt: number;
  readonly isRunning: boolean;
};

export const LONGEST_WITHOUT_PROGRESS = 3_600_000;
export const LONGEST_REFRESH = 14 * 24 * 3_600_000;

export function startTimeLimit(now: number): TimeLimit {
  return { spent: 0, seenAt: now, isRunning: true };
}

/** @param isRunning Whether the time from now on counts. */
export function observe(limit: TimeLimit, now: number, isRunning: boolean): TimeLimit {
  const spent = limit.spent + (limit.isRunning ? now - limit.seenAt : 0);
  return { spent, seenAt: now, isRunning };
}

export function isUp({ spent }: TimeLimit): boolean {
  return spent >= LONGEST_WITHOUT_PROGRESS;
}

/** When the hour will be over if nothing happens; undefined while the time does not count. */
export function endOf({ spent, seenAt, isRunning }: TimeLimit): number | undefined {
  return isRunning ? seenAt + LONGEST_WITHOUT_PROGRESS - spent : undefined;
}
