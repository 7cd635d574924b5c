import type { V1Lease, V1Node, V1Pod } from '@kubernetes/client-node';
import type { ApiServer } from '../../functions/adapters/api-server.ts';
import { translateNode } from '../../functions/adapters/kubernetes.ts';
import { ClusterAccessDenied, KubernetesUnavailable } from '../../functions/domain/errors.ts';
import { setAsideAnnotation } from '../../functions/domain/node.ts';
import { outdatedTaint } from '../../functions/domain/outdated-taint.ts';

/** A node with what may be of ours on it. */
export type MarkedNode = {
  readonly nodeName: string;
  readonly instanceId: string;
  readonly isTainted: boolean;
  /** Cordoned, or kept from load balancers, by whomever. */
  readonly isSetAside: boolean;
  /** By us, for the time that its instance takes into a warm pool: the node itself says what is to be taken off. */
  readonly returns: boolean;
  readonly uid: string;
};

/** The label that a drain puts on a node, and others may put as well. */
const aside = 'node.kubernetes.io/exclude-from-external-load-balancers';

const ownNamespace = 'reglaze';
const pods = `/api/v1/namespaces/${ownNamespace}/pods`;
const leases = `/apis/coordination.k8s.io/v1/namespaces/${ownNamespace}/leases`;

type Reader = Pick<ApiServer, 'get'>;
type Writer = Pick<ApiServer, 'clusterName' | 'send'>;

/** All objects of a collection, page by page; none of one that does not exist. */
async function listAll<Kind>(api: Reader, collection: string): Promise<Kind[]> {
  const items: Kind[] = [];
  let next: string | undefined;
  do {
    const path = `${collection}limit=500${next === undefined ? '' : `&continue=${encodeURIComponent(next)}`}`;
    const page = (await api.get(path)) as { items: Kind[]; metadata?: { continue?: string } } | undefined;
    items.push(...(page?.items ?? []));
    next = page?.metadata?.continue;
  } while (next);
  return items;
}

const markedNode = (node: V1Node): MarkedNode => ({
  nodeName: node.metadata?.name ?? '',
  instanceId: translateNode(node).instanceId ?? '',
  isTainted: node.spec?.taints?.some(({ key }) => key === outdatedTaint.key) ?? false,
  isSetAside: node.spec?.unschedulable === true || node.metadata?.labels?.[aside] !== undefined,
  returns: node.metadata?.annotations?.[setAsideAnnotation] !== undefined,
  uid: node.metadata?.uid ?? '',
});

export const listNodes = async (api: Reader): Promise<MarkedNode[]> =>
  (await listAll<V1Node>(api, '/api/v1/nodes?')).map(markedNode);

/** Our Leases, with the hash of their group's name that they bear. */
export async function listLeases(api: Reader): Promise<{ leaseName: string; turnGroup: string }[]> {
  const found = await listAll<V1Lease>(api, `${leases}?labelSelector=${encodeURIComponent('reglaze.dev/turn')}&`);
  return found.map(({ metadata }) => ({
    leaseName: metadata?.name ?? '',
    turnGroup: metadata?.labels?.['reglaze.dev/node-group'] ?? '',
  }));
}

/** Our pods, with the nodes on which they are. */
export async function listPods(api: Reader): Promise<{ podName: string; nodeName: string }[]> {
  const selector = encodeURIComponent('app.kubernetes.io/managed-by=reglaze');
  const found = await listAll<V1Pod>(api, `${pods}?labelSelector=${selector}&`);
  return found.map(({ metadata, spec }) => ({ podName: metadata?.name ?? '', nodeName: spec?.nodeName ?? '' }));
}

async function send(api: Writer, request: Parameters<ApiServer['send']>[0]): Promise<void> {
  const { status, body } = await api.send(request);
  if (status < 300 || status === 404) return;
  const { message = '' } = body as { message?: string };
  const what = `${request.method} ${request.path} of cluster ${api.clusterName} answered HTTP ${status}: ${message}`;
  if (status === 403) throw new ClusterAccessDenied(`${what}. Do it as an administrator of the cluster.`);
  throw new KubernetesUnavailable(what);
}

export const deleteLease = (api: Writer, leaseName: string) =>
  send(api, { method: 'DELETE', path: `${leases}/${leaseName}` });

export const deletePod = (api: Writer, podName: string) => send(api, { method: 'DELETE', path: `${pods}/${podName}` });

/** Lets pods and load balancers use the node again, if it still is the one that was read. */
export const putBack = (api: Writer, { nodeName, uid }: MarkedNode) =>
  send(api, {
    method: 'PATCH',
    path: `/api/v1/nodes/${nodeName}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { uid, labels: { [aside]: null } }, spec: { unschedulable: null } },
  });
