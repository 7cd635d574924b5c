import { type Model, membersOf, type Shape, shapeOf } from './model.ts';
import type { Path, Problem } from './problems.ts';

/** What the model forbids in a decoded input: missing members, lengths, ranges, patterns, values outside an enum. */
export function validate(model: Model, shapeName: string, value: unknown, path: Path = []): readonly Problem[] {
  const shape = shapeOf(model, { shape: shapeName });
  if (shape.type === 'structure') return validateStructure(model, shape, value as Record<string, unknown>, path);
  if (shape.type === 'list') return validateList(model, shape, value as readonly unknown[], path);
  if (shape.type === 'map') return validateMap(model, shape, value as Record<string, unknown>, path);
  return validateScalar(shape, value, path);
}

function validateStructure(model: Model, shape: Shape, value: Record<string, unknown>, path: Path): Problem[] {
  const missing = (shape.required ?? [])
    .filter((name) => value[name] === undefined)
    .map((name): Problem => ({ kind: 'missing', path: [...path, name] }));
  const given = membersOf(shape).filter(([name]) => value[name] !== undefined);
  return [
    ...missing,
    ...given.flatMap(([name, member]) => validate(model, member.shape, value[name], [...path, name])),
  ];
}

function validateList(model: Model, shape: Shape, items: readonly unknown[], path: Path): Problem[] {
  const member = shape.member?.shape ?? '';
  return [
    ...size(shape, items.length, path, JSON.stringify(items)),
    ...items.flatMap((item, index) => validate(model, member, item, [...path, index + 1])),
  ];
}

function validateMap(model: Model, shape: Shape, value: Record<string, unknown>, path: Path): Problem[] {
  const entries = Object.entries(value);
  return [
    ...size(shape, entries.length, path, JSON.stringify(value)),
    ...entries.flatMap(([key, item]) => [
      ...validate(model, shape.key?.shape ?? '', key, [...path, key]),
      ...validate(model, shape.value?.shape ?? '', item, [...path, key]),
    ]),
  ];
}

function validateScalar(shape: Shape, value: unknown, path: Path): Problem[] {
  if (typeof value === 'number') return range(shape, value, path);
  if (value instanceof Uint8Array) return size(shape, value.length, path, '(bytes)');
  if (typeof value !== 'string') return [];
  return [...size(shape, value.length, path, value), ...pattern(shape, value, path), ...choice(shape, value, path)];
}

const constraint = (path: Path, value: string, text: string): Problem => ({
  kind: 'constraint',
  path,
  value,
  constraint: `Member must ${text}`,
});

function size({ min, max }: Shape, length: number, path: Path, value: string): Problem[] {
  if (min !== undefined && length < min)
    return [constraint(path, value, `have length greater than or equal to ${min}`)];
  if (max !== undefined && length > max) return [constraint(path, value, `have length less than or equal to ${max}`)];
  return [];
}

function range({ min, max }: Shape, value: number, path: Path): Problem[] {
  if (min !== undefined && value < min)
    return [constraint(path, `${value}`, `have value greater than or equal to ${min}`)];
  if (max !== undefined && value > max)
    return [constraint(path, `${value}`, `have value less than or equal to ${max}`)];
  return [];
}

function pattern({ pattern: source }: Shape, value: string, path: Path): Problem[] {
  if (source === undefined || expressionOf(source).test(value)) return [];
  return [constraint(path, value, `satisfy regular expression pattern: ${source}`)];
}

function choice({ enum: values }: Shape, value: string, path: Path): Problem[] {
  if (values === undefined || values.includes(value)) return [];
  return [constraint(path, value, `satisfy enum value set: [${values.join(', ')}]`)];
}

const expressions = new Map<string, RegExp>();

/** The models' patterns are those of Java, which must fit as a whole; a few are no valid Unicode patterns here. */
function expressionOf(source: string): RegExp {
  const known = expressions.get(source);
  if (known !== undefined) return known;
  const whole = `^(?:${source})$`;
  const expression = isUnicodePattern(whole) ? new RegExp(whole, 'u') : new RegExp(whole);
  expressions.set(source, expression);
  return expression;
}

function isUnicodePattern(source: string): boolean {
  try {
    return new RegExp(source, 'u').unicode;
  } catch {
    return false;
  }
}
