import type { V1Node } from '@kubernetes/client-node';
import { setAsideAnnotation } from '../domain/node.ts';
import type { ApiServer } from './api-server.ts';
import { translateNode } from './kubernetes.ts';
import { refusedChange } from './refused-change.ts';

/** Keeps load balancers of the cluster's Services away from a node. */
export const loadBalancerLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** What the annotation on a set aside node names. */
const marks = { unschedulable: 'unschedulable', label: 'load-balancers' } as const;

type Api = Pick<ApiServer, 'clusterName' | 'get' | 'send'>;

/** The node object, if it is that of the instance: names are used again. */
export async function findNodeOf(
  api: Pick<ApiServer, 'get'>,
  nodeName: string,
  instanceId: string,
): Promise<V1Node | undefined> {
  const node = (await api.get(`/api/v1/nodes/${nodeName}`)) as V1Node | undefined;
  return node !== undefined && translateNode(node).instanceId === instanceId ? node : undefined;
}

/**
 * Changes the node that was read, and no other of its name; a node that is gone needs nothing.
 *
 * @throws {KubernetesUnavailable} Another node has the name by now: looking again tells.
 */
async function patchNode(api: Api, { metadata }: V1Node, patch: { metadata: object; spec?: object }): Promise<boolean> {
  const { name, uid } = metadata ?? {};
  const body = { ...patch, metadata: { uid, ...patch.metadata } };
  const contentType = 'application/merge-patch+json';
  const request = { method: 'PATCH' as const, path: `/api/v1/nodes/${name}`, body, contentType };
  const answer = await api.send(request);
  if (answer.status === 200) return true;
  if (answer.status === 404) return false;
  throw refusedChange(api, request, answer);
}

/**
 * Keeps new pods and load balancers away from a node. `returns`: its instance may come back from a warm pool, so the node
 * remembers what was put on it. Safe twice.
 *
 * @throws {ClusterAccessDenied} The mover may not change nodes.
 */
export async function setAside(api: Api, node: V1Node, { returns }: { readonly returns: boolean }): Promise<void> {
  const { labels = {}, annotations = {} } = node.metadata ?? {};
  const isCordoned = node.spec?.unschedulable === true;
  const isLabelled = labels[loadBalancerLabel] !== undefined;
  const isNoted = annotations[setAsideAnnotation] !== undefined;
  if (isCordoned && isLabelled && (isNoted || !returns)) return;
  const ours = [...(isCordoned ? [] : [marks.unschedulable]), ...(isLabelled ? [] : [marks.label])];
  const known = annotations[setAsideAnnotation]?.split(',') ?? [];
  const noted = [...new Set([...known, ...ours])].join(',');
  await patchNode(api, node, {
    metadata: {
      ...(!isLabelled && { labels: { [loadBalancerLabel]: 'true' } }),
      ...(returns && { annotations: { [setAsideAnnotation]: noted } }),
    },
    spec: { unschedulable: true },
  });
}

/** Takes off a node what `setAside` has noted there as ours; answers whether there was anything. Safe twice. */
export async function putBack(api: Api, node: V1Node): Promise<boolean> {
  const noted = node.metadata?.annotations?.[setAsideAnnotation];
  if (noted === undefined) return false;
  const ours = noted.split(',');
  return patchNode(api, node, {
    metadata: {
      annotations: { [setAsideAnnotation]: null },
      ...(ours.includes(marks.label) && { labels: { [loadBalancerLabel]: null } }),
    },
    ...(ours.includes(marks.unschedulable) && { spec: { unschedulable: null } }),
  });
}
