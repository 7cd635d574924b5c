/** An input or an answer with the member names of the service's model. */
export type Fields = { readonly [name: string]: unknown };

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** What stands at a path such as `Reservations.0.InstanceId`; undefined where it ends early. */
export function read(value: unknown, path: string): unknown {
  let found = value;
  for (const step of path === '' ? [] : path.split('.')) {
    if (found === null || typeof found !== 'object') return undefined;
    found = (found as Fields)[step];
  }
  return found;
}

/** A text at a path; empty where there is none. */
export function text(value: unknown, path: string): string {
  const found = read(value, path);
  return typeof found === 'string' ? found : '';
}

/** A list at a path; empty where there is none. */
export function list(value: unknown, path: string): readonly unknown[] {
  const found = read(value, path);
  return Array.isArray(found) ? found : [];
}
