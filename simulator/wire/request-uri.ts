import type { WireRequest } from '../kernel/wire.ts';

/** False when a percent sign in the path or the query string does not begin a character of UTF-8. */
export function hasReadableUri({ path }: Pick<WireRequest, 'path'>): boolean {
  if (!path.includes('%')) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
