import { isJsonObject } from './merge-patch.ts';

/** An operation that cannot be applied: a path that does not exist, or a test that does not hold. */
export class JsonPatchFailed extends Error {
  override readonly name = 'JsonPatchFailed';
}

type Step = {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
};

/** RFC 6902: the operations in order, all or nothing. The target itself is not changed. */
export function applyJsonPatch(target: unknown, steps: readonly Step[]): unknown {
  const root = { document: structuredClone(target) };
  for (const step of steps) applyStep(root, step);
  return root.document;
}

/** Whether a parsed body has the form of a JSON patch. */
export function isJsonPatch(body: unknown): body is readonly Step[] {
  return (
    Array.isArray(body) &&
    body.every((step) => isJsonObject(step) && typeof step.op === 'string' && typeof step.path === 'string')
  );
}

type Root = { document: unknown };

function applyStep(root: Root, { op, path, from = '', value }: Step): void {
  if (op === 'move' || op === 'copy') {
    const moved = structuredClone(read(root, from));
    if (op === 'move') remove(root, from);
    add(root, path, moved);
  } else if (op === 'add') {
    add(root, path, value);
  } else if (op === 'remove') {
    remove(root, path);
  } else if (op === 'replace') {
    read(root, path);
    write(root, path, value);
  } else if (op !== 'test') {
    throw new JsonPatchFailed(`Unexpected kind: ${op}`);
  } else if (canonical(read(root, path)) !== canonical(value)) {
    throw new JsonPatchFailed(`testing value ${path} failed`);
  }
}

function add(root: Root, path: string, value: unknown): void {
  const { parent, key } = locate(root, path);
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : indexIn(parent, key, parent.length, path);
    parent.splice(index, 0, value);
  } else {
    write(root, path, value);
  }
}

function remove(root: Root, path: string): void {
  read(root, path);
  const { parent, key } = locate(root, path);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete (parent as Record<string, unknown>)[key];
}

function write(root: Root, path: string, value: unknown): void {
  const { parent, key } = locate(root, path);
  (parent as Record<string, unknown>)[key] = value;
}

function read(root: Root, path: string): unknown {
  const { parent, key } = locate(root, path);
  if (Array.isArray(parent)) return parent[indexIn(parent, key, parent.length - 1, path)];
  if (!Object.hasOwn(parent, key)) throw missing(path);
  return (parent as Record<string, unknown>)[key];
}

function locate(root: Root, path: string): { parent: object; key: string } {
  if (path !== '' && !path.startsWith('/')) throw missing(path);
  const keys = [
    'document',
    ...path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')),
  ];
  const parent = keys.slice(0, -1).reduce<unknown>((value, key) => memberOf(value, key, path), root);
  if (typeof parent !== 'object' || parent === null) throw missing(path);
  return { parent, key: keys.at(-1) as string };
}

function memberOf(value: unknown, key: string, path: string): unknown {
  if (Array.isArray(value)) return value[indexIn(value, key, value.length - 1, path)];
  if (isJsonObject(value) && Object.hasOwn(value, key)) return value[key];
  throw missing(path);
}

function indexIn(list: readonly unknown[], key: string, last: number, path: string): number {
  const index = /^(0|[1-9]\d*)$/.test(key) ? Number(key) : Number.NaN;
  if (!(index >= 0 && index <= last && index <= list.length)) throw missing(path);
  return index;
}

const missing = (path: string) => new JsonPatchFailed(`path does not exist: ${path}`);

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isJsonObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}
