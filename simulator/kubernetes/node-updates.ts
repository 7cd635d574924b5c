import type { Kernel } from '../kernel/kernel.ts';
import { addressCapacityOf } from './instance-capacity.ts';
import { type Node, type Taint, windowsAddressResource } from './node-objects.ts';
import { type Condition, timestamp, withCondition } from './objects.ts';
import { nodes } from './resources.ts';
import type { Storage } from './storage.ts';

/** Changes that the system itself makes to nodes. A node that is gone is left alone. */
export type NodeUpdates = {
  readonly change: (name: string, edit: (node: Node) => Node) => Node | undefined;
  readonly setReady: (name: string, condition: Omit<Condition, 'type'>) => void;
  readonly addAddresses: (name: string, instanceType: string) => void;
};

export function createNodeUpdates(storage: Storage, { clock }: Kernel): NodeUpdates {
  const updates: NodeUpdates = {
    change(name, edit) {
      const node = storage.get(nodes, '', name);
      return node === undefined ? undefined : storage.update(nodes, edit(node));
    },
    setReady(name, condition) {
      const now = timestamp(clock.now());
      updates.change(name, (node) => {
        const next = { type: 'Ready', lastHeartbeatTime: now, ...condition };
        return { ...node, status: { ...node.status, conditions: withCondition(node.status.conditions, next, now) } };
      });
    },
    addAddresses(name, instanceType) {
      const addresses = { [windowsAddressResource]: String(addressCapacityOf(instanceType)) };
      updates.change(
        name,
        ({ status, ...node }) =>
          ({
            ...node,
            status: {
              ...status,
              capacity: { ...status.capacity, ...addresses },
              allocatable: { ...status.allocatable, ...addresses },
            },
          }) as Node,
      );
    },
  };
  return updates;
}

/** The node without the taints of these keys, and with the given ones. */
export function withTaints(
  node: Node,
  { without, add = [] }: { without: readonly string[]; add?: readonly Taint[] },
): Node {
  const kept = (node.spec.taints ?? []).filter(({ key }) => !without.includes(key));
  const { taints: _, ...spec } = node.spec;
  const taints = [...kept, ...add];
  return { ...node, spec: taints.length === 0 ? spec : { ...spec, taints } };
}
