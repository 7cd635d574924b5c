import { type Member, type Model, membersOf, type Shape, shapeOf } from './model.ts';
import type { Path, Problem } from './problems.ts';
import { checkScalar, isScalar, readBase64, readTimestamp, writeTimestamp } from './scalars.ts';
import { asFields, asList, checkMembers } from './xml-output.ts';

/** Whether members are renamed in JSON: rest-json follows `locationName`, JSON RPC does not. */
export type JsonNames = (name: string, member: Member) => string;

const jsonTypes: Readonly<Record<string, (value: unknown) => unknown>> = {
  string: (value) => (typeof value === 'string' ? value : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  integer: (value) => (Number.isInteger(value) ? value : undefined),
  long: (value) => (Number.isInteger(value) ? value : undefined),
  float: (value) => (typeof value === 'number' ? value : undefined),
  double: (value) => (typeof value === 'number' ? value : undefined),
  timestamp: (value) =>
    typeof value === 'number' || typeof value === 'string' ? readTimestamp(String(value)) : undefined,
  blob: (value) => (typeof value === 'string' ? readBase64(value) : undefined),
};

/** Reads JSON values into inputs; what does not fit is reported, not thrown. */
export function createJsonReader(model: Model, nameOf: JsonNames, problems: Problem[]) {
  const wrongType = (path: Path, expected: string, value: unknown) => {
    problems.push({ kind: 'type', path, expected, value: JSON.stringify(value) });
    return undefined;
  };

  const read = (reference: { readonly shape: string }, value: unknown, path: Path): unknown => {
    const shape = shapeOf(model, reference);
    if (isScalar(shape)) return jsonTypes[shape.type]?.(value) ?? wrongType(path, shape.type, value);
    if (shape.type === 'list') return list(shape, value, path);
    return shape.type === 'map' ? map(shape, value, path) : structure(shape, value, path);
  };

  const list = (shape: Shape, value: unknown, path: Path): unknown => {
    if (!Array.isArray(value)) return wrongType(path, 'list', value);
    return value.map((item, index) => read(shape.member ?? { shape: '' }, item, [...path, index + 1]));
  };

  const map = (shape: Shape, value: unknown, path: Path): unknown => {
    if (!isObject(value)) return wrongType(path, 'map', value);
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      read(shape.value ?? { shape: '' }, item, [...path, key]),
    ]);
    return Object.fromEntries(entries);
  };

  const structure = (shape: Shape, value: unknown, path: Path): Record<string, unknown> => {
    if (!isObject(value)) {
      wrongType(path, 'structure', value);
      return {};
    }
    const left = new Map(Object.entries(value));
    const input: Record<string, unknown> = {};
    for (const [name, member] of membersOf(shape).filter(([, { location }]) => location === undefined)) {
      const wireName = nameOf(name, member);
      const given = left.get(wireName);
      left.delete(wireName);
      if (given !== undefined && given !== null) input[name] = read(member, given, [...path, name]);
    }
    for (const name of left.keys()) problems.push({ kind: 'unknown', path: [...path, name], written: name });
    return input;
  };

  return { structure, read };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parses a body; an empty one is an empty object. Undefined and a problem when it is no JSON. */
export function parseJsonBody(body: Buffer, problems: Problem[]): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    problems.push({ kind: 'type', path: [], expected: 'JSON document', value: body.toString('utf8', 0, 80) });
    return {};
  }
}

/** Turns outputs into what `JSON.stringify` writes: dates as seconds unless they are kept, blobs as base64. */
export function createJsonWriter(model: Model, nameOf: JsonNames, { keepsDates = false } = {}) {
  const write = (reference: { readonly shape: string }, value: unknown, path: string): unknown => {
    const shape = shapeOf(model, reference);
    if (isScalar(shape)) return scalar(shape, value, path);
    if (shape.type === 'list') {
      const item = shape.member ?? { shape: '' };
      return asList(value, path).map((entry, index) => write(item, entry, `${path}[${index}]`));
    }
    const fields = asFields(value, path);
    if (shape.type !== 'map') return members(shape, fields, path);
    const item = shape.value ?? { shape: '' };
    return Object.fromEntries(
      Object.entries(fields).map(([key, entry]) => [key, write(item, entry, `${path}.${key}`)]),
    );
  };

  const scalar = (shape: Shape, value: unknown, path: string): unknown => {
    checkScalar(shape, value, path);
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    if (keepsDates || !(value instanceof Date)) return value;
    const format = shape.timestampFormat ?? 'unixTimestamp';
    return format === 'unixTimestamp' ? value.getTime() / 1000 : writeTimestamp(value, format);
  };

  const members = (shape: Shape, value: Readonly<Record<string, unknown>>, path: string): Record<string, unknown> => {
    checkMembers(shape, value, path);
    const given = membersOf(shape).filter(
      ([name, { location }]) => location === undefined && value[name] !== undefined,
    );
    return Object.fromEntries(
      given.map(([name, member]) => [nameOf(name, member), write(member, value[name], `${path}.${name}`)]),
    );
  };

  return { members, write };
}

/** The member that carries an error's text: `message` unless the model writes it otherwise. */
export function messageName(shape: Shape | undefined): string {
  return Object.keys(shape?.members ?? {}).find((name) => name.toLowerCase() === 'message') ?? 'message';
}

export function jsonBody(value: unknown, contentType: string): { headers: Record<string, string>; body: Buffer } {
  const body = Buffer.from(JSON.stringify(value));
  return { headers: { 'content-type': contentType, 'content-length': String(body.length) }, body };
}
