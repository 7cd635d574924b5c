import type { ApiContext, ApiReply, ApiRequest } from './api-request.ts';
import { namespaceOf } from './api-request.ts';
import { isJsonObject } from './merge-patch.ts';
import { type KubernetesObject, timestamp } from './objects.ts';
import { pods, type Resource } from './resources.ts';
import { conflict, notFound, successStatus } from './status.ts';
import { hasFinished, type Pod } from './workload-objects.ts';

export type DeleteOptions = {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
};

/** DELETE of one object. A pod on a node, and whatever has finalizers, only begins to be deleted. */
export function deleteNamed(context: ApiContext, request: ApiRequest): ApiReply {
  const { info } = request;
  const { resource } = info;
  const name = info.name as string;
  const object = context.storage.get(resource, namespaceOf(info), name);
  if (object === undefined) throw notFound(resource, name);
  const inQuery = info.query.get('gracePeriodSeconds');
  const options: DeleteOptions = {
    ...(isJsonObject(request.body) ? (request.body as DeleteOptions) : {}),
    ...(inQuery === null ? {} : { gracePeriodSeconds: Number(inQuery) }),
  };
  checkPreconditions(resource, object, options);
  if (info.query.getAll('dryRun').includes('All')) return { status: 200, body: object };
  const left = deleteObject(context, resource, object, options);
  if (left !== undefined) return { status: 200, body: left };
  if (resource.kind === 'Pod') return { status: 200, body: object };
  const details = { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural };
  return { status: 200, body: successStatus(200, { ...details, uid: object.metadata.uid }) };
}

export function checkPreconditions(resource: Resource, { metadata }: KubernetesObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const why = 'the precondition of the deletion does not hold';
  if (uid !== undefined && uid !== metadata.uid) throw conflict(resource, metadata.name, why);
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(resource, metadata.name, why);
  }
}

/** Deletes now what may go now. Returns the object when it stays until a kubelet or a finalizer lets it go. */
export function deleteObject(
  { storage, kernel }: Pick<ApiContext, 'storage' | 'kernel'>,
  resource: Resource,
  object: KubernetesObject,
  options: DeleteOptions,
): KubernetesObject | undefined {
  const seconds = resource === pods ? gracePeriodOf(object as Pod, options) : 0;
  const { metadata } = object;
  const namespace = metadata.namespace ?? '';
  if (seconds === 0 && (metadata.finalizers ?? []).length === 0) {
    storage.remove(resource, namespace, metadata.name);
    return undefined;
  }
  const sooner = Math.min(seconds, metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY);
  if (metadata.deletionTimestamp !== undefined && sooner === metadata.deletionGracePeriodSeconds) return object;
  const deletionTimestamp = timestamp(kernel.clock.now() + sooner * 1000);
  return storage.update(resource, {
    ...object,
    metadata: { ...metadata, deletionTimestamp, deletionGracePeriodSeconds: sooner },
  });
}

/** A pod that runs nowhere, or no longer, is deleted at once. */
function gracePeriodOf(pod: Pod, { gracePeriodSeconds }: DeleteOptions): number {
  if (pod.spec.nodeName === undefined || hasFinished(pod)) return 0;
  return gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
}
