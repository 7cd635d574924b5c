import type { ApiContext, ApiReply, ApiRequest } from './api-request.ts';
import type { KubernetesObject } from './objects.ts';
import { createPushStream, type PushStream } from './push-stream.ts';
import { parseResourceVersion, scopeOf, selectionOf, tooLarge } from './reading.ts';
import { type Represent, representer } from './representation.ts';
import { isTrue } from './request-info.ts';
import { apiVersionOf } from './resources.ts';
import { type Matcher, parseFieldSelector } from './selectors.ts';
import { badRequest, expired, failureStatus } from './status.ts';
import type { Change } from './storage.ts';
import { subscribe } from './watch-hub.ts';

/** As often as the watch cache sends bookmarks. */
const bookmarkEveryMs = 60_000;
/** The server ends a watch without `timeoutSeconds` by itself, at a random time from half an hour up. */
const defaultTimeoutMs = [30 * 60_000, 60 * 60_000] as const;

/** A watch: what exists (unless a resourceVersion says where to start) and then every change, until it times out. */
export function watchObjects(context: ApiContext, request: ApiRequest): ApiReply {
  const { storage } = context;
  const { query, resource } = request.info;
  const watch: Watch = {
    ...{ context, request, stream: createPushStream() },
    matches: inScope(selectionOf(request), scopeOf(request)),
    fields: parseFieldSelector(query.get('fieldSelector') ?? undefined, resource).fields,
    represent: representer(request.representation, { kind: resource.kind, now: context.kernel.clock.now }),
  };
  const from = startOf(context, query);
  if (from === 'expired') {
    const asked = query.get('resourceVersion');
    send(watch, 'ERROR', failureStatus(expired(`too old resource version: ${asked} (${storage.compacted() + 1})`)));
    watch.stream.end();
    return { status: 200, stream: watch.stream.body };
  }
  if (from === 'current') sendCurrent(watch);
  else for (const change of storage.changesAfter(resource, from)) sendChange(watch, change);
  follow(watch);
  return { status: 200, stream: watch.stream.body };
}

type Watch = {
  readonly context: ApiContext;
  readonly request: ApiRequest;
  readonly stream: PushStream;
  readonly matches: Matcher;
  /** Values that the watch selects by. */
  readonly fields: Readonly<Record<string, string>>;
  readonly represent: Represent;
};

function send({ stream, represent }: Watch, type: string, object: unknown): void {
  stream.push(Buffer.from(`${JSON.stringify({ type, object: represent(object) })}\n`));
}

function sendChange(watch: Watch, change: Change): void {
  const event = eventFor(change, watch.matches);
  if (event !== undefined) send(watch, event.type, event.object);
}

function sendCurrent(watch: Watch): void {
  const { context, request, matches } = watch;
  const { storage } = context;
  const scope = { namespace: scopeOf(request), fields: watch.fields };
  const existing = storage.listAt(request.info.resource, scope, storage.revision());
  for (const object of existing.filter(matches)) send(watch, 'ADDED', object);
  if (isTrue(request.info.query.get('sendInitialEvents'))) sendBookmark(watch, true);
}

function sendBookmark(watch: Watch, initialEventsEnd = false): void {
  const { resource } = watch.request.info;
  const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const resourceVersion = String(watch.context.storage.revision());
  const metadata = { resourceVersion, creationTimestamp: null, ...annotations };
  send(watch, 'BOOKMARK', { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata });
}

/** Sends what changes from now on, until the time is over or the client has gone. */
function follow(watch: Watch): void {
  const { context, request, stream } = watch;
  const { query, resource } = request.info;
  const listener = (change: Change) => sendChange(watch, change);
  const unsubscribe = subscribe(context.storage, { resource, fields: watch.fields, listener });
  const lasts = Number(query.get('timeoutSeconds') ?? 0) * 1000 || defaultTimeout(context);
  const timeout = context.kernel.clock.after(lasts, () => stream.end());
  const stopBookmarks = isTrue(query.get('allowWatchBookmarks')) ? startBookmarks(watch) : () => undefined;
  stream.onEnd(() => {
    unsubscribe();
    timeout.cancel();
    stopBookmarks();
  });
}

function startBookmarks(watch: Watch): () => void {
  const { clock } = watch.context.kernel;
  let timer = clock.after(bookmarkEveryMs, tick);
  function tick() {
    sendBookmark(watch);
    timer = clock.after(bookmarkEveryMs, tick);
  }
  return () => timer.cancel();
}

/** `current`: begin with what exists. A number: begin with the changes after it. */
function startOf({ storage }: ApiContext, query: URLSearchParams): 'current' | 'expired' | number {
  const version = query.get('resourceVersion') ?? '';
  const initial = query.get('sendInitialEvents');
  if (initial !== null && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    throw badRequest('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  const asked = parseResourceVersion(version);
  if (asked > storage.revision()) throw tooLarge(asked, storage.revision());
  if (isTrue(initial)) return 'current';
  if (asked === 0) return initial === null ? 'current' : storage.revision();
  return asked < storage.compacted() ? 'expired' : asked;
}

/** An object that begins or ceases to match the selectors is added to or deleted from what the watcher sees. */
function eventFor({ type, object, previous }: Change, matches: Matcher) {
  const matched = previous !== undefined && matches(previous);
  const isMatching = type !== 'DELETED' && matches(object);
  if (isMatching) return { type: matched ? 'MODIFIED' : 'ADDED', object };
  if (!matched) return undefined;
  const { resourceVersion } = object.metadata;
  return { type: 'DELETED', object: { ...previous, metadata: { ...previous.metadata, resourceVersion } } };
}

const inScope =
  (matches: Matcher, namespace: string | undefined): Matcher =>
  (object: KubernetesObject) =>
    (namespace === undefined || object.metadata.namespace === namespace) && matches(object);

function defaultTimeout({ kernel, cluster, storage }: ApiContext): number {
  return kernel.random.between(...defaultTimeoutMs, 'watch timeout', cluster, storage.revision(), kernel.clock.now());
}
