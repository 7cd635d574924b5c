import { onResource } from '../../iam/dependent-actions.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type CallContext, type Permission, ServiceError } from '../../kernel/service.ts';
import { paginate } from '../ec2/paging.ts';
import { notSimulated } from '../ec2/refusal.ts';

type Paged = { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined };
type Filter = { readonly name?: string | undefined; readonly values?: readonly string[] | undefined };

/** Image Builder gives at most 25 of anything at once. */
const PAGE = 25;

export function onArn<Input>(action: string, arnOf: (input: Input) => string | undefined) {
  return (input: Input): readonly Permission[] => [onResource(`imagebuilder:${action}`, arnOf(input) ?? '*')];
}

/** The ARN of everything of a kind in the account, for actions whose request need not name one. */
export function anyArn({ identity: { partition, region, accountId } }: Kernel, kind: string): string {
  return `arn:${partition}:imagebuilder:${region}:${accountId}:${kind}/*`;
}

export function pageOf<Item>(items: readonly Item[], { maxResults, nextToken }: Paged) {
  const invalidToken = () =>
    new ServiceError('InvalidPaginationTokenException', 'The provided token is not valid.', { status: 400 });
  const page = paginate(items, { token: nextToken, size: maxResults ?? PAGE, invalidToken });
  return { items: page.items, next: page.nextToken === undefined ? {} : { nextToken: page.nextToken } };
}

/** All filters must match, any value of a filter suffices. @throws ServiceError for a filter that is not simulated. */
export function filtered<Item>(
  operation: string,
  items: readonly Item[],
  filters: readonly Filter[] | undefined,
  fields: Readonly<Record<string, (item: Item) => string | undefined>>,
): Item[] {
  const tests = (filters ?? []).map(({ name = '', values = [] }) => {
    const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (read === undefined) throw notSimulated(`The simulator knows no filter '${name}' of ${operation}.`);
    return (item: Item) => values.includes(read(item) ?? '');
  });
  return items.filter((item) => tests.every((test) => test(item)));
}

export function requestId({ requestId: id }: CallContext): { readonly requestId: string } {
  return { requestId: id };
}

export function resourceNotFound(arn: string | undefined): ServiceError {
  return new ServiceError('ResourceNotFoundException', `The resource with ARN '${arn}' does not exist.`, {
    status: 404,
  });
}

export function invalidRequest(message: string): ServiceError {
  return new ServiceError('InvalidRequestException', message, { status: 400 });
}
