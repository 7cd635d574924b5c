import { type Field, isMessage, jsonFields, typeOfKind } from './kind-schema.ts';
import { isJsonObject, type JsonObject } from './merge-patch.ts';
import { badRequest } from './status.ts';

/** What the API server does with members that a kind does not have: `fieldValidation` of a request. */
export type FieldValidation = 'Ignore' | 'Strict' | 'Warn';

export type DecodedObject = { readonly object: JsonObject; readonly warnings: readonly string[] };

type Place = { readonly path: string; readonly kind: string; readonly unknown: string[] };

/**
 * An object as its kind has it: members that the kind does not know and those that are null are left out. Kinds that
 * are not built in stay as they are.
 *
 * @throws {ApiError} 400 for a member of another type, and with `Strict` for an unknown one.
 */
export function decodeObject(body: JsonObject, apiVersion: string, kind: string, mode: FieldValidation): DecodedObject {
  const type = typeOfKind(apiVersion, kind);
  if (type === undefined) return { object: body, warnings: [] };
  const { apiVersion: _, kind: __, ...content } = body;
  const unknown: string[] = [];
  const what = `${kind} in version "${apiVersion.split('/').at(-1)}" cannot be handled as a ${kind}`;
  const members = decodeMembers(content, type, { path: '', kind: what, unknown });
  const warnings = unknown.map((path) => `unknown field "${path}"`);
  if (mode === 'Strict' && warnings.length > 0)
    throw badRequest(`${what}: strict decoding error: ${warnings.join(', ')}`);
  return { object: { apiVersion, kind, ...members }, warnings: mode === 'Warn' ? warnings : [] };
}

/** @throws {ApiError} 400 for a mode that does not exist. */
export function fieldValidationIn(query: URLSearchParams): FieldValidation {
  const mode = query.get('fieldValidation') ?? 'Warn';
  if (mode === 'Ignore' || mode === 'Strict' || mode === 'Warn') return mode;
  throw badRequest(`fieldValidation: Unsupported value: "${mode}": supported values: "Ignore", "Strict", "Warn"`);
}

function decodeMembers(value: JsonObject, type: string, place: Place): Record<string, unknown> {
  const fields = jsonFields(type);
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const path = place.path === '' ? name : `${place.path}.${name}`;
    if (field === undefined) place.unknown.push(path);
    else if (member !== null) result[name] = decodeField(member, field, { ...place, path });
  }
  return result;
}

function decodeField(value: unknown, field: Field, place: Place): unknown {
  if (field.list) {
    if (!Array.isArray(value)) throw mismatch(value, place, 'a list');
    return value.map((element, index) => decodeValue(element, field, { ...place, path: `${place.path}[${index}]` }));
  }
  if (!field.map) return decodeValue(value, field, place);
  if (!isJsonObject(value)) throw mismatch(value, place, 'a map');
  const entries = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(
    entries.map(([key, member]) => [
      key,
      decodeField(member, field.items ? { n: 0, type: field.type, list: true } : { n: 0, type: field.type }, {
        ...place,
        path: `${place.path}.${key}`,
      }),
    ]),
  );
}

function decodeValue(value: unknown, field: Field, place: Place): unknown {
  if (isMessage(field)) {
    if (!isJsonObject(value)) throw mismatch(value, place, field.type.split('.').slice(1).join('.'));
    return decodeMembers(value, field.type, place);
  }
  if (!(isOfType[field.type] ?? (() => true))(value)) throw mismatch(value, place, field.type);
  return value;
}

const isString = (value: unknown) => typeof value === 'string';
const isInteger = (value: unknown) => Number.isInteger(value);
const isOfType: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: isString,
  bytes: isString,
  time: isString,
  microtime: isString,
  duration: isString,
  integer: isInteger,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  'int-or-string': (value) => isString(value) || isInteger(value),
  quantity: (value) => isString(value) || typeof value === 'number',
};

function mismatch(value: unknown, { kind, path }: Place, expected: string) {
  const found = Array.isArray(value) ? 'array' : (goNames[typeof value] ?? typeof value);
  return badRequest(`${kind}: json: cannot unmarshal ${found} into Go struct field ${path} of type ${expected}`);
}
const goNames: Readonly<Record<string, string>> = { boolean: 'bool' };
