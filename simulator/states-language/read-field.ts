import type { Assignments, Template } from './definition.ts';
import { compileExpression, ExpressionError } from './expression.ts';
import type { Place } from './invalid-definition.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** Members of `$states` beyond input and context that a field may read. */
export type Reach = ReadonlySet<string>;
export const NOTHING_MORE: Reach = new Set();
export const THE_RESULT: Reach = new Set(['result']);
export const THE_ERROR: Reach = new Set(['errorOutput']);

type Range = { readonly least: number; readonly most?: number };
const VARIABLE_NAME = /^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u;

export function readText(fields: JsonObject, name: string, place: Place): string | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'string') return value;
  return place.into(name).refuse('Expected value of type String');
}

export function readWhole(fields: JsonObject, name: string, place: Place, range: Range): number | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    return place.into(name).refuse('Expected value of type Integer');
  }
  return checkRange(value, place.into(name), range);
}

export function checkRange(value: number, place: Place, { least, most = Infinity }: Range): number | undefined {
  if (value < least) return place.refuse(`Value must be greater than or equal to ${least}`);
  return value > most ? place.refuse(`Value must be less than or equal to ${most}`) : value;
}

/** A field that takes any JSON, with expressions in it where the state speaks JSONata. */
export function readTemplate(
  fields: JsonObject,
  name: string,
  place: Place,
  reach: Reach = NOTHING_MORE,
  field = name,
): Template | undefined {
  const value = fields[name];
  return value === undefined ? undefined : templateOf(value, place.into(name), field, reach);
}

/** A field that takes a whole number, or an expression that gives one. */
export function readWholeTemplate(fields: JsonObject, name: string, place: Place, range: Range): Template | undefined {
  const value = fields[name];
  if (isExpression(value, place)) return readTemplate(fields, name, place);
  const whole = readWhole(fields, name, place, range);
  return whole === undefined ? undefined : { kind: 'literal', value: whole };
}

/** A field that takes a string, or an expression that gives one. */
export function readTextTemplate(fields: JsonObject, name: string, place: Place): Template | undefined {
  return readText(fields, name, place) === undefined ? undefined : readTemplate(fields, name, place);
}

export function readAssign(
  fields: JsonObject,
  place: Place,
  reach: Reach = NOTHING_MORE,
  field = 'Assign',
): Assignments {
  const assign = fields.Assign;
  if (assign === undefined) return [];
  const inner = place.into('Assign');
  if (!isJsonObject(assign)) return inner.refuse('Expected value of type Object') ?? [];
  return Object.entries(assign).flatMap(([name, value]) => {
    if (name === 'states') inner.refuse("The variable name 'states' is reserved");
    else if (!VARIABLE_NAME.test(name)) inner.refuse(`'${name}' is not a valid variable name`);
    const template = templateOf(value, inner.into(name), `${field}/${name}`, reach);
    return template === undefined ? [] : [[name, template] as const];
  });
}

export function readList(fields: JsonObject, name: string, place: Place): readonly (readonly [JsonObject, Place])[] {
  const value = fields[name];
  if (value === undefined) return [];
  const list = place.into(name);
  if (!Array.isArray(value)) return list.refuse('Expected value of type Array') ?? [];
  return value.flatMap((item: Json, index) => {
    const inner = list.into(index);
    if (isJsonObject(item)) return [[item, inner] as const];
    inner.refuse('Expected value of type Object');
    return [];
  });
}

export function refuseOtherFields(fields: JsonObject, allowed: readonly string[], place: Place): void {
  const others = Object.keys(fields).filter((name) => !allowed.includes(name));
  if (others.length > 0) place.refuse(`These fields are not supported: [${others.join(', ')}]`);
}

export function requireFields(fields: JsonObject, required: readonly string[], place: Place): void {
  const missing = required.filter((name) => fields[name] === undefined);
  if (missing.length > 0) place.refuse(`These fields are required: [${missing.join(', ')}]`);
}

export const isExpression = (value: Json | undefined, place: Place): boolean =>
  place.language === 'JSONata' && typeof value === 'string' && value.startsWith('{%');

function templateOf(value: Json, place: Place, field: string, reach: Reach): Template | undefined {
  if (place.language === 'JSONPath') return { kind: 'literal', value };
  if (typeof value === 'string') return stringTemplate(value, place, field, reach);
  if (Array.isArray(value)) {
    return listTemplate(
      value.map((item: Json, index) => templateOf(item, place.into(index), `${field}/${index}`, reach)),
    );
  }
  if (!isJsonObject(value)) return { kind: 'literal', value };
  const members = Object.entries(value).flatMap(([name, member]) => {
    const template = templateOf(member, place.into(name), `${field}/${name}`, reach);
    return template === undefined ? [] : [[name, template] as const];
  });
  if (!members.every(([, member]) => member.kind === 'literal')) return { kind: 'object', members };
  return { kind: 'literal', value };
}

function listTemplate(parsed: readonly (Template | undefined)[]): Template {
  const items = parsed.filter((item) => item !== undefined);
  const literals = items.flatMap((item) => (item.kind === 'literal' ? [item.value] : []));
  return literals.length === items.length ? { kind: 'literal', value: literals } : { kind: 'list', items };
}

function stringTemplate(value: string, place: Place, field: string, reach: Reach): Template | undefined {
  if (!value.startsWith('{%')) return { kind: 'literal', value };
  if (!value.endsWith('%}') || value.length < 4) return place.refuse("A JSONata expression must end with '%}'");
  const source = value.slice(2, -2).trim();
  try {
    return { kind: 'expression', expression: compileExpression(source, reach), field };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return place.refuse(`The JSONata expression '${source}' is not valid. ${error.message}`);
  }
}
