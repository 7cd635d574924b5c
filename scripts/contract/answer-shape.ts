import { isFields } from './fields.ts';
import { type Member, type ServiceModel, type Shape, shapeAt } from './model.ts';
import { fits } from './pattern.ts';

type Reference = Pick<Member, 'shape'>;
type Place = { readonly model: ServiceModel; readonly lenient: ReadonlySet<string> };

/**
 * What is wrong with an answer by the service's model: missing members, types, enums, patterns, lengths and ranges.
 * Members that the model lacks are none of it: services grow.
 *
 * @param lenient Shapes whose statements the service itself does not keep.
 */
export function shapeProblems(
  model: ServiceModel,
  reference: Reference | undefined,
  answer: unknown,
  lenient: readonly string[] = [],
): readonly string[] {
  return reference === undefined ? [] : problemsOf({ model, lenient: new Set(lenient) }, reference, answer, '');
}

function problemsOf(place: Place, reference: Reference, value: unknown, path: string): readonly string[] {
  const shape = shapeAt(place.model, reference);
  if (shape === undefined || place.lenient.has(reference.shape)) return [];
  const of = kinds[shape.type];
  if (of === undefined) return [`${path} is of the unknown type ${shape.type}`];
  return of(place, shape, value, path);
}

type Kind = (place: Place, shape: Shape, value: unknown, path: string) => readonly string[];

const wrong = (path: string, what: string, value: unknown) => [
  `${path || 'the answer'} should be ${what}, but is ${JSON.stringify(value) ?? String(value)}`,
];
const number: Kind = (_, shape, value, path) => {
  if (typeof value !== 'number') return wrong(path, 'a number', value);
  const { min = -Infinity, max = Infinity } = shape;
  return value < min || value > max ? wrong(path, `from ${min} to ${max}`, value) : [];
};
const whole: Kind = (place, shape, value, path) =>
  Number.isInteger(value) ? number(place, shape, value, path) : wrong(path, 'a whole number', value);

const kinds: Readonly<Record<string, Kind>> = {
  structure: structureProblems,
  list(place, shape, value, path) {
    if (!Array.isArray(value)) return wrong(path, 'a list', value);
    const item = shape.member;
    const inside = value.flatMap((one, index) =>
      item === undefined ? [] : problemsOf(place, item, one, `${path}.${index}`),
    );
    return [...lengthProblems(shape, value.length, path), ...inside];
  },
  map(place, shape, value, path) {
    if (!isFields(value)) return wrong(path, 'a map', value);
    const item = shape.value;
    return Object.entries(value).flatMap(([key, one]) =>
      item === undefined ? [] : problemsOf(place, item, one, `${path}.${key}`),
    );
  },
  string(_, shape, value, path) {
    if (typeof value !== 'string') return wrong(path, 'a text', value);
    if (shape.enum !== undefined && !shape.enum.includes(value)) return wrong(path, 'of the enum', value);
    const isFit = shape.pattern === undefined || fits(shape.pattern, value);
    return [
      ...lengthProblems(shape, value.length, path),
      ...(isFit ? [] : wrong(path, `like ${shape.pattern}`, value)),
    ];
  },
  integer: whole,
  long: whole,
  double: number,
  float: number,
  boolean: (_, __, value, path) => (typeof value === 'boolean' ? [] : wrong(path, 'true or false', value)),
  timestamp: (_, __, value, path) =>
    value instanceof Date && !Number.isNaN(value.getTime()) ? [] : wrong(path, 'a time', value),
  // A payload of bytes may come as a stream.
  blob: (_, __, value, path) => (typeof value === 'object' && value !== null ? [] : wrong(path, 'bytes', value)),
};

function structureProblems(place: Place, shape: Shape, value: unknown, path: string): readonly string[] {
  if (!isFields(value)) return wrong(path, 'a structure', value);
  const missing = (shape.required ?? []).filter((name) => value[name] === undefined);
  const inside = Object.entries(shape.members ?? {}).flatMap(([name, member]) => {
    const given = value[name];
    // Clients write an absent list or text of some protocols as null.
    if (given === undefined || given === null) return [];
    return problemsOf(place, member, given, path === '' ? name : `${path}.${name}`);
  });
  return [...missing.map((name) => `${path === '' ? name : `${path}.${name}`} is missing`), ...inside];
}

function lengthProblems({ min = 0, max = Infinity }: Shape, length: number, path: string): readonly string[] {
  return length < min || length > max ? [`${path} should have a length from ${min} to ${max}, but has ${length}`] : [];
}
