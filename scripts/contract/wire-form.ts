import type { Fields } from './fields.ts';
import { type Member, type ServiceModel, type Shape, shapeAt } from './model.ts';
import type { HttpAnswer } from './transport.ts';

type Reference = Pick<Member, 'shape'>;

/**
 * What is wrong with the bytes of an answer, which clients forgive: its request id, and how its times are written.
 * Times are seconds since the epoch in JSON and ISO 8601 in XML.
 */
export function wireProblems(
  model: ServiceModel,
  reference: Reference | undefined,
  { headers, body }: HttpAnswer,
): readonly string[] {
  const text = body.toString();
  const hasId = Object.keys(headers).some((name) => /^x-amz[n]?-request-?id$/i.test(name)) || /<requestId>/i.test(text);
  const problems = hasId ? [] : ['The answer has no request id'];
  if (reference === undefined || isPayload(model, reference)) return problems;
  const { protocol } = model.metadata;
  if (/xml|query|ec2/.test(protocol)) return [...problems, ...xmlProblems(model, reference, text)];
  return [...problems, ...jsonProblems(model, reference, text === '' ? {} : JSON.parse(text), '')];
}

const isPayload = (model: ServiceModel, reference: Reference) => shapeAt(model, reference)?.payload !== undefined;

function jsonProblems(model: ServiceModel, reference: Reference, value: unknown, path: string): readonly string[] {
  const shape = shapeAt(model, reference);
  if (shape === undefined || value === null) return [];
  if (shape.type === 'timestamp') return timeProblems(shape, value, path);
  return partsOf(shape, value).flatMap(([name, member, part]) => jsonProblems(model, member, part, `${path}.${name}`));
}

function timeProblems({ timestampFormat }: Shape, value: unknown, path: string): readonly string[] {
  if (typeof value === 'number' || timestampFormat === 'iso8601') return [];
  return [`${path} should be in seconds since the epoch, but is ${JSON.stringify(value)}`];
}

type Part = readonly [name: string, member: Reference, value: unknown];

/** The items of a list, the values of a map, or the members of a structure that are there. */
function partsOf(shape: Shape, value: unknown): readonly Part[] {
  if (typeof value !== 'object' || value === null) return [];
  const item = shape.member ?? shape.value;
  if (item !== undefined) return Object.entries(value).map(([name, one]): Part => [name, item, one]);
  const written = value as Fields;
  return Object.entries(shape.members ?? {})
    .map(([name, member]): Part => [name, member, written[member.locationName ?? name]])
    .filter(([, , one]) => one !== undefined);
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Elements are found by their names: one name stands for one type throughout an answer. */
function xmlProblems(model: ServiceModel, reference: Reference, text: string): readonly string[] {
  return timeNames(model, reference).flatMap((name) =>
    [...text.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))]
      .filter(([, written = '']) => !isoTime.test(written))
      .map(([, written]) => `${name} should be a time of ISO 8601, but is ${written}`),
  );
}

/** The names under which an answer's body can have times. */
function timeNames(model: ServiceModel, reference: Reference): readonly string[] {
  const reached = new Set<string>([reference.shape]);
  // What is added while a set is gone through is gone through as well.
  const shapes = Iterator.from(reached).flatMap((shape) => {
    const found = shapeAt(model, { shape });
    for (const { shape: next } of referencesIn(found)) reached.add(next);
    return found === undefined ? [] : [found];
  });
  return shapes.toArray().flatMap((shape) =>
    Object.entries(shape.members ?? {})
      .filter(([, member]) => member.location === undefined && shapeAt(model, member)?.type === 'timestamp')
      .map(([name, member]) => member.locationName ?? name),
  );
}

const referencesIn = (shape: Shape | undefined): readonly Reference[] =>
  [...Object.values(shape?.members ?? {}), shape?.member, shape?.value].filter((one) => one !== undefined);
