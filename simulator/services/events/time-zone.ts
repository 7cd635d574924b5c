import { ServiceError } from '../../kernel/service.ts';

/** What a clock on the wall shows; `month` counts from 1. */
export type WallClock = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws {ServiceError} `ValidationException` for a name that is in no time zone database. */
export function wallClock(time: number, timezone: string): WallClock {
  const parts = Object.fromEntries(
    formatOf(timezone)
      .formatToParts(time)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
  return { year, month, day, hour, minute, second };
}

/** The moments at which the wall shows exactly this: none when the clocks skip it, two when they repeat it. */
export function instantsOf(wall: WallClock, timezone: string): number[] {
  const asUtc = asIfUtc(wall);
  const found = new Set<number>();
  for (const guess of [asUtc - 86_400_000, asUtc + 86_400_000]) {
    const offset = asIfUtc(wallClock(guess, timezone)) - Math.floor(guess / 1000) * 1000;
    const candidate = asUtc - offset;
    if (asIfUtc(wallClock(candidate, timezone)) === asUtc) found.add(candidate);
  }
  return [...found].sort((a, b) => a - b);
}

function asIfUtc({ year, month, day, hour, minute, second }: WallClock): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const format = createFormat(timezone);
  formats.set(timezone, format);
  return format;
}

function createFormat(timeZone: string): Intl.DateTimeFormat {
  const whole = 'numeric';
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: whole,
      month: whole,
      day: whole,
      hour: whole,
      minute: whole,
      second: whole,
    });
  } catch {
    throw new ServiceError('ValidationException', `Invalid Schedule Expression Timezone ${timeZone}.`);
  }
}
