import type { V1Node } from '@kubernetes/client-node';
import { KubernetesUnavailable } from '../domain/errors.ts';
import { type Taint, withOutdatedTaint, withoutOutdatedTaint } from '../domain/outdated-taint.ts';
import type { TaintedNode } from '../domain/state-file.ts';
import { type ApiServer, connectApiServer } from './api-server.ts';
import { isAwsError } from './aws-call.ts';
import { translateNode } from './kubernetes.ts';
import { refusedChange } from './refused-change.ts';

/** How often a node is read again because somebody else changed it at the same moment. */
const mostTries = 5;

const mergePatch = 'application/merge-patch+json';

/** How many nodes are changed at a time. */
const atOnce = 10;

type Api = Pick<ApiServer, 'clusterName' | 'get' | 'send'>;
type Change = (taints: readonly Taint[]) => readonly Taint[];

/** Writes the taints of a node as it was read; false when it is another one by now. */
async function write(api: Api, { metadata }: V1Node, taints: readonly Taint[]): Promise<boolean> {
  const { name, uid, resourceVersion } = metadata ?? {};
  const body = { metadata: { uid, resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
  const request = { method: 'PATCH' as const, path: `/api/v1/nodes/${name}`, body, contentType: mergePatch };
  const answer = await api.send(request);
  if (answer.status === 200) return true;
  // Changed, or gone: the next look says which.
  if (answer.status === 409 || answer.status === 404) return false;
  throw refusedChange(api, request, answer);
}

/**
 * Changes the taints of one node, if it still is that of the instance; answers whether it had to. The list is one value to
 * the API server, so it is written on the condition that the node is as it was read: a taint that somebody else puts
 * meanwhile stays.
 *
 * @throws {KubernetesUnavailable} The node changed at every try.
 */
async function changeTaints(api: Api, { nodeName, instanceId }: TaintedNode, change: Change): Promise<boolean> {
  for (let tried = 0; tried < mostTries; tried += 1) {
    const node = (await api.get(`/api/v1/nodes/${nodeName}`)) as V1Node | undefined;
    if (node === undefined || translateNode(node).instanceId !== instanceId) return false;
    const taints = (node.spec?.taints ?? []) as readonly Taint[];
    const wanted = change(taints);
    if (wanted === taints) return false;
    if (await write(api, node, wanted)) return true;
  }
  throw new KubernetesUnavailable(`Node ${nodeName} changed ${mostTries} times while its taints were to be changed.`);
}

/** Changes the taints of nodes, some at a time; answers how many it has changed. */
export async function changeAllTaints(api: Api, nodes: readonly TaintedNode[], change: Change): Promise<number> {
  let changed = 0;
  for (let start = 0; start < nodes.length; start += atOnce) {
    const batch = nodes.slice(start, start + atOnce).map((node) => changeTaints(api, node, change));
    changed += (await Promise.all(batch)).filter((isChanged) => isChanged).length;
  }
  return changed;
}

/** How steps mark outdated nodes, and take the marks off. Both answer how many nodes they changed; both are safe twice. */
export type NodeMarker = {
  readonly mark: (clusterName: string, nodes: readonly TaintedNode[]) => Promise<number>;
  /** Nodes that are gone, or whose cluster is, need nothing. */
  readonly unmark: (clusterName: string, nodes: readonly TaintedNode[]) => Promise<number>;
};

/** Marks nodes as a role. */
export function nodeMarker(roleArn: () => string): NodeMarker {
  const change = async (clusterName: string, nodes: readonly TaintedNode[], to: Change) =>
    nodes.length === 0 ? 0 : changeAllTaints(await connectApiServer(clusterName, roleArn()), nodes, to);
  return {
    mark: (clusterName, nodes) => change(clusterName, nodes, withOutdatedTaint),
    unmark: async (clusterName, nodes) => {
      try {
        return await change(clusterName, nodes, withoutOutdatedTaint);
      } catch (error) {
        if (isAwsError(error, 'ResourceNotFoundException')) return 0;
        throw error;
      }
    },
  };
}
