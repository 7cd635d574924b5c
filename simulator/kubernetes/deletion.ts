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
  if (info.query.getAll('dryRun').includes('All')) return deletionReply(resource, object, finalized(object));
  return deletionReply(resource, object, deleteObject(context, resource, object, options));
}

const finalized = (object: KubernetesObject) => (object.metadata.finalizers?.length ? object : undefined);

/** A pod is shown as it was, and whatever is left as it is; of the rest only the name. */
function deletionReply(resource: Resource, object: KubernetesObject, left: KubernetesObject | undefined): ApiReply {
  if (left !== undefined || resource.kind === 'Pod') return { status: 200, body: left ?? object };
  const { group, plural: kind } = resource;
  const { name, uid } = object.metadata;
  return { status: 200, body: successStatus(200, { name, ...(group === '' ? {} : { group }), kind, uid }) };
}

export function checkPreconditions(resource: Resource, { metadata }: KubernetesObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  // Here the API server names the kind and not the resource.
  const target = { group: resource.group, plural: resource.kind };
  const differs = (what: string, asked: string, found: string, how: string) =>
    conflict(
      target,
      metadata.name,
      `the ${what} in the precondition (${asked}) does not match the ${what} in record (${found}). The object might have been ${how}`,
    );
  if (uid !== undefined && uid !== metadata.uid) throw differs('UID', uid, metadata.uid, 'deleted and then recreated');
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw differs('ResourceVersion', resourceVersion, metadata.resourceVersion, 'modified');
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
  const asked = gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  // A negative grace period is one second.
  return asked < 0 ? 1 : asked;
}
