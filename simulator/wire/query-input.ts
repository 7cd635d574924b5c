import { type Member, type Model, membersOf, type Shape, shapeOf } from './model.ts';
import type { Decoded, Path, Problem } from './problems.ts';
import { isScalar, readScalar } from './scalars.ts';

/** How a dialect of the query protocol writes names and lists. */
export type QueryDialect = {
  readonly nameOf: (memberName: string, member: Member) => string;
  /** EC2 numbers every list directly; the others do unless the list is wrapped in `member`. */
  readonly flattensLists: boolean;
};

type Node = { value?: string; readonly children: Map<string, Node> };

/** Reads `A.member.1.B=x` parameters into an input with the model's names. */
export function decodeQueryInput(
  model: Model,
  shapeName: string | undefined,
  parameters: readonly (readonly [string, string])[],
  dialect: QueryDialect,
): Decoded {
  const root = treeOf(parameters);
  const problems: Problem[] = [];
  const reader = createReader(model, dialect, problems);
  const shape: Shape = shapeName === undefined ? { type: 'structure' } : shapeOf(model, { shape: shapeName });
  return { input: reader.structure(shape, root, []), problems };
}

function treeOf(parameters: readonly (readonly [string, string])[]): Node {
  const root: Node = { children: new Map() };
  for (const [name, value] of parameters) {
    let node = root;
    for (const part of name.split('.')) {
      const child = node.children.get(part) ?? { children: new Map() };
      node.children.set(part, child);
      node = child;
    }
    node.value = value;
  }
  return root;
}

function createReader(model: Model, dialect: QueryDialect, problems: Problem[]) {
  const value = (member: Member, node: Node, path: Path): unknown => {
    const shape = shapeOf(model, member);
    if (isScalar(shape)) return scalar(shape, node, path);
    if (shape.type === 'list') return list(shape, member, node, path);
    return shape.type === 'map' ? map(shape, member, node, path) : structure(shape, node, path);
  };

  const scalar = (shape: Shape, node: Node, path: Path): unknown => {
    for (const [name] of node.children) problems.push({ kind: 'unknown', path, written: `${path.join('.')}.${name}` });
    const text = node.value ?? '';
    const read = readScalar(shape, text);
    if (read === undefined) problems.push({ kind: 'type', path, expected: shape.type, value: text });
    return read;
  };

  const structure = (shape: Shape, node: Node, path: Path): Record<string, unknown> => {
    const left = new Map(node.children);
    const input: Record<string, unknown> = {};
    for (const [name, member] of membersOf(shape)) {
      const wireName = dialect.nameOf(name, member);
      const child = left.get(wireName);
      left.delete(wireName);
      if (child !== undefined) input[name] = value(member, child, [...path, name]);
    }
    for (const name of left.keys()) problems.push({ kind: 'unknown', path: [...path, name], written: name });
    return input;
  };

  const list = (shape: Shape, member: Member, node: Node, path: Path): unknown[] => {
    const itemMember = shape.member ?? { shape: '' };
    const isFlat = dialect.flattensLists || shape.flattened || member.flattened;
    const holder = isFlat ? node : child(node, itemMember.locationName ?? 'member', path);
    return numbered(holder, path).map(([index, item]) => value(itemMember, item, [...path, index]));
  };

  const map = (shape: Shape, member: Member, node: Node, path: Path): Record<string, unknown> => {
    const holder = shape.flattened || member.flattened ? node : child(node, 'entry', path);
    const entries = numbered(holder, path).map(([, entry]) => {
      const key = entry.children.get(shape.key?.locationName ?? 'key')?.value ?? '';
      const item = entry.children.get(shape.value?.locationName ?? 'value') ?? { children: new Map() };
      return [key, value(shape.value ?? { shape: '' }, item, [...path, key])];
    });
    return Object.fromEntries(entries);
  };

  /** The only child that a wrapped list or map may have; an empty parameter is an empty list. */
  const child = (node: Node, name: string, path: Path): Node => {
    for (const other of node.children.keys()) {
      if (other !== name) problems.push({ kind: 'unknown', path, written: `${path.join('.')}.${other}` });
    }
    return node.children.get(name) ?? { children: new Map() };
  };

  const numbered = (node: Node, path: Path): [number, Node][] => {
    const wrong = [...node.children.keys()].filter((key) => !/^\d+$/.test(key));
    for (const key of wrong) problems.push({ kind: 'unknown', path, written: `${path.join('.')}.${key}` });
    return [...node.children]
      .filter(([key]) => /^\d+$/.test(key))
      .map(([key, item]): [number, Node] => [Number(key), item])
      .toSorted(([a], [b]) => a - b);
  };

  return { structure };
}
