import type { V1Node, V1NodeCondition, V1NodeList, V1Pod } from '@kubernetes/client-node';
import { ClusterAccessDenied, KubernetesUnavailable, type Reason, reason } from '../domain/errors.ts';
import type { DaemonPod } from '../domain/join-requirements.ts';
import { setAsideAnnotation, type WindowsNode } from '../domain/node.ts';
import type { ClusterView } from '../domain/preflight.ts';
import { type ApiServer, connectApiServer } from './api-server.ts';
import { isAwsError } from './aws-call.ts';

const addressCapacity = 'vpc.amazonaws.com/PrivateIPv4Address';
const uninitialized = 'node.cloudprovider.kubernetes.io/uninitialized';

/** The types say a date; what came as JSON is a text. */
function readySinceOf(ready: V1NodeCondition | undefined): string | undefined {
  const since = ready?.status === 'True' ? ready.lastTransitionTime : undefined;
  return since === undefined ? undefined : new Date(since).toISOString();
}

/** The mark that we put on the node of an instance on its way into a warm pool. */
function markOf(metadata: V1Node['metadata']): Pick<WindowsNode, 'setAside'> {
  return metadata?.annotations?.[setAsideAnnotation] === undefined ? {} : { setAside: true };
}

/** What matters to us of a node object. */
export function translateNode({ metadata, spec, status }: V1Node): WindowsNode {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return {
    name: metadata?.name ?? '',
    instanceId: /^aws:\/\/\/[^/]*\/(i-[0-9a-f]+)$/.exec(spec?.providerID ?? '')?.[1],
    ready: ready?.status === 'True',
    readyDetail:
      ready === undefined ? 'no condition reported' : `${ready.reason ?? ready.status}: ${ready.message ?? ''}`,
    readySince: readySinceOf(ready),
    conditions: Object.fromEntries((status?.conditions ?? []).map((each) => [each.type, each.status])),
    labels: metadata?.labels ?? {},
    initialized: !spec?.taints?.some(({ key }) => key === uninitialized),
    podAddresses: Number(status?.capacity?.[addressCapacity] ?? 0),
    patchLevel: status?.nodeInfo?.kernelVersion ?? '',
    osImage: status?.nodeInfo?.osImage ?? '',
    ...markOf(metadata),
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

/** What to watch of one node. */
export type NodeWatch = {
  readonly nodeName: string;
  readonly seconds: number;
  /** Asked about each state that the node is in from now on; true ends the watch. */
  readonly isEnough: (node: WindowsNode) => boolean;
};

/**
 * One node as it was last seen, after a watch; undefined when it is not registered (any more).
 *
 * A watch without a resourceVersion is the look as well: it begins with an ADDED event of the node that exists, and goes
 * on with every later change (Kubernetes API concepts, "Semantics for watch": Get State and Start at Most Recent). So
 * nothing is ever resumed: bookmarks are not asked for, and a watch that ended early is simply opened again.
 */
export async function watchNode(
  api: ApiServer,
  { nodeName, seconds, isEnough }: NodeWatch,
): Promise<WindowsNode | undefined> {
  const path = `/api/v1/nodes?fieldSelector=${encodeURIComponent(`metadata.name=${nodeName}`)}`;
  let node: WindowsNode | undefined;
  for await (const { type, object } of api.watch(path, seconds)) {
    if (type === 'BOOKMARK') continue;
    node = type === 'DELETED' ? undefined : translateNode(object as V1Node);
    if (node !== undefined && isEnough(node)) break;
  }
  return node;
}

/** What matters to us of a pod that a DaemonSet has put on a node; undefined of any other. */
export function translateDaemonPod({ metadata, status }: V1Pod): DaemonPod | undefined {
  const owner = metadata?.ownerReferences?.find(({ kind, controller }) => kind === 'DaemonSet' && controller);
  if (owner === undefined) return undefined;
  return {
    namespace: metadata?.namespace ?? '',
    daemonSet: owner.name,
    ready: status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') ?? false,
  };
}

/** What to watch of the pods on one node. */
export type DaemonWatch = {
  readonly nodeName: string;
  readonly seconds: number;
  readonly isEnough: (pods: readonly DaemonPod[]) => boolean;
};

/** The pods of DaemonSets on one node as they were last seen, after a watch of the pods of that node alone. */
export async function watchDaemons(
  api: ApiServer,
  { nodeName, seconds, isEnough }: DaemonWatch,
): Promise<readonly DaemonPod[]> {
  const pods = new Map<string, DaemonPod>();
  const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${nodeName}`)}`;
  for await (const { type, object } of api.watch(path, seconds)) {
    if (type === 'BOOKMARK') continue;
    const pod = translateDaemonPod(object as V1Pod);
    const uid = (object as V1Pod).metadata?.uid ?? '';
    if (pod === undefined || type === 'DELETED') pods.delete(uid);
    else pods.set(uid, pod);
    if (isEnough([...pods.values()])) break;
  }
  return [...pods.values()];
}

/** How steps read a cluster: with the reader role, as the environment names it. */
export type ClusterReader = {
  readonly listNodes: (clusterName: string) => Promise<WindowsNode[]>;
  readonly watchNode: (clusterName: string, watch: NodeWatch) => Promise<WindowsNode | undefined>;
  readonly watchDaemons: (clusterName: string, watch: DaemonWatch) => Promise<readonly DaemonPod[]>;
  /**
   * The cluster's nodes, or why they cannot be read and watched: an answer, since a plan reports it.
   *
   * @throws {KubernetesUnavailable} The cluster cannot be reached; with `give-up` that is an answer, too.
   */
  readonly view: (clusterName: string, whenUnavailable: 'try-again' | 'give-up') => Promise<ClusterView>;
  /** Why pods cannot be watched, in the same way; undefined when they can. Asked only where a group needs it. */
  readonly findPodsRefusal: (
    clusterName: string,
    whenUnavailable: 'try-again' | 'give-up',
  ) => Promise<Reason | undefined>;
};

/** What a plan says of a cluster that cannot be read; undefined when it is not the cluster's doing, or may pass. */
export function refusalOf(
  clusterName: string,
  error: unknown,
  whenUnavailable: 'try-again' | 'give-up',
): Reason | undefined {
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
  return {
    listNodes: async (clusterName) => listWindowsNodes(await connectApiServer(clusterName, roleArn())),
    watchNode: async (clusterName, watch) => watchNode(await connectApiServer(clusterName, roleArn()), watch),
    watchDaemons: async (clusterName, watch) => watchDaemons(await connectApiServer(clusterName, roleArn()), watch),
    view: async (clusterName, whenUnavailable) => {
      try {
        const api = await connectApiServer(clusterName, roleArn());
        const nodes = await listWindowsNodes(api);
        // A role that may list but not watch would be noticed only when new instances wait, and cost each of them.
        await watchNode(api, { nodeName: nodes[0]?.name ?? 'none', seconds: 1, isEnough: () => true });
        return { nodes };
      } catch (error) {
        const refused = refusalOf(clusterName, error, whenUnavailable);
        if (refused === undefined) throw error;
        return { refused };
      }
    },
    findPodsRefusal: async (clusterName, whenUnavailable) => {
      try {
        const api = await connectApiServer(clusterName, roleArn());
        await watchDaemons(api, { nodeName: 'none', seconds: 1, isEnough: () => true });
        return undefined;
      } catch (error) {
        const refused = refusalOf(clusterName, error, whenUnavailable);
        if (refused === undefined) throw error;
        return refused;
      }
    },
  };
}
