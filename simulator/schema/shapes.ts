import * as v from 'valibot';

/** Any JSON object. For valibot a list is an object too. */
export const anyObject = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object',
);

const unknownKey = 'unknown or not simulated';

/** Names every unknown key, since valibot stops at the first. */
const wording =
  (entries: v.ObjectEntries) =>
  (issue: v.StrictObjectIssue): string => {
    const at = issue.path?.[0];
    if (issue.expected !== 'never' || at?.type !== 'object') return issue.message;
    const others = Object.keys(at.input).filter((key) => key !== at.key && !Object.hasOwn(entries, key));
    return others.length === 0 ? unknownKey : `${unknownKey}, as well as ${others.join(', ')}`;
  };

/** An object that has no other keys than these, as an option of `v.variant`. */
export const variantObject = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.strictObject(entries, wording(entries));

/** An object that has no other keys than these. */
export const strictObject = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(anyObject, variantObject(entries));

/** An object of somebody else's that may have other keys as well; they are left out. */
export const openObject = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(anyObject, v.object(entries));

/** Keys that valibot would leave out without a word. */
const unspeakable = ['__proto__', 'prototype', 'constructor'];

/** An object by whose keys people name things. */
export const recordOf = <
  const Key extends v.GenericSchema<string, string>,
  const Value extends v.GenericSchema<unknown, unknown>,
>(
  key: Key,
  value: Value,
) =>
  v.pipe(
    anyObject,
    v.check((given) => !unspeakable.some((each) => Object.hasOwn(given, each)), `no key ${unspeakable.join(', ')}`),
    v.record(key, value),
  );

export const number = v.pipe(v.number('a number'), v.finite('a finite number'));
export const wholeNumber = v.pipe(v.number('a number'), v.safeInteger('a whole number'));
export const countFromZero = v.pipe(wholeNumber, v.minValue(0));
export const countFromOne = v.pipe(wholeNumber, v.minValue(1));

/** RFC 3339 in UTC, with seconds, of a day that the calendar has. */
function isTimestamp(text: string): boolean {
  const [, day = ''] = /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z$/.exec(text) ?? [];
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

/** A point in time, in UTC. */
export const timestamp = v.pipe(v.string(), v.check(isTimestamp, 'a time in UTC such as 2026-05-16T04:12:02Z'));
