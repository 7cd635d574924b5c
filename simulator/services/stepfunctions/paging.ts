import { ServiceError } from '../../kernel/service.ts';

type Page<T> = { readonly items: readonly T[]; readonly nextToken?: string };
type PageRequest = { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined };

const DEFAULT_SIZE = 100;

/**
 * One page of a list, and the token for the next.
 * @param list Names what is listed; a token of another list is refused. @throws {ServiceError} InvalidToken
 */
export function pageOf<T>(all: readonly T[], list: string, { maxResults, nextToken }: PageRequest): Page<T> {
  const start = nextToken === undefined ? 0 : readToken(nextToken, list);
  const end = start + (maxResults || DEFAULT_SIZE);
  const items = all.slice(start, end);
  if (end >= all.length) return { items };
  return { items, nextToken: Buffer.from(JSON.stringify([list, end])).toString('base64') };
}

function readToken(token: string, list: string): number {
  try {
    const [named, start] = JSON.parse(Buffer.from(token, 'base64').toString()) as [string, number];
    if (named === list && Number.isInteger(start)) return start;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ServiceError('InvalidToken', `Invalid Token: '${token}'`);
}
