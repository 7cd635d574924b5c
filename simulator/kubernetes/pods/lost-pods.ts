import type { Kernel } from '../../kernel/kernel.ts';
import type { ClusterTimings } from '../cluster-timings.ts';
import { deleteObject } from '../deletion.ts';
import type { Node, Taint } from '../node-objects.ts';
import { findCondition, timestamp, withCondition } from '../objects.ts';
import { nodes, pods } from '../resources.ts';
import { intolerable, tolerates } from '../scheduling/node-fit.ts';
import type { Storage } from '../storage.ts';
import { isPodReady, isTerminating, type Pod } from '../workload-objects.ts';

type Options = {
  readonly kernel: Kernel;
  readonly cluster: string;
  readonly storage: Storage;
  readonly timings: ClusterTimings;
};

/**
 * What controllers do with pods whose node is in trouble: say that they are not ready, delete those that do not tolerate
 * its taints for longer, and remove those of nodes that no longer exist. A pod that is deleted while its kubelet is dead
 * stays Terminating. kubernetes.io/docs/concepts/architecture/nodes#node-controller,
 * kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration#taint-based-evictions
 */
export function watchLostPods(options: Options): void {
  const { kernel, cluster, storage, timings } = options;
  const collect = (nodeName: string) => {
    const delay = kernel.random.between(0, timings.podGarbageCollection, 'pod gc', cluster, nodeName);
    kernel.clock.after(delay, () => {
      if (storage.get(nodes, '', nodeName) !== undefined) return;
      for (const pod of storage.listBy(pods, 'spec.nodeName', nodeName)) {
        deleteObject({ storage, kernel }, pods, pod, { gracePeriodSeconds: 0 });
      }
    });
  };

  storage.onChange(({ resource, type, object, previous }) => {
    if (resource !== nodes) return;
    const node = object as Node;
    if (type === 'DELETED') return collect(node.metadata.name);
    const isUnknown = findCondition(node.status.conditions, 'Ready')?.status === 'Unknown';
    if (isUnknown) markNotReady(options, node.metadata.name);
    const before = JSON.stringify((previous as Node | undefined)?.spec.taints ?? []);
    if (before !== JSON.stringify(node.spec.taints ?? [])) evictByTaints(options, node);
  });
}

function markNotReady({ storage, kernel }: Options, nodeName: string): void {
  const at = timestamp(kernel.clock.now());
  for (const pod of storage.listBy(pods, 'spec.nodeName', nodeName).filter(isPodReady)) {
    const condition = { type: 'Ready', status: 'False', reason: 'NodeNotReady' } as const;
    const conditions = withCondition(pod.status.conditions, condition, at);
    storage.update(pods, { ...pod, status: { ...pod.status, conditions } });
  }
}

function evictByTaints(options: Options, node: Node): void {
  const taints = (node.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  if (taints.length === 0) return;
  const { name } = node.metadata;
  for (const pod of options.storage.listBy(pods, 'spec.nodeName', name)) {
    const seconds = Math.min(...taints.map((taint) => toleratedSeconds(pod, taint)));
    if (!Number.isFinite(seconds)) continue;
    options.kernel.clock.after(seconds * 1000, () => deleteIfStillTainted(options, pod, taints));
  }
}

function deleteIfStillTainted({ storage, kernel }: Options, { metadata, spec }: Pod, taints: readonly Taint[]): void {
  const pod = storage.get(pods, metadata.namespace ?? '', metadata.name);
  const present = storage.get(nodes, '', spec.nodeName ?? '')?.spec.taints ?? [];
  const isSame = taints.some(({ key, effect }) => present.some((each) => each.key === key && each.effect === effect));
  if (pod?.metadata.uid === metadata.uid && isSame && !isTerminating(pod)) {
    deleteObject({ storage, kernel }, pods, pod, {});
  }
}

/** Infinite for a taint that the pod tolerates for ever. */
function toleratedSeconds({ spec }: Pod, taint: Taint): number {
  if (intolerable(spec, [taint], ['NoExecute']).length > 0) return 0;
  const limits = (spec.tolerations ?? [])
    .filter((toleration) => tolerates(toleration, taint))
    .map(({ tolerationSeconds }) => tolerationSeconds ?? Number.POSITIVE_INFINITY);
  return Math.min(...limits);
}
