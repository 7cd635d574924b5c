import type { Authorizer, User } from './authorizer.ts';
import { ApiError } from './status.ts';

type Headers = Readonly<Record<string, string>>;

const prefix = 'impersonate-';
const known = [`${prefix}user`, `${prefix}group`];

/**
 * Who a request counts as: the caller, or whom the caller names in `Impersonate-User` and `Impersonate-Group` and has
 * the right to `impersonate`. Access policies of EKS stay with the caller.
 *
 * @throws {ApiError} 403 without the right, 501 for uids and extra members, which nobody has here.
 */
export function actingUser(caller: User, headers: Headers, authorizer: Authorizer): User {
  const used = Object.keys(headers).filter((name) => name.startsWith(prefix));
  if (used.length === 0) return caller;
  if (used.some((name) => !known.includes(name))) {
    const message = `This API server knows no impersonation by ${used.join(', ')}.`;
    throw new ApiError(501, 'NotImplemented', message);
  }
  const username = headers[`${prefix}user`];
  if (username === undefined) {
    const message = 'Internal error occurred: requested groups without impersonating a user';
    throw new ApiError(500, 'InternalError', message);
  }
  const groups = (headers[`${prefix}group`] ?? '').split(',').map((group) => group.trim());
  const named = groups.filter((group) => group !== '');
  for (const request of [requestFor(username), ...named.map((name) => impersonating('groups', name))]) {
    authorizer.demand(caller, request);
  }
  const everybody = username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  return { username, groups: [...new Set([...named, ...accountGroups(username, named), everybody])], policies: [] };
}

const serviceAccount = /^system:serviceaccount:([^:]+):([^:]+)$/;

function requestFor(username: string) {
  const [, namespace, name] = serviceAccount.exec(username) ?? [];
  if (namespace === undefined || name === undefined) return impersonating('users', username);
  return impersonating('serviceaccounts', name, namespace);
}

/** A service account that is named without groups has its own. */
function accountGroups(username: string, named: readonly string[]): readonly string[] {
  const [, namespace] = serviceAccount.exec(username) ?? [];
  if (namespace === undefined || named.length > 0) return [];
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

const impersonating = (plural: string, name: string, namespace?: string) => ({
  ...{ type: 'resource' as const, verb: 'impersonate' as const, group: '', version: 'v1', plural, name, namespace },
  ...{ subresource: undefined, resource: undefined, query: new URLSearchParams() },
});
