import { notSimulated } from './refusal.ts';
import type { Tags } from './tags.ts';

export type Filter = { readonly Name?: string | undefined; readonly Values?: readonly string[] | undefined };

/** How to read what one filter name compares; several values match when any does. */
export type FilterFields<Item> = Readonly<Record<string, (item: Item) => readonly (string | undefined)[]>>;

/**
 * EC2 filters: all filters must match, any value of a filter suffices, `*` and `?` are wildcards. Every
 * resource with tags also has `tag:<key>`, `tag-key` and `tag-value`.
 *
 * @throws ServiceError for a filter that is not simulated, rather than ignoring it.
 */
export function applyFilters<Item extends { readonly tags: Tags }>(
  operation: string,
  items: readonly Item[],
  filters: readonly Filter[] | undefined,
  fields: FilterFields<Item>,
): Item[] {
  const tests = (filters ?? []).map(({ Name = '', Values = [] }) => {
    const read = readerOf(operation, Name, fields);
    const patterns = Values.map(wildcard);
    return (item: Item) => read(item).some((value) => value !== undefined && patterns.some((one) => one.test(value)));
  });
  return items.filter((item) => tests.every((test) => test(item)));
}

function readerOf<Item extends { readonly tags: Tags }>(
  operation: string,
  name: string,
  fields: FilterFields<Item>,
): (item: Item) => readonly (string | undefined)[] {
  if (name.startsWith('tag:')) return (item) => [item.tags[name.slice('tag:'.length)]];
  if (name === 'tag-key') return (item) => Object.keys(item.tags);
  if (name === 'tag-value') return (item) => Object.values(item.tags);
  const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (read === undefined) throw notSimulated(`The simulator knows no filter '${name}' of ${operation}.`);
  return read;
}

function wildcard(value: string): RegExp {
  const source = value
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
