import { BlockList, isIP } from 'node:net';
import { invalid, isRecord } from './event-pattern.ts';

/** One entry of the array that stands at a leaf of an event pattern. */
export type Matcher = {
  /** Asked with one value that the event has there: never an object, an array or undefined. */
  readonly matches: (value: unknown) => boolean;
  /** Whether an event without a value there is what the pattern wants. */
  readonly matchesAbsence: boolean;
};

type Test = (value: unknown) => boolean;
type Operator = (operand: unknown, path: string) => Test;

const operators: Readonly<Record<string, Operator>> = {
  prefix: (operand, path) => affix('prefix', operand, path),
  suffix: (operand, path) => affix('suffix', operand, path),
  'equals-ignore-case': (operand, path) => ignoringCase(text(operand, 'equals-ignore-case', path)),
  wildcard: (operand, path) => wildcard(text(operand, 'wildcard', path), path),
  numeric,
  cidr,
  'anything-but': anythingBut,
};

/** @throws {ServiceError} `InvalidEventPatternException` for an operator that EventBridge does not document. */
export function compileMatcher(candidate: unknown, path: string): Matcher {
  if (Array.isArray(candidate)) throw invalid(`"${path}" holds an array within its array`);
  // EventBridge compares numbers as they are written (300 is not 3.0e2); a parsed event no longer shows the difference.
  if (!isRecord(candidate)) return present((value) => value === candidate);
  const [name, ...others] = Object.keys(candidate);
  if (name === undefined || others.length > 0) throw invalid(`"${path}": a comparison must have exactly one operator`);
  const operand = candidate[name];
  if (name === 'exists') return exists(operand, path);
  const operator = operators[name];
  if (operator === undefined || !Object.hasOwn(operators, name)) {
    throw invalid(`"${path}": unrecognized match type ${name}`);
  }
  return present(operator(operand, path));
}

function present(matches: Test): Matcher {
  return { matches, matchesAbsence: false };
}

function exists(operand: unknown, path: string): Matcher {
  if (typeof operand !== 'boolean') throw invalid(`"${path}": exists takes true or false`);
  return { matches: () => operand, matchesAbsence: !operand };
}

function affix(kind: 'prefix' | 'suffix', operand: unknown, path: string): Test {
  const has = (value: string, part: string) => (kind === 'prefix' ? value.startsWith(part) : value.endsWith(part));
  if (isRecord(operand)) {
    const [name, ...others] = Object.keys(operand);
    if (name !== 'equals-ignore-case' || others.length > 0) {
      throw invalid(`"${path}": ${kind} takes a string or equals-ignore-case`);
    }
    const part = text(operand[name], `${kind} with equals-ignore-case`, path).toLowerCase();
    return (value) => typeof value === 'string' && has(value.toLowerCase(), part);
  }
  const part = text(operand, kind, path);
  return (value) => typeof value === 'string' && has(value, part);
}

function ignoringCase(expected: string): Test {
  const lower = expected.toLowerCase();
  return (value) => typeof value === 'string' && value.toLowerCase() === lower;
}

/** `*` stands for any number of characters; a backslash escapes `*` and itself. */
function wildcard(pattern: string, path: string): Test {
  const parts = pattern.match(/\\.?|./gsu) ?? [];
  if (parts.some((part) => part.startsWith('\\') && part !== '\\*' && part !== '\\\\')) {
    throw invalid(`"${path}": invalid escape in the wildcard pattern`);
  }
  if (parts.some((part, index) => part === '*' && parts[index + 1] === '*')) {
    throw invalid(`"${path}": consecutive wildcard characters`);
  }
  const expression = parts.map((part) => (part === '*' ? '.*' : RegExp.escape(part.at(-1) as string))).join('');
  const compiled = new RegExp(`^${expression}$`, 'su');
  return (value) => typeof value === 'string' && compiled.test(value);
}

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

function numeric(operand: unknown, path: string): Test {
  const wrong = invalid(`"${path}": numeric takes one comparison, or a lower and an upper bound`);
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) throw wrong;
  const bounds = [operand.slice(0, 2), operand.slice(2)]
    .filter((pair) => pair.length > 0)
    .map((pair) => bound(pair, path));
  const [lower, upper] = bounds;
  const isRange = lower?.sign.startsWith('>') && upper?.sign.startsWith('<') && lower.limit < upper.limit;
  if (upper !== undefined && !isRange) throw wrong;
  return (value) => typeof value === 'number' && bounds.every(({ sign, limit }) => comparisons[sign]?.(value, limit));
}

function bound([sign, limit]: readonly unknown[], path: string): { readonly sign: string; readonly limit: number } {
  if (typeof sign !== 'string' || !Object.hasOwn(comparisons, sign) || typeof limit !== 'number') {
    throw invalid(`"${path}": numeric takes =, <, <=, > or >= and a number`);
  }
  if (Math.abs(limit) > 5e9) throw invalid(`"${path}": numeric values lie between -5.0e9 and 5.0e9`);
  return { sign, limit };
}

function cidr(operand: unknown, path: string): Test {
  const [network, bits] = text(operand, 'cidr', path).split('/');
  const version = isIP(network ?? '');
  const prefix = Number(bits);
  if (version === 0 || bits === undefined || !Number.isInteger(prefix) || prefix < 0 || prefix > versionBits(version)) {
    throw invalid(`"${path}": malformed CIDR`);
  }
  const range = new BlockList();
  range.addSubnet(network as string, prefix, family(version));
  return (value) => typeof value === 'string' && isIP(value) === version && range.check(value, family(version));
}

const versionBits = (version: number) => (version === 4 ? 32 : 128);
const family = (version: number) => (version === 4 ? 'ipv4' : 'ipv6');

const negatable: Readonly<Record<string, (operand: unknown, path: string) => Test>> = {
  prefix: (operand, path) => affix('prefix', text(operand, 'anything-but prefix', path), path),
  suffix: (operand, path) => affix('suffix', text(operand, 'anything-but suffix', path), path),
  'equals-ignore-case': (operand, path) => ignoringCase(text(operand, 'anything-but equals-ignore-case', path)),
  wildcard: (operand, path) => wildcard(text(operand, 'anything-but wildcard', path), path),
};

/** Takes a value, a list of strings, a list of numbers, or one of four operators with one operand or a list of them. */
function anythingBut(operand: unknown, path: string): Test {
  if (isRecord(operand)) {
    const [name, ...others] = Object.keys(operand);
    if (name === undefined || others.length > 0 || !Object.hasOwn(negatable, name)) {
      throw invalid(`"${path}": anything-but does not take ${name ?? 'an empty object'}`);
    }
    const tests = nonEmptyList(operand[name], path).map((entry) => (negatable[name] as Operator)(entry, path));
    return (value) => !tests.some((test) => test(value));
  }
  const excluded = nonEmptyList(operand, path);
  const kinds = new Set(excluded.map((entry) => typeof entry));
  if (kinds.size > 1 || !(kinds.has('string') || kinds.has('number'))) {
    throw invalid(`"${path}": anything-but takes strings or numbers, of one kind`);
  }
  return (value) => !excluded.includes(value);
}

function nonEmptyList(operand: unknown, path: string): readonly unknown[] {
  const list = Array.isArray(operand) ? operand : [operand];
  if (list.length === 0) throw invalid(`"${path}": the list of anything-but is empty`);
  return list;
}

function text(operand: unknown, name: string, path: string): string {
  if (typeof operand !== 'string') throw invalid(`"${path}": ${name} takes a string`);
  if (operand === '') throw invalid(`"${path}": ${name} takes a non-empty string`);
  return operand;
}
