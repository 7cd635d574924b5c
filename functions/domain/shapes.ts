import * as v from 'valibot';
import { midnightOf } from './calendar-date.ts';
import { expectation } from './findings.ts';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Any JSON object. For valibot a list is an object too. */
export const anyObject = v.custom<Record<string, unknown>>(isObject, 'an object');

function missingKey(schema: v.GenericSchema | undefined): string {
  const [missing] = (schema && v.safeParse(schema, undefined).issues) ?? [];
  return missing ? expectation(missing) : 'something';
}

/** valibot stops at the first unknown key. */
function unknownKeys(first: string, all: readonly string[]): string {
  const others = all.filter((key) => key !== first).map((key) => `"${key}"`);
  if (others.length === 0) return 'unknown key';
  return `unknown key, and so ${others.length === 1 ? 'is' : 'are'} ${others.join(', ')}`;
}

/** Says of a missing key what belongs there, and of unknown keys all their names. */
const wording =
  (entries: v.ObjectEntries) =>
  (issue: v.ObjectIssue | v.StrictObjectIssue): string => {
    const at = issue.path?.[0];
    if (at?.type !== 'object') return issue.message;
    if (issue.expected !== 'never') return missingKey(entries[at.key]);
    return unknownKeys(
      at.key,
      Object.keys(at.input).filter((key) => !Object.hasOwn(entries, key)),
    );
  };

/** An object that has no other keys than these: what we write ourselves, and what people give us. */
export const strictObject = <const Entries extends v.ObjectEntries>(entries: Entries) => ({
  ...v.pipe(anyObject, v.strictObject(entries, wording(entries))),
  entries,
});

/** An object of which we read these keys; others are left out. AWS adds fields to its events without notice. */
export const openObject = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(anyObject, v.object(entries, wording(entries)));

/** One of several shapes. What fits none of them is judged by the shape that it nearly has. */
export const nearestOf = <const Shapes extends readonly [v.GenericSchema, ...v.GenericSchema[]]>(shapes: Shapes) =>
  v.lazy((input): Shapes[number] => {
    const faults = (shape: v.GenericSchema) => v.safeParse(shape, input).issues?.length ?? 0;
    return shapes.reduce((nearest, shape) => (faults(shape) < faults(nearest) ? shape : nearest));
  });

/** A text that is not empty. */
export const nonEmpty = v.pipe(v.string(), v.minLength(1));

export const wholeNumber = v.pipe(v.number(), v.safeInteger());
export const countFromZero = v.pipe(wholeNumber, v.minValue(0));
export const countFromOne = v.pipe(wholeNumber, v.minValue(1));

function isTimestamp(text: string): boolean {
  const [, date] = /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z$/.exec(text) ?? [];
  return date !== undefined && midnightOf(date) !== undefined;
}

/** A point in time, in UTC, with seconds. */
export const timestamp = v.pipe(v.string(), v.check(isTimestamp, 'a time in UTC such as 2026-05-16T04:12:02Z'));

/** The value as the schema reads it; undefined when it does not fit. */
export function readAs<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> | undefined {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? parsed.output : undefined;
}
