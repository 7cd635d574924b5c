/** Replaces members of an object for good, getters too. */
export function define(target: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true });
  }
}

/** A copy of a module with other members in place of its own. Getters are copied, not read. */
export function overlay(module: object, members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { plain, special } = partsOf(module);
  const copy: Record<string, unknown> = { ...plain, ...members };
  for (const [name, descriptor] of special) {
    if (!Object.hasOwn(members, name)) Object.defineProperty(copy, name, descriptor);
  }
  return copy;
}

/** The functions of a built-in module, by name. */
export function functionsOf(module: object): readonly (readonly [string, AnyFunction])[] {
  return partsOf(module).functions;
}

type AnyFunction = (...parts: unknown[]) => unknown;

type ModuleParts = {
  /** Members that a spread copies as they are. */
  readonly plain: Readonly<Record<string, unknown>>;
  readonly special: readonly (readonly [string, PropertyDescriptor])[];
  readonly functions: readonly (readonly [string, AnyFunction])[];
};

const taken = new WeakMap<object, ModuleParts>();

/** Takes a built-in module apart, once for all environments of this process. */
function partsOf(module: object): ModuleParts {
  const known = taken.get(module);
  if (known !== undefined) return known;
  const all = Object.entries(Object.getOwnPropertyDescriptors(module));
  const isPlain = ({ enumerable, writable, configurable }: PropertyDescriptor) =>
    enumerable === true && writable === true && configurable === true;
  const parts: ModuleParts = {
    plain: Object.fromEntries(all.flatMap(([name, found]) => (isPlain(found) ? [[name, found.value]] : []))),
    special: all.filter(([, found]) => !isPlain(found)),
    functions: all.flatMap(([name, { value }]) => (typeof value === 'function' ? [[name, value]] : [])),
  };
  taken.set(module, parts);
  return parts;
}
