import type { V1Node, V1NodeList } from '@kubernetes/client-node';
import { ClusterAccessDenied, KubernetesUnavailable, type Reason, reason } from '../domain/errors.ts';
import type { WindowsNode } from '../domain/node.ts';
import type { ClusterView } from '../domain/preflight.ts';
import { type ApiServer, connectApiServer } from './api-server.ts';
import { isAwsError } from './aws-call.ts';

const addressCapacity = 'vpc.amazonaws.com/PrivateIPv4Address';
const uninitialized = 'node.cloudprovider.kubernetes.io/uninitialized';

/** What matters to us of a node object. */
export function translateNode({ metadata, spec, status }: V1Node): WindowsNode {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return {
    name: metadata?.name ?? '',
    instanceId: /^aws:\/\/\/[^/]*\/(i-[0-9a-f]+)$/.exec(spec?.providerID ?? '')?.[1],
    ready: ready?.status === 'True',
    readyDetail:
      ready === undefined ? 'no condition reported' : `${ready.reason ?? ready.status}: ${ready.message ?? ''}`,
    initialized: !spec?.taints?.some(({ key }) => key === uninitialized),
    podAddresses: Number(status?.capacity?.[addressCapacity] ?? 0),
    patchLevel: status?.nodeInfo?.kernelVersion ?? '',
    osImage: status?.nodeInfo?.osImage ?? '',
  };
}

/** All Windows nodes of the cluster, in as few calls as the API server's pages allow. */
export async function listWindowsNodes(api: ApiServer): Promise<WindowsNode[]> {
  const nodes: WindowsNode[] = [];
  const selector = encodeURIComponent('kubernetes.io/os=windows');
  let next: string | undefined;
  do {
    const page = `/api/v1/nodes?labelSelector=${selector}&limit=500`;
    const list = (await api.get(next ? `${page}&continue=${encodeURIComponent(next)}` : page)) as V1NodeList;
    nodes.push(...list.items.map(translateNode));
    next = list.metadata?._continue ?? (list.metadata as { continue?: string } | undefined)?.continue;
  } while (next);
  return nodes;
}

/** One node by its name, or undefined when it is not registered. */
export async function findNode(api: ApiServer, name: string): Promise<WindowsNode | undefined> {
  const node = await api.get(`/api/v1/nodes/${encodeURIComponent(name)}`);
  return node === undefined ? undefined : translateNode(node as V1Node);
}

/** How steps read a cluster: with the reader role, as the environment names it. */
export type ClusterReader = {
  readonly listNodes: (clusterName: string) => Promise<WindowsNode[]>;
  readonly findNode: (clusterName: string, nodeName: string) => Promise<WindowsNode | undefined>;
  /**
   * The cluster's nodes, or why they cannot be read: an answer, since a plan reports it.
   *
   * @throws {KubernetesUnavailable} The cluster cannot be reached; with `give-up` that is an answer, too.
   */
  readonly view: (clusterName: string, whenUnavailable: 'try-again' | 'give-up') => Promise<ClusterView>;
};

/** What a plan says of a cluster that cannot be read; undefined when it is not the cluster's doing, or may pass. */
function refusalOf(clusterName: string, error: unknown, whenUnavailable: 'try-again' | 'give-up'): Reason | undefined {
  if (error instanceof ClusterAccessDenied) return reason('ClusterAccessDenied', error.message);
  if (isAwsError(error, 'ResourceNotFoundException')) {
    return reason('ClusterUnknown', `There is no cluster ${clusterName}. Correct the kubernetes.io/cluster tag.`);
  }
  if (!(error instanceof KubernetesUnavailable) || whenUnavailable === 'try-again') return undefined;
  const cause = `Cluster ${clusterName} could not be reached, however often it was tried. ${error.message}`;
  return reason('ClusterUnreachable', cause);
}

/** Reads clusters as a role. */
export function clusterReader(roleArn: () => string): ClusterReader {
  const listNodes = async (clusterName: string) => listWindowsNodes(await connectApiServer(clusterName, roleArn()));
  return {
    listNodes,
    findNode: async (clusterName, nodeName) => findNode(await connectApiServer(clusterName, roleArn()), nodeName),
    view: async (clusterName, whenUnavailable) => {
      try {
        return { nodes: await listNodes(clusterName) };
      } catch (error) {
        const refused = refusalOf(clusterName, error, whenUnavailable);
        if (refused === undefined) throw error;
        return { refused };
      }
    },
  };
}
