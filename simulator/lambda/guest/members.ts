/** Replaces members of an object for good, getters too. */
export function define(target: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true });
  }
}

/** A copy of a module with other members in place of its own. Getters are copied, not read. */
export function overlay(module: object, members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = Object.entries(Object.getOwnPropertyDescriptors(module)).filter(
    ([name]) => !Object.hasOwn(members, name),
  );
  const copy = Object.defineProperties({}, Object.fromEntries(kept)) as Record<string, unknown>;
  define(copy, members);
  return copy;
}
