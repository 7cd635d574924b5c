import fc from 'fast-check';
import { type Member, type Model, membersOf, type Shape, shapeOf } from '../../../simulator/wire/model.ts';

/** Text that every protocol can carry, with what needs care in XML, URLs and forms. */
const text = fc
  .string({
    unit: fc.constantFrom('a', 'Z', '7', '-', '/', ':', '&', '<', '"', '%', '+', ' ', 'é', '漢', '😀'),
    minLength: 1,
    maxLength: 8,
  })
  .map((value) => `x${value}x`);
const whole = fc.integer({ min: -1000, max: 1_000_000 });
const moment = fc.integer({ min: 946_684_800, max: 4_102_444_800 }).map((seconds) => new Date(seconds * 1000));

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: text,
  integer: whole,
  long: whole,
  float: fc.integer({ min: -1000, max: 1000 }).map((value) => value / 8),
  double: fc.integer({ min: -1000, max: 1000 }).map((value) => value / 8),
  boolean: fc.boolean(),
  timestamp: moment,
  blob: fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
};

/** Values of a structure of a model, with the members that `wants` chooses; nested no deeper than `depth`. */
export function valuesOf(
  model: Model,
  shapeName: string,
  wants: (name: string, member: Member) => boolean = () => true,
  depth = 4,
): fc.Arbitrary<Record<string, unknown>> {
  const shape = shapeOf(model, { shape: shapeName });
  const members = membersOf(shape)
    .filter(([name, member]) => wants(name, member) && canEnd(model, member, depth - 1))
    .map(([name, member]) => [name, memberValues(model, member, depth - 1)] as const);
  const required = members
    .map(([name]) => name)
    .filter((name) => shape.required?.includes(name) || isLabel(shape, name));
  return fc.record(Object.fromEntries(members), { requiredKeys: required });
}

const isLabel = (shape: Shape, name: string) => shape.members?.[name]?.location === 'uri';

function memberValues(model: Model, member: Member, depth: number): fc.Arbitrary<unknown> {
  const shape = shapeOf(model, member);
  if (shape.type === 'structure') return atLeastOne(valuesOf(model, member.shape, undefined, depth));
  const item = shape.member ?? shape.value;
  if (item === undefined) return scalars[shape.type] ?? fc.constant(undefined);
  if (shape.type === 'list') return fc.array(memberValues(model, item, depth - 1), { minLength: 1, maxLength: 3 });
  return fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), memberValues(model, item, depth - 1), {
    minKeys: 1,
    maxKeys: 3,
  });
}

/** Forms and XML cannot tell an empty structure from none. */
const atLeastOne = (values: fc.Arbitrary<Record<string, unknown>>) =>
  values.filter((value) => Object.keys(value).length > 0);

function canEnd(model: Model, member: Member, depth: number): boolean {
  const shape = shapeOf(model, member);
  if (depth < 0) return false;
  if (shape.type === 'structure') return membersOf(shape).some(([, inner]) => canEnd(model, inner, depth - 1));
  const item = shape.member ?? shape.value;
  return item === undefined || canEnd(model, item, depth - 1);
}
