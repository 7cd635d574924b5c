import { type ApiContext, type ApiReply, type ApiRequest, namespaceOf } from './api-request.ts';
import type { KubernetesObject } from './objects.ts';
import { apiVersionOf } from './resources.ts';
import { type Matcher, parseFieldSelector, parseLabelSelector } from './selectors.ts';
import { ApiError, badRequest, expired, notFound } from './status.ts';
import type { Storage } from './storage.ts';
import { keyOfObject } from './storage-table.ts';

/** GET of one object. */
export function getObject({ storage }: ApiContext, { info }: ApiRequest): ApiReply {
  const name = info.name as string;
  const object = storage.get(info.resource, namespaceOf(info), name);
  if (object === undefined) throw notFound(info.resource, name);
  return { status: 200, body: object };
}

/** What a list or watch selects, from the query of the request. */
export function selectionOf({ info }: ApiRequest): Matcher {
  const labels = parseLabelSelector(info.query.get('labelSelector') ?? undefined);
  const fields = parseFieldSelector(info.query.get('fieldSelector') ?? undefined, info.resource);
  return (object) => labels(object) && fields.matches(object);
}

/** The namespace that a list or watch is limited to; undefined for all. */
export function scopeOf({ info }: ApiRequest): string | undefined {
  return info.resource.namespaced ? info.namespace : undefined;
}

/** GET of a collection. Pages of one list all show the state of its first page. */
export function listObjects({ storage }: ApiContext, request: ApiRequest): ApiReply {
  const { query, resource } = request.info;
  const matches = selectionOf(request);
  const start = startOf(storage, query);
  const { fields } = parseFieldSelector(query.get('fieldSelector') ?? undefined, resource);
  const all = storage.listAt(resource, { namespace: scopeOf(request), fields }, start.revision);
  const isSelective = (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== '';
  const asked = limitIn(query);
  const limit = asked > 0 ? asked : Number.POSITIVE_INFINITY;
  const rest = all.slice(firstAfter(all, start.after));
  const { items, remaining } = isSelective
    ? selectedPage(rest, limit, matches)
    : { items: rest.slice(0, limit), remaining: Math.max(0, rest.length - limit) };
  const metadata = {
    resourceVersion: String(start.revision),
    ...(remaining > 0
      ? {
          continue: encodeContinue(start.revision, items.at(-1) as KubernetesObject),
          // With a selector the server cannot know how many of the remaining objects will match.
          ...(isSelective ? {} : { remainingItemCount: remaining }),
        }
      : {}),
  };
  const body = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata, items };
  return { status: 200, body };
}

function limitIn(query: URLSearchParams): number {
  const limit = query.get('limit') ?? '';
  if (/^-?\d*$/.test(limit)) return Number(limit);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(limit)}: invalid syntax`);
}

/** Where the keys after one begin, in a list that is in the order of keys. */
function firstAfter(list: readonly KubernetesObject[], key: string): number {
  let [low, high] = [0, key === '' ? 0 : list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOfObject(list[middle] as KubernetesObject) > key) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first objects that match. `remaining` only tells whether there are more of them. */
function selectedPage(list: readonly KubernetesObject[], limit: number, matches: Matcher) {
  const items: KubernetesObject[] = [];
  for (const object of list) {
    if (!matches(object)) continue;
    if (items.length === limit) return { items, remaining: 1 };
    items.push(object);
  }
  return { items, remaining: 0 };
}

type Start = { readonly revision: number; readonly after: string };

function startOf(storage: Storage, query: URLSearchParams): Start {
  const token = query.get('continue') ?? '';
  const version = query.get('resourceVersion') ?? '';
  if (token !== '') return startOfToken(storage, token, version);
  const current = storage.revision();
  const match = query.get('resourceVersionMatch') ?? '';
  if (match !== '' && version === '')
    throw badRequest('resourceVersionMatch is forbidden unless resourceVersion is provided');
  const asked = parseResourceVersion(version);
  if (asked > current) throw tooLarge(asked, current);
  if (match !== 'Exact') return { revision: current, after: '' };
  if (asked < storage.compacted()) throw expired('The resourceVersion for the provided list is too old.');
  return { revision: asked, after: '' };
}

function startOfToken(storage: Storage, token: string, version: string): Start {
  if (version !== '' && version !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const { revision, after } = decodeContinue(token);
  if (revision < storage.compacted()) {
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
  return { revision, after };
}

/** @throws {ApiError} 400 when it is not a number. Empty counts as 0. */
export function parseResourceVersion(text: string): number {
  if (/^\d*$/.test(text)) return Number(text);
  throw badRequest(`resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
}

export function tooLarge(asked: number, current: number): ApiError {
  const message = `Too large resource version: ${asked}, current: ${current}`;
  return new ApiError(504, 'Timeout', `Timeout: ${message}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

function encodeContinue(revision: number, last: KubernetesObject): string {
  const token = { v: 'meta.k8s.io/v1', rv: revision, start: keyOfObject(last) };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decodeContinue(token: string): Start {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { rv: unknown; start: unknown };
    if (typeof rv === 'number' && typeof start === 'string') return { revision: rv, after: start };
  } catch {
    // Falls through to the refusal: whatever the token is, it is none of ours.
  }
  throw badRequest('continue key is not valid: the token cannot be read');
}
