import { kindOfConditionKey } from './condition-keys.ts';
import { arnMatcher, patternMatcher } from './patterns.ts';
import { PolicyError } from './policy-error.ts';
import { type ContextLookup, checkVariables, fillVariables } from './policy-variables.ts';

/** One line of a Condition block: a key and the values that one operator compares it with. */
export type Condition = {
  readonly operator: string;
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly ifExists: boolean;
  readonly key: string;
  readonly values: readonly string[];
};

type Comparison = { readonly holds: (wanted: string, given: string) => boolean; readonly negated?: true };

const numeric = (compare: (given: number, wanted: number) => boolean) => ({
  holds: (wanted: string, given: string) => compare(Number(given), Number(wanted)),
});
const matchesPattern = (wanted: string, given: string) => patternMatcher(wanted)(given);
const matchesArn = (wanted: string, given: string) => arnMatcher(wanted)(given);
const equals = (wanted: string, given: string) => wanted === given;
const equalsIgnoringCase = (wanted: string, given: string) => wanted.toLowerCase() === given.toLowerCase();

const comparisons: Readonly<Record<string, Comparison>> = {
  StringEquals: { holds: equals },
  StringNotEquals: { holds: equals, negated: true },
  StringEqualsIgnoreCase: { holds: equalsIgnoringCase },
  StringNotEqualsIgnoreCase: { holds: equalsIgnoringCase, negated: true },
  StringLike: { holds: matchesPattern },
  StringNotLike: { holds: matchesPattern, negated: true },
  ArnEquals: { holds: matchesArn },
  ArnLike: { holds: matchesArn },
  ArnNotEquals: { holds: matchesArn, negated: true },
  ArnNotLike: { holds: matchesArn, negated: true },
  Bool: { holds: equalsIgnoringCase },
  NumericEquals: numeric((given, wanted) => given === wanted),
  NumericNotEquals: { ...numeric((given, wanted) => given === wanted), negated: true },
  NumericLessThan: numeric((given, wanted) => given < wanted),
  NumericLessThanEquals: numeric((given, wanted) => given <= wanted),
  NumericGreaterThan: numeric((given, wanted) => given > wanted),
  NumericGreaterThanEquals: numeric((given, wanted) => given >= wanted),
};

/** Reads a Condition block. Throws for an operator or a key that this account cannot judge. */
export function parseConditions(block: unknown): readonly Condition[] {
  if (block === undefined) return [];
  return entriesOf(block, 'Condition').flatMap(([operator, keys]) =>
    entriesOf(keys, operator).map(([key, values]) => parseCondition(operator, key, values)),
  );
}

function parseCondition(written: string, key: string, values: unknown): Condition {
  const [, quantifier, operator = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(written) ?? [];
  if (operator !== 'Null' && !(operator in comparisons)) {
    throw new PolicyError(`The condition operator ${written} is not simulated.`);
  }
  const kind = kindOfConditionKey(key);
  if (kind === undefined) throw new PolicyError(`The condition key ${key} is not simulated.`);
  if (kind === 'multi' && quantifier === undefined && operator !== 'Null') {
    throw new PolicyError(`${key} has many values: ${written} needs ForAllValues or ForAnyValue.`);
  }
  const texts = (Array.isArray(values) ? values : [values]).map((value) => conditionValue(key, value));
  return {
    operator,
    quantifier: quantifier as Condition['quantifier'],
    ifExists: ifExists !== undefined,
    key,
    values: texts,
  };
}

function conditionValue(key: string, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'boolean' && typeof value !== 'number') {
    throw new PolicyError(`A value of condition key ${key} is neither text, number nor boolean.`);
  }
  checkVariables(String(value));
  return String(value);
}

function entriesOf(value: unknown, name: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PolicyError(`${name} in a Condition must be an object.`);
  }
  return Object.entries(value);
}

/** True if the condition holds for the request, with AWS's rules for keys that the request does not have. */
export function holds(condition: Condition, lookup: ContextLookup): boolean {
  const given = lookup(condition.key);
  if (condition.operator === 'Null') return condition.values.includes(String(given === undefined));
  const { holds: compare, negated = false } = comparisons[condition.operator] as Comparison;
  if (given === undefined || given.length === 0) return holdsWithoutKey(condition, negated);

  const wanted = condition.values
    .map((value) => fillVariables(value, lookup))
    .filter((value): value is string => value !== undefined);
  const passes = (value: string) => wanted.some((candidate) => compare(candidate, value)) !== negated;
  return condition.quantifier === 'ForAnyValue' ? given.some(passes) : given.every(passes);
}

/** A missing key satisfies ForAllValues, IfExists and the negated operators; nothing satisfies ForAnyValue. */
function holdsWithoutKey({ quantifier, ifExists }: Condition, negated: boolean): boolean {
  if (quantifier === 'ForAllValues' || ifExists) return true;
  return quantifier === undefined && negated;
}
