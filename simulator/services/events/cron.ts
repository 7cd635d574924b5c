import { ServiceError } from '../../kernel/service.ts';

/** A wall-clock day; `weekday` is 0 for Sunday. */
export type Day = { readonly year: number; readonly month: number; readonly day: number; readonly weekday: number };

/** What a cron expression says, without a time zone. */
export type Cron = {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly runsOn: (day: Day) => boolean;
  /** No day of a later year is asked for. */
  readonly lastYear: number;
};

type Field = { readonly name: string; readonly low: number; readonly high: number; readonly names?: readonly string[] };

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const fields = {
  minutes: { name: 'minutes', low: 0, high: 59 },
  hours: { name: 'hours', low: 0, high: 23 },
  dayOfMonth: { name: 'day-of-month', low: 1, high: 31 },
  month: { name: 'month', low: 1, high: 12, names: months },
  dayOfWeek: { name: 'day-of-week', low: 1, high: 7, names: weekdays },
  year: { name: 'year', low: 1970, high: 2199 },
} as const satisfies Record<string, Field>;

/**
 * Parses the six fields between the brackets of `cron(...)`: minutes, hours, day of month, month, day of week (1 is
 * Sunday), year. One of the two day fields must be `?`. Source: EventBridge User Guide, "Cron expressions".
 */
export function parseCron(expression: string): Cron {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== 6) throw invalid(expression, 'six fields are needed');
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = parts as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw invalid(expression, 'exactly one of day-of-month and day-of-week must be ?');
  }
  const inMonth = new Set(values(month, fields.month, expression));
  const inYear = new Set(values(year, fields.year, expression));
  const onDay = dayOfMonth === '?' ? dayOfWeekTest(dayOfWeek, expression) : dayOfMonthTest(dayOfMonth, expression);
  return {
    minutes: values(minutes, fields.minutes, expression),
    hours: values(hours, fields.hours, expression),
    runsOn: (day) => inYear.has(day.year) && inMonth.has(day.month) && onDay(day),
    lastYear: Math.max(...inYear),
  };
}

/** The error of PutRule and CreateSchedule for a schedule that cannot be read. */
export function invalid(expression: string, reason: string): ServiceError {
  return new ServiceError(
    'ValidationException',
    `Parameter ScheduleExpression is not valid: ${expression}: ${reason}.`,
  );
}

/** Lists, ranges, steps and `*`. */
function values(text: string, field: Field, expression: string): number[] {
  const found = new Set<number>();
  for (const item of text.split(',')) for (const value of range(item, field, expression)) found.add(value);
  return [...found].sort((a, b) => a - b);
}

function range(item: string, field: Field, expression: string): number[] {
  const [span = '', step, ...rest] = item.split('/');
  if (rest.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step)))
    throw invalid(expression, `bad step in ${field.name}`);
  const [from, to] = bounds(span, step !== undefined, field, expression);
  const found: number[] = [];
  for (let value = from; value <= to; value += Number(step ?? 1)) found.push(value);
  return found;
}

function bounds(span: string, stepped: boolean, field: Field, expression: string): readonly [number, number] {
  if (span === '*') return [field.low, field.high];
  const [first = '', last, ...rest] = span.split('-');
  if (rest.length > 0) throw invalid(expression, `bad range in ${field.name}`);
  const from = single(first, field, expression);
  const to = last === undefined ? (stepped ? field.high : from) : single(last, field, expression);
  if (to < from) throw invalid(expression, `bad range in ${field.name}`);
  return [from, to];
}

function single(text: string, field: Field, expression: string): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return named + field.low;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= field.low && value <= field.high))
    throw invalid(expression, `${text || 'nothing'} is no ${field.name}`);
  return value;
}

function dayOfMonthTest(text: string, expression: string): (day: Day) => boolean {
  if (text === 'L') return (day) => day.day === lastDay(day);
  if (text === 'LW') return (day) => day.day === nearestWeekday(lastDay(day), day);
  const nearest = /^(\d+)W$/.exec(text);
  if (nearest) {
    const wanted = single(nearest[1] as string, fields.dayOfMonth, expression);
    return (day) => wanted <= lastDay(day) && day.day === nearestWeekday(wanted, day);
  }
  const wanted = new Set(values(text, fields.dayOfMonth, expression));
  return (day) => wanted.has(day.day);
}

function dayOfWeekTest(text: string, expression: string): (day: Day) => boolean {
  if (text === 'L') return (day) => day.weekday === 6;
  const last = /^(\w+)L$/.exec(text);
  if (last) {
    const weekday = single(last[1] as string, fields.dayOfWeek, expression) - 1;
    return (day) => day.weekday === weekday && day.day + 7 > lastDay(day);
  }
  const nth = /^(\w+)#([1-5])$/.exec(text);
  if (nth) {
    const weekday = single(nth[1] as string, fields.dayOfWeek, expression) - 1;
    return (day) => day.weekday === weekday && Math.ceil(day.day / 7) === Number(nth[2]);
  }
  if (text.includes('/')) throw invalid(expression, 'day-of-week takes no step');
  const wanted = new Set(values(text, fields.dayOfWeek, expression));
  return (day) => wanted.has(day.weekday + 1);
}

function lastDay({ year, month }: Day): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Monday to Friday nearest to a day, without leaving its month. */
function nearestWeekday(wanted: number, { year, month, day, weekday }: Day): number {
  const weekdayOfWanted = (((weekday + wanted - day) % 7) + 7) % 7;
  const last = lastDay({ year, month, day, weekday });
  if (weekdayOfWanted === 6) return wanted > 1 ? wanted - 1 : wanted + 2;
  if (weekdayOfWanted === 0) return wanted < last ? wanted + 1 : wanted - 2;
  return wanted;
}
