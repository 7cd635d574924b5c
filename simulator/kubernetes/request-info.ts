import type { WireRequest } from '../kernel/wire.ts';
import { findResource, type Resource, type Verb } from './resources.ts';

/** A request for a path that names no resource, such as `/version`. */
export type PathRequest = { readonly type: 'path'; readonly verb: string; readonly path: string };

/** A request for a resource, as the authorizer and the handlers see it. The resource may be unknown. */
export type ResourceRequest = {
  readonly type: 'resource';
  readonly verb: Verb | 'impersonate';
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly resource: Resource | undefined;
};

export type RequestInfo = (PathRequest | ResourceRequest) & { readonly query: URLSearchParams };

/** Reads method and path as the API server does, before it knows whether such a resource exists. */
export function parseRequest({ method, path }: Pick<WireRequest, 'method' | 'path'>): RequestInfo {
  const { pathname, searchParams: query } = new URL(path, 'https://kubernetes');
  const segments = pathname
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeURIComponent);
  const [prefix, ...rest] = segments;
  const isCore = prefix === 'api' && rest.length >= 2;
  const isGrouped = prefix === 'apis' && rest.length >= 3;
  if (!isCore && !isGrouped) return { type: 'path', verb: method.toLowerCase(), path: pathname, query };

  const [group = '', version = '', ...place] = isCore ? ['', ...rest] : rest;
  const { namespace, plural = '', name, subresource } = readPlace(place);
  const resource = findResource(group, version, plural);
  const named = name ?? nameInSelector(query);
  const verb = verbOf(method, query, name !== undefined);
  return { type: 'resource', verb, group, version, plural, subresource, namespace, name: named, resource, query };
}

function readPlace(place: readonly string[]) {
  const [first, second, ...rest] = place;
  const isNamespaced = first === 'namespaces' && rest.length > 0 && !(rest.length === 1 && isOfNamespace(rest[0]));
  const [plural, name, ...sub] = isNamespaced ? rest : place;
  // A namespace is itself in the scope of its own name: that is how the authorizer sees requests for it.
  const namespace = isNamespaced || first === 'namespaces' ? second : undefined;
  return { namespace, plural, name, subresource: sub.length === 0 ? undefined : sub.join('/') };
}

const isOfNamespace = (segment: string | undefined) => segment === 'status' || segment === 'finalize';

function verbOf(method: string, query: URLSearchParams, named: boolean): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      if (isTrue(query.get('watch'))) return 'watch';
      return named ? 'get' : 'list';
  }
}

/** A list of `metadata.name=x` is authorised as a request for `x`. */
function nameInSelector(query: URLSearchParams): string | undefined {
  return /^metadata\.name=([^,!=]+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
}

export const isTrue = (value: string | null) => value === 'true' || value === '1';
