import { type ApiContext, type ApiReply, type ApiRequest, namespaceOf } from './api-request.ts';
import { isJsonObject, type JsonObject } from './merge-patch.ts';
import type { KubernetesObject } from './objects.ts';
import { applyPatch } from './patching.ts';
import { badRequest, notFound } from './status.ts';
import { selectorText } from './tables/cell-text.ts';
import { updateObject } from './writing.ts';

/** GET of `scale`: how many pods a workload shall have and has. */
export function getScale(context: ApiContext, request: ApiRequest): ApiReply {
  return { status: 200, body: scaleOf(parentOf(context, request)) };
}

/** PUT of `scale` changes `spec.replicas` of the workload and nothing else. */
export function updateScale(context: ApiContext, request: ApiRequest): ApiReply {
  return writeScale(context, request, request.body);
}

/** PATCH of `scale`, as `kubectl scale` does. */
export function patchScale(context: ApiContext, request: ApiRequest): ApiReply {
  const scale = scaleOf(parentOf(context, request));
  return writeScale(context, request, applyPatch(scale, request.body, request.contentType));
}

function parentOf({ storage }: ApiContext, { info }: ApiRequest): KubernetesObject {
  const object = storage.get(info.resource, namespaceOf(info), info.name as string);
  if (object === undefined) throw notFound(info.resource, info.name as string);
  return object;
}

function writeScale(context: ApiContext, request: ApiRequest, scale: unknown): ApiReply {
  if (!isJsonObject(scale) || !isJsonObject(scale.spec)) throw badRequest('the scale has no spec');
  const { replicas = 0 } = scale.spec;
  const parent = parentOf(context, request);
  const { resourceVersion = parent.metadata.resourceVersion } = (scale.metadata ?? {}) as JsonObject;
  const body = {
    ...parent,
    metadata: { ...parent.metadata, resourceVersion },
    spec: { ...(parent.spec as JsonObject), replicas },
  };
  const reply = updateObject(context, { ...request, body, info: { ...request.info, subresource: undefined } });
  return 'stream' in reply ? reply : { ...reply, body: scaleOf(reply.body as KubernetesObject) };
}

function scaleOf({ metadata, spec, status }: KubernetesObject): KubernetesObject {
  const { name, namespace = '', uid, resourceVersion, creationTimestamp } = metadata;
  const { replicas = 1, selector } = spec as JsonObject;
  return {
    ...{ kind: 'Scale', apiVersion: 'autoscaling/v1' },
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas },
    status: { replicas: ((status ?? {}) as JsonObject).replicas ?? 0, selector: selectorText(selector) },
  };
}
