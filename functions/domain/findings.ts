import type * as v from 'valibot';

/** One thing that a schema found wrong. */
export type Issue = v.BaseIssue<unknown>;

/** What each kind of schema expects, after the word "expected". */
const expectations: Readonly<Record<string, (issue: Issue) => string>> = {
  string: () => 'a string',
  number: () => 'a number',
  finite: () => 'a finite number',
  safe_integer: () => 'a whole number',
  boolean: () => 'true or false',
  array: () => 'a list',
  tuple_with_rest: () => 'a list',
  literal: ({ expected }) => `${expected}`,
  picklist: ({ expected }) => `one of ${(expected ?? '').replace(/^\((.*)\)$/, '$1').replaceAll(' | ', ', ')}`,
  regex: ({ requirement }) => `a string that matches ${requirement}`,
  starts_with: ({ requirement }) => `a string that begins with "${requirement}"`,
  min_length: ({ input, requirement }) =>
    `a ${Array.isArray(input) ? 'list' : 'text'} ${requirement === 1 ? 'that is not empty' : `no shorter than ${requirement}`}`,
  min_value: ({ requirement }) => `at least ${requirement}`,
};

/** Schemas that have no words of their own get these from valibot. */
const isLeftToUs = ({ message }: Issue): boolean => message.startsWith('Invalid ');

/** What the schema wants instead, to be read after "expected": its own message, or what its kind stands for. */
export function expectation(issue: Issue): string {
  if (!isLeftToUs(issue)) return issue.message;
  return expectations[issue.type]?.(issue) ?? issue.expected ?? 'something else';
}

const longestQuote = 100;

function found(input: unknown): string {
  if (input === undefined) return 'nothing';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object' && input !== null) return 'an object';
  const text = typeof input === 'string' ? JSON.stringify(input) : String(input);
  return text.length > longestQuote ? `${text.slice(0, longestQuote)}..."` : text;
}

const isUnknownKey = ({ expected, path }: Issue): boolean => expected === 'never' && path?.at(-1)?.origin === 'key';

function wordsOf(issue: Issue): string {
  if (isUnknownKey(issue)) return isLeftToUs(issue) ? 'unknown key' : issue.message;
  return `expected ${expectation(issue)}, found ${found(issue.input)}`;
}

const fieldOf = ({ path }: Issue): string =>
  (path ?? []).reduce<string>((name, { key }) => {
    if (typeof key === 'number') return `${name}[${key}]`;
    return name === '' ? String(key) : `${name}.${String(key)}`;
  }, '');

/**
 * Every field that is wrong, what is expected of it and what is there instead: `"image.amiId": expected a string, found 7;
 * "dryrun": unknown key`. Of several faults of one field the first is told.
 *
 * @param whole what to call the value when it is wrong as a whole.
 */
export function findings(issues: readonly Issue[], whole: string): string {
  const byField = new Map<string, string>();
  for (const issue of issues) {
    const field = fieldOf(issue);
    if (!byField.has(field)) byField.set(field, `${field === '' ? whole : `"${field}"`}: ${wordsOf(issue)}`);
  }
  return [...byField.values()].join('; ');
}
