import { ServiceError } from '../../kernel/service.ts';
import { compileMatcher, type Matcher } from './matchers.ts';

/** Answers whether an event, in the form in which EventBridge delivers it, is one that a rule asked for. */
export type EventPattern = (event: unknown) => boolean;

type Node = (value: unknown) => boolean;

/**
 * Compiles an event pattern. Every field of the pattern must hold; of the values of one field one is enough.
 *
 * @throws {ServiceError} `InvalidEventPatternException` for whatever EventBridge would not take, also an unknown
 * comparison operator. Source: EventBridge User Guide, "Comparison operators for use in event patterns".
 */
export function compileEventPattern(source: string | object): EventPattern {
  const pattern = typeof source === 'string' ? parse(source) : source;
  if (!isRecord(pattern) || Object.keys(pattern).length === 0) throw invalid('the pattern must be a non-empty object');
  return compileObject(pattern, '');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function invalid(reason: string): ServiceError {
  return new ServiceError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (error) {
    throw invalid(`not JSON (${(error as Error).message})`);
  }
}

function compileObject(pattern: Record<string, unknown>, path: string): Node {
  const fields = Object.entries(pattern).map(([key, value]) => compileField(key, value, path ? `${path}.${key}` : key));
  return (value) => fields.every((field) => field(value));
}

function compileField(key: string, value: unknown, path: string): Node {
  if (key === '$or') return compileOr(value, path);
  const child = (event: unknown) => (isRecord(event) ? event[key] : undefined);
  if (isRecord(value)) {
    if (Object.keys(value).length === 0) throw invalid(`"${path}" is an empty object`);
    const nested = compileObject(value, path);
    return (event) => matchesSomeElement(child(event), nested);
  }
  if (!Array.isArray(value)) throw invalid(`"${path}" must be an object or an array`);
  if (value.length === 0) throw invalid(`"${path}" is an empty array`);
  const matchers = value.map((candidate) => compileMatcher(candidate, path));
  return (event) => matchesLeaf(child(event), matchers);
}

/** Fields of one pattern object must hold within one and the same element of an array of objects. */
function matchesSomeElement(value: unknown, nested: Node): boolean {
  return Array.isArray(value) ? value.some(nested) : nested(value);
}

/** An array in the event matches when one of its elements does. Objects are no leaves: to a comparison they are absent. */
function matchesLeaf(value: unknown, matchers: readonly Matcher[]): boolean {
  const leaves = (Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value]).filter(
    (leaf) => leaf !== undefined && !isRecord(leaf),
  );
  if (leaves.length === 0) return matchers.some((matcher) => matcher.matchesAbsence);
  return matchers.some((matcher) => leaves.some((leaf) => matcher.matches(leaf)));
}

function compileOr(value: unknown, path: string): Node {
  if (!Array.isArray(value) || value.length < 2 || !value.every((entry) => isRecord(entry))) {
    throw invalid(`"${path}" must be an array of at least two objects`);
  }
  const branches = value.map((entry: Record<string, unknown>, index) => {
    if (Object.keys(entry).length === 0) throw invalid(`"${path}[${index}]" is an empty object`);
    return compileObject(entry, path.replace(/\.?\$or$/, ''));
  });
  return (event) => branches.some((branch) => branch(event));
}
