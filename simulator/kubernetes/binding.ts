import type { ApiContext, ApiReply, ApiRequest } from './api-request.ts';
import { isJsonObject } from './merge-patch.ts';
import { timestamp, withCondition } from './objects.ts';
import { pods } from './resources.ts';
import { badRequest, conflict, notFound, successStatus } from './status.ts';
import type { Storage } from './storage.ts';

/** POST to `pods/<name>/binding`: how a scheduler gives a pod its node. */
export function bindPod({ storage, kernel }: ApiContext, { info, body }: ApiRequest): ApiReply {
  const target = isJsonObject(body) && isJsonObject(body.target) ? body.target.name : undefined;
  if (typeof target !== 'string' || target === '') throw badRequest('target.name: Required value');
  bind(storage, { namespace: info.namespace ?? '', name: info.name ?? '', nodeName: target, now: kernel.clock.now() });
  return { status: 201, body: successStatus(201) };
}

type BindingOrder = {
  readonly namespace: string;
  readonly name: string;
  readonly nodeName: string;
  readonly now: number;
};

/** @throws {ApiError} 404 without the pod, 409 when it has a node or is being deleted. */
export function bind(storage: Storage, { namespace, name, nodeName, now }: BindingOrder): void {
  const pod = storage.get(pods, namespace, name);
  if (pod === undefined) throw notFound(pods, name);
  if (pod.metadata.deletionTimestamp !== undefined) throw conflict(pods, name, `pod ${name} is being deleted`);
  if (pod.spec.nodeName !== undefined)
    throw conflict(pods, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  const conditions = withCondition(pod.status.conditions, { type: 'PodScheduled', status: 'True' }, timestamp(now));
  storage.update(pods, { ...pod, spec: { ...pod.spec, nodeName }, status: { ...pod.status, conditions } });
}
