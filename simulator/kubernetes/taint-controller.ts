import type { Kernel } from '../kernel/kernel.ts';
import type { ClusterTimings } from './cluster-timings.ts';
import type { Node, Taint } from './node-objects.ts';
import { createNodeUpdates, withTaints } from './node-updates.ts';
import { findCondition, timestamp } from './objects.ts';
import { notReadyTaint } from './registration.ts';
import { nodes } from './resources.ts';
import type { Storage } from './storage.ts';

const unschedulableTaint = 'node.kubernetes.io/unschedulable';
const unreachableTaint = 'node.kubernetes.io/unreachable';
const managedTaints = [notReadyTaint, unreachableTaint, unschedulableTaint];

/** Keeps the taints that follow from a node's conditions and from its cordon. */
export function runTaintController({
  kernel,
  storage,
  timings,
}: {
  readonly kernel: Kernel;
  readonly storage: Storage;
  readonly timings: ClusterTimings;
}): void {
  const updates = createNodeUpdates(storage, kernel);
  const planned = new Set<string>();

  storage.onChange(({ resource, object, type }) => {
    const { name } = object.metadata;
    if (resource !== nodes || type === 'DELETED' || planned.has(name) || !isOff(object as Node)) return;
    planned.add(name);
    kernel.clock.after(timings.controllerDelay, () => {
      planned.delete(name);
      updates.change(name, (node) => (isOff(node) ? retainted(node, timestamp(kernel.clock.now())) : node));
    });
  });
}

function wantedTaints(node: Node): Omit<Taint, 'timeAdded'>[] {
  const ready = findCondition(node.status.conditions, 'Ready')?.status;
  return [
    ...(ready === 'False' ? [{ key: notReadyTaint, effect: 'NoSchedule' } as const] : []),
    ...(ready === 'Unknown'
      ? (['NoSchedule', 'NoExecute'] as const).map((effect) => ({ key: unreachableTaint, effect }))
      : []),
    ...(node.spec.unschedulable ? [{ key: unschedulableTaint, effect: 'NoSchedule' } as const] : []),
  ];
}

const nameOf = ({ key, effect }: Taint) => `${key}:${effect}`;
const managedOf = (node: Node) => (node.spec.taints ?? []).filter(({ key }) => managedTaints.includes(key));

function isOff(node: Node): boolean {
  const names = (taints: readonly Taint[]) => taints.map(nameOf).sort().join();
  return names(managedOf(node)) !== names(wantedTaints(node));
}

function retainted(node: Node, timeAdded: string): Node {
  const present = managedOf(node);
  const add = wantedTaints(node).map(
    (taint) => present.find((existing) => nameOf(existing) === nameOf(taint)) ?? { ...taint, timeAdded },
  );
  return withTaints(node, { without: managedTaints, add });
}
