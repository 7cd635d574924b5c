import type { ParameterValue } from './parameters.ts';
import { getAttParts, parseSub, subParts } from './substitution.ts';
import { TemplateError } from './template-error.ts';

/** What intrinsic functions can see while a template is resolved. */
export type Scope = {
  /** Parameters and pseudo parameters. */
  readonly values: ReadonlyMap<string, ParameterValue>;
  readonly mappings: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly condition: (name: string, place: string) => boolean;
  /** Throws where resources cannot be referred to, as in conditions, or do not exist. */
  readonly resource: (
    logicalId: string,
    place: string,
  ) => { readonly ref: string; readonly attributes: Readonly<Record<string, unknown>> };
};

type Call = { readonly argument: unknown; readonly scope: Scope; readonly place: string };

/** What `AWS::NoValue` resolves to: the property or list item that holds it is left out. */
const noValue = Symbol('AWS::NoValue');

/** @throws {TemplateError} naming the place, also for functions that are not simulated such as `Fn::ImportValue`. */
export function resolveValue(value: unknown, scope: Scope, place: string): unknown {
  const resolved = resolve(value, scope, place);
  return resolved === noValue ? undefined : resolved;
}

/** Resolves a condition of the template or the argument of a logical function. */
export function resolveCondition(value: unknown, scope: Scope, place: string): boolean {
  const resolved =
    isRecord(value) && 'Condition' in value
      ? scope.condition(String(value.Condition), place)
      : resolve(value, scope, place);
  if (resolved === true || resolved === 'true') return true;
  if (resolved === false || resolved === 'false') return false;
  throw new TemplateError(place, 'is no condition');
}

const functions: Readonly<Record<string, (call: Call) => unknown>> = {
  Ref: ({ argument, scope, place }) => reference(String(argument), scope, place),
  'Fn::GetAtt': getAtt,
  'Fn::Sub': substitute,
  'Fn::Join': join,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::FindInMap': findInMap,
  'Fn::If': chooseBranch,
  'Fn::Equals': equals,
  'Fn::And': (call) => conditions(call, 2, 10).every(Boolean),
  'Fn::Or': (call) => conditions(call, 2, 10).some(Boolean),
  'Fn::Not': (call) => !conditions(call, 1, 1)[0],
};

function resolve(value: unknown, scope: Scope, place: string): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => resolve(item, scope, `${place}.${index}`)).filter((item) => item !== noValue);
  }
  if (!isRecord(value)) return value;
  const [name, ...others] = Object.keys(value);
  if (name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) {
    if (others.length > 0) throw new TemplateError(place, `${name} stands beside other keys`);
    const run = functions[name];
    if (run === undefined || !Object.hasOwn(functions, name))
      throw new TemplateError(place, `${name} is unknown or not simulated`);
    return run({ argument: value[name], scope, place: `${place}.${name}` });
  }
  const entries = Object.entries(value).map(([key, entry]) => [key, resolve(entry, scope, `${place}.${key}`)] as const);
  return Object.fromEntries(entries.filter(([, entry]) => entry !== noValue));
}

function reference(name: string, scope: Scope, place: string): unknown {
  if (name === 'AWS::NoValue') return noValue;
  const value = scope.values.get(name);
  if (value !== undefined) return value;
  if (name.startsWith('AWS::')) throw new TemplateError(place, `the pseudo parameter ${name} is not simulated`);
  return scope.resource(name, place).ref;
}

function attribute(logicalId: string, name: string, scope: Scope, place: string): unknown {
  const { attributes } = scope.resource(logicalId, place);
  if (!Object.hasOwn(attributes, name)) {
    throw new TemplateError(
      place,
      `${logicalId} has no attribute ${name}, or it is not simulated; it has ${Object.keys(attributes).join(', ') || 'none'}`,
    );
  }
  return attributes[name];
}

function getAtt({ argument, scope, place }: Call): unknown {
  const parts = getAttParts(argument);
  if (parts === undefined) throw new TemplateError(place, 'takes a logical id and an attribute');
  return attribute(parts.logicalId, text(resolve(parts.attribute, scope, place), place), scope, place);
}

function substitute({ argument, scope, place }: Call): string {
  const parts = subParts(argument);
  if (parts === undefined) throw new TemplateError(place, 'takes a string, or a string and a map');
  const named = (name: string): unknown => {
    if (Object.hasOwn(parts.variables, name)) return resolve(parts.variables[name], scope, `${place}.${name}`);
    const dot = name.indexOf('.');
    return dot < 0 ? reference(name, scope, place) : attribute(name.slice(0, dot), name.slice(dot + 1), scope, place);
  };
  return parseSub(parts.text)
    .map((piece) => (piece.kind === 'text' ? piece.text : text(named(piece.name), `${place} \${${piece.name}}`)))
    .join('');
}

function join({ argument, scope, place }: Call): string {
  const [delimiter, items] = listOf(argument, 2, place);
  const resolved = resolve(items, scope, place);
  if (typeof delimiter !== 'string' || !Array.isArray(resolved))
    throw new TemplateError(place, 'takes a delimiter and a list');
  return resolved.map((item) => text(item, place)).join(delimiter);
}

function select({ argument, scope, place }: Call): unknown {
  const [index, items] = listOf(resolve(argument, scope, place), 2, place);
  const position = Number(index);
  if (!Array.isArray(items) || !Number.isInteger(position) || !(position in items)) {
    throw new TemplateError(place, `cannot select item ${String(index)}`);
  }
  return items[position];
}

function split({ argument, scope, place }: Call): readonly string[] {
  const [delimiter, source] = listOf(argument, 2, place);
  if (typeof delimiter !== 'string' || delimiter === '')
    throw new TemplateError(place, 'takes a delimiter and a string');
  return text(resolve(source, scope, place), place).split(delimiter);
}

function findInMap({ argument, scope, place }: Call): unknown {
  const keys = listOf(resolve(argument, scope, place), 3, place).map((key) => text(key, place));
  let found: unknown = scope.mappings;
  for (const key of keys) found = isRecord(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  if (found === undefined) throw new TemplateError(place, `there is no mapping ${keys.join('.')}`);
  return found;
}

function chooseBranch({ argument, scope, place }: Call): unknown {
  const [name, whenTrue, whenFalse] = listOf(argument, 3, place);
  return resolve(scope.condition(String(name), place) ? whenTrue : whenFalse, scope, place);
}

function equals({ argument, scope, place }: Call): boolean {
  const [left, right] = listOf(argument, 2, place).map((side) => resolve(side, scope, place));
  return typeof left === 'object' ? JSON.stringify(left) === JSON.stringify(right) : String(left) === String(right);
}

function conditions({ argument, scope, place }: Call, atLeast: number, atMost: number): boolean[] {
  if (!Array.isArray(argument) || argument.length < atLeast || argument.length > atMost) {
    throw new TemplateError(place, `takes ${atLeast === atMost ? atLeast : `${atLeast} to ${atMost}`} conditions`);
  }
  return argument.map((entry, index) => resolveCondition(entry, scope, `${place}.${index}`));
}

function listOf(value: unknown, length: number, place: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length !== length) throw new TemplateError(place, `takes a list of ${length}`);
  return value;
}

function text(value: unknown, place: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(place, 'needs a string here');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
