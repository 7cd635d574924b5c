import { pods, replicaSets } from '../resources.ts';
import { isPodReady, isTerminating, type Pod, type Workload } from '../workload-objects.ts';
import {
  type ControllerOptions,
  counted,
  createPod,
  deletePod,
  isActive,
  isAvailable,
  runController,
  writeStatus,
} from './controller.ts';

/** ReplicaSets keep their number of pods. kubernetes.io/docs/concepts/workloads/controllers/replicaset */
export function runReplicaSets(options: ControllerOptions): void {
  const { add } = runController(options, replicaSets, pods, (set) => {
    const active = options.storage.listOwned(pods, set.metadata.uid).filter(isActive);
    if (!isTerminating(set)) keepReplicas(options, set, active);
    const waiting = writeCounts(options, set);
    if (waiting) options.work.after(1000, () => add(set));
  });
}

function keepReplicas(options: ControllerOptions, set: Workload, active: readonly Pod[]): void {
  const wanted = set.spec.replicas ?? 1;
  for (let missing = wanted - active.length; missing > 0; missing -= 1) createPod(options, set);
  for (const pod of inOrderOfDeletion(active).slice(0, Math.max(0, active.length - wanted))) deletePod(options, pod);
}

/**
 * Who goes first when there are too many: pods without a node, pending ones, those that are not ready, those on nodes
 * with more of their kind, the youngest. kubernetes.io/docs/concepts/workloads/controllers/replicaset#scaling-a-replicaset
 */
function inOrderOfDeletion(active: readonly Pod[]): readonly Pod[] {
  const perNode = new Map<string, number>();
  for (const { spec } of active) perNode.set(spec.nodeName ?? '', (perNode.get(spec.nodeName ?? '') ?? 0) + 1);
  const rank = (pod: Pod): readonly number[] => [
    Number(pod.spec.nodeName !== undefined),
    Number(pod.status.phase !== 'Pending'),
    Number(isPodReady(pod)),
    -(perNode.get(pod.spec.nodeName ?? '') ?? 0),
    -Date.parse(pod.metadata.creationTimestamp),
  ];
  return active.toSorted((a, b) => compare(rank(a), rank(b)));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((value, index) => value !== b[index]);
  return place === -1 ? 0 : (a[place] ?? 0) - (b[place] ?? 0);
}

/** True when pods are ready that are not available yet. */
function writeCounts(options: ControllerOptions, set: Workload): boolean {
  const active = options.storage.listOwned(pods, set.metadata.uid).filter(isActive);
  const ready = active.filter(isPodReady);
  const { minReadySeconds = 0 } = set.spec;
  const now = options.kernel.clock.now();
  const available = ready.filter((pod) => isAvailable(pod, minReadySeconds, now));
  writeStatus(options, replicaSets, set, {
    replicas: active.length,
    ...counted({
      fullyLabeledReplicas: active.length,
      readyReplicas: ready.length,
      availableReplicas: available.length,
    }),
  });
  return available.length < ready.length;
}
