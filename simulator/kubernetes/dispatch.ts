import type { ApiContext, ApiReply, ApiRequest } from './api-request.ts';
import { bindPod } from './binding.ts';
import { deleteNamed } from './deletion.ts';
import { evictPod } from './eviction.ts';
import { getObject, listObjects, scopeOf, selectionOf } from './reading.ts';
import { representer } from './representation.ts';
import type { RequestInfo } from './request-info.ts';
import { type Resource, resources } from './resources.ts';
import { createReview } from './reviews.ts';
import { getScale, patchScale, updateScale } from './scale.ts';
import { ApiError, methodNotAllowed } from './status.ts';
import { watchObjects } from './watching.ts';
import { createObject, deleteObjects, patchObject, updateObject } from './writing.ts';

type Handler = (context: ApiContext, request: ApiRequest) => ApiReply;

const deleteSelected: Handler = (context, request) =>
  deleteObjects(
    context,
    request,
    context.storage.list(request.info.resource, scopeOf(request)).filter(selectionOf(request)),
  );

const collection: Readonly<Record<string, Handler>> = {
  list: listObjects,
  watch: watchObjects,
  create: createObject,
  deletecollection: deleteSelected,
};
/** Requests for one object; a collection selected by `metadata.name` counts as one. */
const named: Readonly<Record<string, Handler>> = {
  get: getObject,
  list: listObjects,
  watch: watchObjects,
  deletecollection: deleteSelected,
  update: updateObject,
  patch: patchObject,
  delete: deleteNamed,
};
const subresources: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  status: { get: getObject, update: updateObject, patch: patchObject },
  scale: { get: getScale, update: updateScale, patch: patchScale },
  eviction: { create: evictPod },
  binding: { create: bindPod },
};

/** The path names nothing that this API server has. */
export class UnknownPath extends Error {
  override readonly name = 'UnknownPath';
  /** Whether its group is served, and only its kind is not. */
  readonly isOfServedGroup: boolean;

  constructor(isOfServedGroup = false) {
    super('The path is unknown.');
    this.isOfServedGroup = isOfServedGroup;
  }
}

/** Runs one authorised request for a resource. @throws {UnknownPath} @throws {ApiError} */
export function dispatch(
  context: ApiContext,
  request: Omit<ApiRequest, 'info'> & { readonly info: RequestInfo },
): ApiReply {
  const { info } = request;
  if (info.type === 'path') throw new UnknownPath();
  if (info.resource === undefined) throw new UnknownPath(isServedGroup(info));
  const { resource, subresource, namespace, name, verb } = info;
  const needsNamespace = resource.namespaced && (subresource !== undefined || isOfOne(info));
  if (needsNamespace && namespace === undefined) throw new UnknownPath();
  const handler = handlersFor(resource, subresource, name)[verb];
  if (handler === undefined) throw methodNotAllowed();
  return represented(handler(context, { ...request, info: { ...info, resource } }), context, request, resource);
}

const isServedGroup = ({ group, version }: { readonly group: string; readonly version: string }): boolean =>
  resources.some((resource) => resource.group === group && resource.version === version);

/** Objects and lists in the form that the client takes; the events of a watch are that already. */
function represented(
  reply: ApiReply,
  { kernel }: ApiContext,
  { representation }: Pick<ApiRequest, 'representation'>,
  { kind }: Resource,
): ApiReply {
  if ('stream' in reply) return reply;
  return { ...reply, body: representer(representation, { kind, now: kernel.clock.now })(reply.body) };
}

const isOfOne = ({ verb, name }: { readonly verb: string; readonly name: string | undefined }) =>
  name !== undefined && verb !== 'list' && verb !== 'watch';

function handlersFor(
  { subresources: known, stored }: Resource,
  subresource: string | undefined,
  name: string | undefined,
): Readonly<Record<string, Handler>> {
  if (subresource !== undefined) {
    if (!known.some((candidate) => candidate.name === subresource)) throw new UnknownPath();
    return subresources[subresource] ?? {};
  }
  if (stored === false) return name === undefined ? { create: createReview } : {};
  return name === undefined ? collection : named;
}

export function isApiError(error: unknown): error is ApiError {
  return error instanceof ApiError;
}
