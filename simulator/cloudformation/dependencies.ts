import { getAttParts, parseSub, subParts } from './substitution.ts';
import { TemplateError } from './template-error.ts';

/** Logical ids and the logical ids that each of them needs first, in the order of the template. */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Every name that a value refers to by `Ref`, `Fn::GetAtt` or `Fn::Sub`: resources, parameters and pseudo parameters
 * alike. Of `Fn::If` only the branch that is taken counts.
 */
export function namesIn(value: unknown, condition: (name: string) => boolean): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => namesIn(item, condition));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, argument]) => namesUnder(key, argument, condition));
}

function namesUnder(key: string, argument: unknown, condition: (name: string) => boolean): string[] {
  if (key === 'Ref' && typeof argument === 'string') return [argument];
  if (key === 'Fn::GetAtt') {
    const parts = getAttParts(argument);
    return parts === undefined ? [] : [parts.logicalId, ...namesIn(parts.attribute, condition)];
  }
  if (key === 'Fn::Sub') return namesInSub(argument, condition);
  if (key === 'Fn::If' && Array.isArray(argument)) {
    const [name, whenTrue, whenFalse] = argument;
    return namesIn(condition(String(name)) ? whenTrue : whenFalse, condition);
  }
  return namesIn(argument, condition);
}

function namesInSub(argument: unknown, condition: (name: string) => boolean): string[] {
  const parts = subParts(argument);
  if (parts === undefined) return [];
  const used = parseSub(parts.text).flatMap((piece) => (piece.kind === 'name' ? [piece.name] : []));
  const outside = used
    .filter((name) => !Object.hasOwn(parts.variables, name))
    .map((name) => name.split('.')[0] as string);
  return [...outside, ...namesIn(Object.values(parts.variables), condition)];
}

/**
 * The resources in an order in which each comes after everything it needs; of those that are free, the first of the
 * template comes first.
 *
 * @throws {TemplateError} naming the resources of a cycle
 */
export function creationOrder(dependencies: Dependencies): readonly string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (logicalId: string) => {
    if (done.has(logicalId)) return;
    if (path.includes(logicalId)) {
      const cycle = [...path.slice(path.indexOf(logicalId)), logicalId];
      throw new TemplateError('Resources', `circular dependency: ${cycle.join(' -> ')}`);
    }
    path.push(logicalId);
    for (const needed of dependencies.get(logicalId) ?? []) visit(needed);
    path.pop();
    done.add(logicalId);
  };
  for (const logicalId of dependencies.keys()) visit(logicalId);
  return [...done];
}
