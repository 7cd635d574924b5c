import type { Suite } from './check.ts';
import { type Fields, read } from './fields.ts';
import { type Member, type ServiceModel, type Shape, shapeAt } from './model.ts';
import { fits } from './pattern.ts';

/** One thing that the model forbids in an input, and an input that is good but for it. */
export type BadInput = { readonly problem: string; readonly input: Fields };

type About = { readonly model: ServiceModel; readonly suite: Pick<Suite, 'samples' | 'lenient'> };

/** The smallest input that the model allows, about things that do not exist. */
export function exampleInput(about: About, operation: string): Fields {
  const reference = about.model.operations[operation]?.input;
  return reference === undefined ? {} : (example(about, 'input', reference) as Fields);
}

function example(about: About, name: string, reference: Pick<Member, 'shape'>): unknown {
  const { samples = {} } = about.suite;
  const sample = samples[name] ?? samples[reference.shape];
  if (sample !== undefined) return sample;
  const shape = shapeAt(about.model, reference);
  switch (shape?.type) {
    case 'structure':
      return Object.fromEntries(
        membersNeeded(shape).map(([key, member]) => [key, example(about, key, member)] as const),
      );
    case 'list':
      return [shape.member].filter((item) => item !== undefined).map((item) => example(about, name, item));
    case 'map':
      return shape.min === undefined ? {} : exampleMap(about, shape);
    case 'boolean':
      return false;
    case 'timestamp':
      return new Date(0);
    case 'blob':
      return Buffer.from('{}');
    case 'string':
      return shape.enum?.[0] ?? 'contract-check-none'.padEnd(shape.min ?? 0, '-').slice(0, shape.max);
    default:
      return shape?.min ?? 1;
  }
}

function exampleMap(about: About, { value }: Shape): Fields {
  return value === undefined ? {} : { key: example(about, 'key', value) };
}

const membersNeeded = (shape: Shape) =>
  Object.entries(shape.members ?? {}).filter(([name]) => shape.required?.includes(name));

/** Every input of an operation with exactly one thing wrong in it: its own members, and those of structures in it. */
export function badInputs(about: About, operation: string): readonly BadInput[] {
  const reference = about.model.operations[operation]?.input;
  const shape = shapeAt(about.model, reference);
  if (shape === undefined) return [];
  const good = exampleInput(about, operation);
  const members = Object.entries(shape.members ?? {});
  return [
    ...missing(shape, good),
    ...members.flatMap(([name, member]) => spoilt(about, member, name).map((bad) => withMember(good, name, bad))),
    ...members.flatMap(([name, member]) => nested(about, good, name, member)),
  ].filter(({ problem }) => !isLenient(about, operation, problem));
}

const isLenient = ({ suite }: About, operation: string, problem: string) =>
  (suite.lenient ?? []).some((what) => what === operation || `${operation}.${problem}`.startsWith(`${what} `));

/** Labels of a path cannot be left out: there would be no such path. */
function missing(shape: Shape, good: Fields): readonly BadInput[] {
  return membersNeeded(shape)
    .filter(([, { location }]) => location !== 'uri')
    .map(([name]) => {
      const { [name]: _, ...others } = good;
      return { problem: `${name} missing`, input: others };
    });
}

type Bad = { readonly problem: string; readonly value: unknown };
const withMember = (good: Fields, name: string, { problem, value }: Bad): BadInput => ({
  problem,
  input: { ...good, [name]: value },
});

function nested(about: About, good: Fields, name: string, member: Member): readonly BadInput[] {
  const shape = shapeAt(about.model, member);
  if (shape?.type !== 'structure' || about.suite.samples?.[name] !== undefined) return [];
  const inner = (read(good, name) ?? example(about, name, member)) as Fields;
  const bad = Object.entries(shape.members ?? {}).flatMap(([key, one]) =>
    spoilt(about, one, `${name}.${key}`).map(({ problem, value }) => ({ problem, value: { ...inner, [key]: value } })),
  );
  return bad.map((one) => withMember(good, name, one));
}

/** Values just outside what the model allows: too small, too large, too long, of the wrong form. */
function spoilt({ model, suite }: About, member: Member, path: string): readonly Bad[] {
  const shape = shapeAt(model, member);
  if (shape === undefined || member.location === 'uri' || suite.lenient?.includes(member.shape)) return [];
  if (shape.type === 'integer' || shape.type === 'long') return outOfRange(shape, path);
  if (shape.type !== 'string') return [];
  if (shape.enum !== undefined) return [{ problem: `${path} outside its enum`, value: 'ContractCheck' }];
  return [...tooLong(shape, path), ...wrongForms(shape, path)];
}

function outOfRange({ min, max }: Shape, path: string): readonly Bad[] {
  return [
    ...(min === undefined ? [] : [{ problem: `${path} below ${min}`, value: min - 1 }]),
    ...(max === undefined ? [] : [{ problem: `${path} above ${max}`, value: max + 1 }]),
  ];
}

const longestTried = 5000;

function tooLong({ max = Number.POSITIVE_INFINITY }: Shape, path: string): readonly Bad[] {
  return max > longestTried ? [] : [{ problem: `${path} longer than ${max}`, value: 'a'.repeat(max + 1) }];
}

/** The first of these texts that the pattern does not allow. */
function wrongForms({ pattern }: Shape, path: string): readonly Bad[] {
  const value = ['{"<|>"}', 'a b', '\u0007'].find((text) => pattern !== undefined && !fits(pattern, text));
  return value === undefined ? [] : [{ problem: `${path} of a wrong form`, value }];
}
