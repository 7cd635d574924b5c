import type { Catcher, Retrier } from './definition.ts';
import type { Place } from './invalid-definition.ts';
import type { JsonObject } from './json.ts';
import {
  readAssign,
  readList,
  readTemplate,
  readText,
  readWhole,
  refuseOtherFields,
  requireFields,
  THE_ERROR,
} from './read-field.ts';
import { PREDEFINED_ERRORS } from './states-error.ts';

const RETRY_FIELDS = [
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
  'Comment',
];
const CATCH_FIELDS = ['ErrorEquals', 'Next', 'Assign', 'Output', 'Comment'];

const MAX_ATTEMPTS = 99_999_999;
const MAX_DELAY_SECONDS = 31_622_400;

/** The Retry field of a state. */
export function parseRetry(fields: JsonObject, place: Place): readonly Retrier[] {
  const retriers = readList(fields, 'Retry', place);
  return retriers.map(([retrier, inner], index) => {
    refuseOtherFields(retrier, RETRY_FIELDS, inner);
    const maxDelaySeconds = readWhole(retrier, 'MaxDelaySeconds', inner, { least: 1, most: MAX_DELAY_SECONDS });
    const intervalSeconds = readWhole(retrier, 'IntervalSeconds', inner, { least: 1, most: MAX_ATTEMPTS }) ?? 1;
    if (maxDelaySeconds !== undefined && maxDelaySeconds <= intervalSeconds) {
      inner.into('MaxDelaySeconds').refuse("'MaxDelaySeconds' must be greater than 'IntervalSeconds'");
    }
    return {
      errorEquals: readErrorEquals(retrier, inner, index === retriers.length - 1),
      intervalSeconds,
      maxAttempts: readWhole(retrier, 'MaxAttempts', inner, { least: 0, most: MAX_ATTEMPTS }) ?? 3,
      backoffRate: readBackoffRate(retrier, inner),
      ...(maxDelaySeconds === undefined ? {} : { maxDelaySeconds }),
      jitter: readJitter(retrier, inner),
    };
  });
}

/** The Catch field of a state. */
export function parseCatch(fields: JsonObject, place: Place): readonly Catcher[] {
  const catchers = readList(fields, 'Catch', place);
  return catchers.map(([catcher, inner], index) => {
    refuseOtherFields(catcher, CATCH_FIELDS, inner);
    requireFields(catcher, ['Next'], inner);
    const output = readTemplate(catcher, 'Output', inner, THE_ERROR, `Catch[${index}]/Output`);
    return {
      errorEquals: readErrorEquals(catcher, inner, index === catchers.length - 1),
      next: readText(catcher, 'Next', inner) ?? '',
      assign: readAssign(catcher, inner, THE_ERROR, `Catch[${index}]/Assign`),
      ...(output === undefined ? {} : { output }),
    };
  });
}

function readErrorEquals(fields: JsonObject, place: Place, isLast: boolean): readonly string[] {
  const names = fields.ErrorEquals;
  const inner = place.into('ErrorEquals');
  if (!Array.isArray(names) || names.length === 0) {
    return inner.refuse('Value must be a non-empty array of error names') ?? [];
  }
  if (!names.every((name) => typeof name === 'string')) return inner.refuse('Expected values of type String') ?? [];
  for (const name of names.filter((given) => given.startsWith('States.') && !PREDEFINED_ERRORS.has(given))) {
    inner.refuse(`'${name}' is not an error name of the States Language`);
  }
  if (names.includes('States.ALL') && !(names.length === 1 && isLast)) {
    inner.refuse("'States.ALL' must appear alone and in the last entry");
  }
  return names;
}

function readBackoffRate(fields: JsonObject, place: Place): number {
  const rate = fields.BackoffRate ?? 2;
  if (typeof rate === 'number' && rate >= 1) return rate;
  place.into('BackoffRate').refuse('Value must be a number greater than or equal to 1.0');
  return 1;
}

function readJitter(fields: JsonObject, place: Place): boolean {
  const strategy = fields.JitterStrategy ?? 'NONE';
  if (strategy !== 'FULL' && strategy !== 'NONE') {
    place.into('JitterStrategy').refuse("The field 'JitterStrategy' should have one of these values: [FULL, NONE]");
  }
  return strategy === 'FULL';
}
