import type { ApiContext } from './api-request.ts';
import { deleteObject } from './deletion.ts';
import { type Eviction, evict } from './eviction.ts';
import type { Kubelets } from './kubelets.ts';
import { isJsonObject } from './merge-patch.ts';
import { createNodeUpdates } from './node-updates.ts';
import type { KubernetesObject, Labels } from './objects.ts';
import { pods, type Resource, resourceOfKind } from './resources.ts';
import { ApiError } from './status.ts';
import { hasFinished, isOwnedByDaemonSet, type Pod } from './workload-objects.ts';
import { createObject, updateObject } from './writing.ts';

/** What EKS and the builders of scenarios do in a cluster, with every right and in no time. */
export type ControlPlane = {
  /** Creates or replaces an object. @throws {ApiError} as the API would answer. */
  readonly apply: (manifest: unknown) => void;
  readonly cordon: (nodeName: string, labels?: Labels) => void;
  readonly label: (nodeName: string, labels: Labels) => void;
  /** Pods that must leave before the node may go: neither finished nor owned by a DaemonSet. */
  readonly podsToMove: (nodeName: string) => readonly Pod[];
  /** `refused` when a budget forbids it now; what the API would answer is in `message`. */
  readonly evict: (eviction: Eviction) => {
    readonly answer: 'accepted' | 'gone' | 'refused';
    readonly message?: string;
  };
  readonly deletePod: (pod: Pod) => void;
  /** After access entries changed: kubelets that were refused try again. */
  readonly retryRegistrations: () => void;
};

export type EvictionAnswer = { readonly answer: 'accepted' | 'gone' | 'refused'; readonly message?: string };

export function createControlPlane(context: ApiContext, kubelets: Kubelets): ControlPlane {
  const { storage, kernel } = context;
  const updates = createNodeUpdates(storage, kernel);

  const label = (nodeName: string, labels: Labels) => {
    updates.change(nodeName, (node) => ({
      ...node,
      metadata: { ...node.metadata, labels: { ...node.metadata.labels, ...labels } },
    }));
  };

  return {
    apply: (manifest) => apply(context, manifest),
    label,
    cordon(nodeName, labels = {}) {
      updates.change(nodeName, (node) => ({ ...node, spec: { ...node.spec, unschedulable: true } }));
      label(nodeName, labels);
    },
    podsToMove: (nodeName) =>
      storage
        .list(pods)
        .filter((pod) => pod.spec.nodeName === nodeName && !hasFinished(pod) && !isOwnedByDaemonSet(pod)),
    evict: (eviction) => answerOf(() => evict(context, eviction)),
    deletePod(pod) {
      deleteObject(context, pods, pod, {});
    },
    retryRegistrations: kubelets.retryRegistrations,
  };
}

function answerOf(attempt: () => string | undefined): EvictionAnswer {
  try {
    const refusal = attempt();
    return refusal === undefined ? { answer: 'accepted' } : { answer: 'refused', message: refusal };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404) return { answer: 'gone' };
    return { answer: 'refused', message: error.details?.causes?.[0]?.message ?? error.message };
  }
}

function apply(context: ApiContext, manifest: unknown): void {
  const object = manifest as KubernetesObject;
  const resource = isJsonObject(manifest) ? resourceOfKind(object.apiVersion, object.kind) : undefined;
  if (resource === undefined) {
    const { apiVersion, kind } = isJsonObject(manifest) ? object : {};
    throw new Error(`The simulated cluster knows no ${String(kind)} of ${String(apiVersion)}`);
  }
  const { name, namespace = 'default' } = object.metadata;
  const info = {
    ...{ type: 'resource' as const, group: resource.group, version: resource.version, plural: resource.plural },
    ...{ subresource: undefined, namespace: resource.namespaced ? namespace : undefined, name, resource },
    query: new URLSearchParams({ fieldValidation: 'Strict' }),
  };
  const request = { user: operator, body: manifest, contentType: 'application/json', representation };
  if (exists(context, resource, namespace, name))
    updateObject(context, { ...request, info: { ...info, verb: 'update' } });
  else createObject(context, { ...request, info: { ...info, verb: 'create' } });
}

const representation = { form: 'object' } as const;
const operator = { username: 'kubernetes-admin', groups: ['system:masters'], policies: [] };

function exists({ storage }: ApiContext, resource: Resource, namespace: string, name: string): boolean {
  return storage.get(resource, resource.namespaced ? namespace : '', name) !== undefined;
}
