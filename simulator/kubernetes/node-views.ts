import type { Kubelets, Machine } from './kubelets.ts';
import { type Node, type NodeView, viewOfNode } from './node-objects.ts';
import { nodes } from './resources.ts';
import type { Storage } from './storage.ts';

/** A node as it really is, with what the API does not tell. */
export type NodeState = NodeView & {
  /**
   * Whether services can be reached from its pods: a Windows node needs the group `eks:kube-proxy-windows` for it and
   * is Ready without; so is one whose kube-proxy does not work.
   */
  readonly hasServiceRouting: boolean;
  /** It was there, as it stands, when the account began. */
  readonly isSettled: boolean;
};

export type NodeListener = (change: {
  readonly type: 'added' | 'changed' | 'deleted';
  readonly node: NodeState;
}) => void;

const changeTypes = { ADDED: 'added', MODIFIED: 'changed', DELETED: 'deleted' } as const;

/** Keeps the state of all nodes at hand, so that it can be asked for at every event. */
export function createNodeViews(storage: Storage, kubelets: Kubelets) {
  const views = new Map<string, NodeState>();
  const listeners = new Set<NodeListener>();
  let list: readonly NodeState[] | undefined;

  storage.onChange(({ resource, type, object }) => {
    if (resource !== nodes) return;
    const { name } = object.metadata;
    const current = stateOf(object as Node, kubelets.machine(name));
    // The machine of a deleted node is no longer known: its last view stands.
    const node = type === 'DELETED' ? (views.get(name) ?? current) : current;
    if (type === 'DELETED') views.delete(name);
    else views.set(name, node);
    list = undefined;
    for (const listener of listeners) listener({ type: changeTypes[type], node });
  });

  return {
    nodes(): readonly NodeState[] {
      list ??= [...views.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      return list;
    },
    onNode(listener: NodeListener): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** Whether pods of the node reach Services. */
    routesServices: (nodeName: string): boolean => views.get(nodeName)?.hasServiceRouting ?? false,
  };
}

function stateOf(node: Node, machine: Machine | undefined): NodeState {
  const isWindows = machine?.instance.platform === 'windows';
  const isBroken = machine?.instance.guest.defect === 'no-service-routing';
  const hasServiceRouting = !isBroken && (!isWindows || machine.groups.includes('eks:kube-proxy-windows'));
  return { ...viewOfNode(node), hasServiceRouting, isSettled: machine?.isSettled ?? false };
}
