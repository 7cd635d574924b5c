import { describe, expect, it } from 'vitest';
import { parseSchedule } from '../../../simulator/services/events/schedule-expression.ts';

const at = (iso: string) => Date.parse(iso);
const next = (
  expression: string,
  after: string,
  options: { timezone?: string; createdAt?: string; oneTime?: boolean } = {},
) => {
  const { createdAt = after, ...rest } = options;
  const due = parseSchedule(expression, { createdAt: at(createdAt), ...rest }).nextAfter(at(after));
  return due === undefined ? undefined : new Date(due).toISOString().replace(':00.000Z', 'Z');
};

describe('schedule expressions', () => {
  it.each([
    { case: 'every day', expression: 'cron(15 6 * * ? *)', after: '2026-06-01T06:15:00Z', due: '2026-06-02T06:15Z' },
    {
      case: 'later the same day',
      expression: 'cron(15 6 * * ? *)',
      after: '2026-06-01T06:14:59Z',
      due: '2026-06-01T06:15Z',
    },
    {
      case: 'weekdays only',
      expression: 'cron(0 18 ? * MON-FRI *)',
      after: '2026-06-05T18:00:00Z',
      due: '2026-06-08T18:00Z',
    },
    {
      case: 'the first of the month',
      expression: 'cron(0 8 1 * ? *)',
      after: '2026-06-01T08:00:00Z',
      due: '2026-07-01T08:00Z',
    },
    {
      case: 'every ten minutes',
      expression: 'cron(0/10 * ? * MON-FRI *)',
      after: '2026-06-01T10:05:00Z',
      due: '2026-06-01T10:10Z',
    },
    {
      case: 'the second Tuesday',
      expression: 'cron(30 22 ? * tue#2 *)',
      after: '2026-06-01T00:00:00Z',
      due: '2026-06-09T22:30Z',
    },
    {
      case: 'the second Tuesday by number',
      expression: 'cron(30 22 ? * 3#2 *)',
      after: '2026-06-09T22:30:00Z',
      due: '2026-07-14T22:30Z',
    },
    {
      case: 'the last Friday',
      expression: 'cron(0 0 ? * 6L *)',
      after: '2026-06-01T00:00:00Z',
      due: '2026-06-26T00:00Z',
    },
    {
      case: 'the last day of the month',
      expression: 'cron(0 0 L * ? *)',
      after: '2026-02-01T00:00:00Z',
      due: '2026-02-28T00:00Z',
    },
    {
      case: 'the weekday nearest to a Saturday',
      expression: 'cron(0 0 15W * ? *)',
      after: '2026-08-01T00:00:00Z',
      due: '2026-08-14T00:00Z',
    },
    {
      case: 'the weekday nearest to a Sunday',
      expression: 'cron(0 0 15W * ? *)',
      after: '2026-11-01T00:00:00Z',
      due: '2026-11-16T00:00Z',
    },
    {
      case: 'a first that is a Saturday, within its month',
      expression: 'cron(0 0 1W * ? *)',
      after: '2026-07-31T00:00:00Z',
      due: '2026-08-03T00:00Z',
    },
    {
      case: 'the last weekday of the month',
      expression: 'cron(0 0 LW * ? *)',
      after: '2026-05-01T00:00:00Z',
      due: '2026-05-29T00:00Z',
    },
    {
      case: 'the 29th of February',
      expression: 'cron(0 0 29 2 ? *)',
      after: '2026-03-01T00:00:00Z',
      due: '2028-02-29T00:00Z',
    },
    {
      case: 'months and years by list',
      expression: 'cron(0 0 1 JAN,JUL ? 2027,2029)',
      after: '2027-07-02T00:00:00Z',
      due: '2029-01-01T00:00Z',
    },
    { case: 'a year that is over', expression: 'cron(0 0 1 1 ? 2020)', after: '2026-01-01T00:00:00Z', due: undefined },
    {
      case: 'a rate, from its creation',
      expression: 'rate(5 minutes)',
      after: '2026-06-01T00:07:00Z',
      createdAt: '2026-06-01T00:01:00Z',
      due: '2026-06-01T00:11Z',
    },
    { case: 'a rate of one day', expression: 'rate(1 day)', after: '2026-06-01T00:00:00Z', due: '2026-06-02T00:00Z' },
  ])('are due next: $case', ({ expression, after, createdAt, due }) => {
    expect(next(expression, after, createdAt === undefined ? {} : { createdAt })).toBe(due);
  });

  it.each([
    { case: 'summer time', after: '2026-06-01T00:00:00Z', due: '2026-06-01T10:15Z' },
    { case: 'winter time', after: '2026-12-01T00:00:00Z', due: '2026-12-01T11:15Z' },
  ])('follow a time zone in $case', ({ after, due }) => {
    expect(next('cron(15 6 * * ? *)', after, { timezone: 'America/New_York' })).toBe(due);
  });

  it('skip a wall-clock time that the change to summer time skips', () => {
    expect(next('cron(30 2 * * ? *)', '2026-03-07T12:00:00Z', { timezone: 'America/New_York' })).toBe(
      '2026-03-09T06:30Z',
    );
  });

  it('happen once when the change to winter time repeats the hour', () => {
    const timezone = 'America/New_York';
    expect(next('cron(30 1 * * ? *)', '2026-10-31T12:00:00Z', { timezone })).toBe('2026-11-01T05:30Z');
    expect(next('cron(30 1 * * ? *)', '2026-11-01T05:30:00Z', { timezone })).toBe('2026-11-02T06:30Z');
  });

  it('happen once for at(...), and never again', () => {
    const options = { timezone: 'Europe/Berlin', oneTime: true };
    expect(next('at(2026-07-01T09:00:00)', '2026-06-01T00:00:00Z', options)).toBe('2026-07-01T07:00Z');
    expect(next('at(2026-07-01T09:00:00)', '2026-07-01T07:00:00Z', options)).toBeUndefined();
  });

  it.each([
    'cron(0 12 * * ?)',
    'cron(0 12 * * * *)',
    'cron(0 12 ? * ? *)',
    'cron(60 12 * * ? *)',
    'cron(0 24 * * ? *)',
    'cron(0 12 32 * ? *)',
    'cron(0 12 ? * 8 *)',
    'cron(0 12 ? * MON/2 *)',
    'cron(0 12 ? * tue#6 *)',
    'cron(5-1 12 * * ? *)',
    'cron(*/0 * * * ? *)',
    'rate(0 minutes)',
    'rate(1 days)',
    'rate(2 day)',
    'rate(5 weeks)',
    'every day',
    'at(2026-07-01T09:00:00)',
  ])('refuse %s', (expression) => {
    expect(() => next(expression, '2026-06-01T00:00:00Z')).toThrow(
      expect.objectContaining({ code: 'ValidationException' }),
    );
  });

  it('refuse a time zone that is in no database', () => {
    expect(() => next('cron(0 0 * * ? *)', '2026-06-01T00:00:00Z', { timezone: 'Mars/Olympus' })).toThrow(
      /Mars\/Olympus/,
    );
  });
});
