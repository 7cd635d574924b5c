import type { ServiceError } from '../../kernel/service.ts';

export type Page<Item> = { readonly items: Item[]; readonly nextToken: string | undefined };

export type PageRequest = {
  readonly token: string | undefined;
  readonly size: number;
  /** The service's own error for a token that it never gave out. */
  readonly invalidToken: () => ServiceError;
};

/** One page of a list whose order is stable. Tokens are opaque to callers and hold the offset. */
export function paginate<Item>(items: readonly Item[], { token, size, invalidToken }: PageRequest): Page<Item> {
  const start = token === undefined ? 0 : decode(token);
  if (start === undefined || (start > 0 && start > items.length)) throw invalidToken();
  const end = start + size;
  return { items: items.slice(start, end), nextToken: end < items.length ? encode(end) : undefined };
}

function encode(offset: number): string {
  return Buffer.from(`page:${offset}`).toString('base64url');
}

function decode(token: string): number | undefined {
  const match = /^page:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
