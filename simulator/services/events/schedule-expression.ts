import { type Cron, type Day, invalid, parseCron } from './cron.ts';
import { instantsOf, wallClock } from './time-zone.ts';

/** When something is to happen: the next moment after `time`, in milliseconds since the epoch; undefined for never. */
export type Schedule = { readonly nextAfter: (time: number) => number | undefined };

const dayMs = 86_400_000;
const units: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: dayMs };

/**
 * `rate(...)`, counted from `createdAt`, `cron(...)` in a time zone, or `at(...)` where one-time schedules exist.
 * Sources: EventBridge User Guide, "Setting a schedule pattern for scheduled rules"; Scheduler User Guide, "Schedule types".
 *
 * @throws {ServiceError} `ValidationException` for anything else.
 */
export function parseSchedule(
  expression: string,
  {
    createdAt,
    timezone = 'UTC',
    oneTime = false,
  }: { readonly createdAt: number; readonly timezone?: string; readonly oneTime?: boolean },
): Schedule {
  const [, kind, body] = /^(rate|cron|at)\((.*)\)$/.exec(expression) ?? [];
  if (body === undefined) throw invalid(expression, 'it must be rate(...) or cron(...)');
  if (kind === 'rate') return rateSchedule(body, expression, createdAt);
  if (kind === 'cron') return cronSchedule(parseCron(body), timezone);
  if (!oneTime) throw invalid(expression, 'rules take rate(...) or cron(...)');
  return oneTimeSchedule(body, expression, timezone);
}

function rateSchedule(body: string, expression: string, createdAt: number): Schedule {
  const [, count = '', unit = ''] = /^([1-9]\d*) (minute|hour|day)s?$/.exec(body) ?? [];
  const isPlural = body.endsWith('s');
  if (count === '' || isPlural === (count === '1'))
    throw invalid(expression, 'a rate is such as rate(1 day) or rate(5 minutes)');
  const every = Number(count) * (units[unit] as number);
  return { nextAfter: (time) => createdAt + every * Math.max(1, Math.floor((time - createdAt) / every) + 1) };
}

/** A wall-clock time that a change of the clocks skips does not happen; one that it repeats happens the first time only. */
function cronSchedule(cron: Cron, timezone: string): Schedule {
  return { nextAfter: (time) => nextOfCron(time, cron, timezone) };
}

function nextOfCron(time: number, cron: Cron, timezone: string): number | undefined {
  const start = wallClock(time, timezone);
  let date = Date.UTC(start.year, start.month - 1, start.day);
  for (let day = dayOf(date); day.year <= cron.lastYear; day = dayOf(date)) {
    const found = cron.runsOn(day) ? firstAfter(time, day, cron, timezone) : undefined;
    if (found !== undefined) return found;
    date += dayMs;
  }
  return undefined;
}

function firstAfter(time: number, { year, month, day }: Day, cron: Cron, timezone: string): number | undefined {
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const [instant] = instantsOf({ year, month, day, hour, minute, second: 0 }, timezone);
      if (instant !== undefined && instant > time) return instant;
    }
  }
  return undefined;
}

function dayOf(time: number): Day {
  const date = new Date(time);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
  };
}

function oneTimeSchedule(body: string, expression: string, timezone: string): Schedule {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(body)?.slice(1).map(Number);
  if (parts === undefined) throw invalid(expression, 'a one-time schedule is at(yyyy-mm-ddThh:mm:ss)');
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  const [instant] = instantsOf({ year, month, day, hour, minute, second }, timezone);
  if (instant === undefined) throw invalid(expression, `there is no such time in ${timezone}`);
  return { nextAfter: (time) => (instant > time ? instant : undefined) };
}
