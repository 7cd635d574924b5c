import type { ApiServer } from './api-server.ts';

type Page<Item> = { readonly items: Item[]; readonly metadata?: { readonly continue?: string } };

/**
 * Collects the pages of a list, all of them unless there may only be so many.
 *
 * @param collection its path, with at least one query parameter, such as `limit`.
 */
export async function listAll<Item>(
  api: Pick<ApiServer, 'get'>,
  collection: string,
  mostPages = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const found: Item[] = [];
  let next: string | undefined;
  for (let page = 0; page < mostPages && (page === 0 || next); page += 1) {
    const path = next ? `${collection}&continue=${encodeURIComponent(next)}` : collection;
    const { items, metadata } = (await api.get(path)) as Page<Item>;
    found.push(...items);
    next = metadata?.continue;
  }
  return found;
}
