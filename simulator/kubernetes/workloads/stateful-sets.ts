import { admit } from '../admission.ts';
import { persistentVolumeClaims, pods, statefulSets } from '../resources.ts';
import type { NewObject } from '../storage.ts';
import type { PersistentVolumeClaim } from '../volumes/volume-objects.ts';
import {
  hasFinished,
  isPodReady,
  isTerminating,
  type Pod,
  type StatefulSet,
  type Volume,
} from '../workload-objects.ts';
import { type ControllerOptions, createPod, deletePod, isAvailable, runController, writeStatus } from './controller.ts';

/**
 * StatefulSets: pods with ordinal names and volumes of their own, started in order and stopped in reverse. A name is
 * given again only when the object that had it is gone, so a pod that cannot be seen to stop blocks its successor.
 * kubernetes.io/docs/concepts/workloads/controllers/statefulset
 */
export function runStatefulSets(options: ControllerOptions): void {
  const { add } = runController(options, statefulSets, pods, (set) => {
    if (!isTerminating(set)) keepOrdinals(options, set);
    const waiting = writeCounts(options, set);
    if (waiting) options.work.after(1000, () => add(set));
  });
}

function keepOrdinals(options: ControllerOptions, set: StatefulSet): void {
  const { replicas = 1, ordinals, podManagementPolicy } = set.spec;
  const first = ordinals?.start ?? 0;
  const own = ownPods(options, set);
  const isParallel = podManagementPolicy === 'Parallel';
  for (let ordinal = first; ordinal < first + replicas; ordinal += 1) {
    const isUp = keepOrdinal(options, set, ordinal, own.get(ordinal));
    if (!isUp && !isParallel) return;
  }
  const surplus = [...own].filter(([ordinal]) => ordinal < first || ordinal >= first + replicas);
  const last = surplus.sort(([a], [b]) => b - a).slice(0, isParallel ? surplus.length : 1);
  for (const [, pod] of last) if (!isTerminating(pod)) deletePod(options, pod);
}

/** True when the pod is up; a missing one is made, a finished one makes room for another. */
function keepOrdinal(options: ControllerOptions, set: StatefulSet, ordinal: number, pod: Pod | undefined): boolean {
  if (pod === undefined) createOrdinal(options, set, ordinal);
  if (pod === undefined || isTerminating(pod)) return false;
  if (hasFinished(pod)) deletePod(options, pod);
  return isPodReady(pod);
}

function ownPods({ storage }: ControllerOptions, set: StatefulSet): Map<number, Pod> {
  const prefix = `${set.metadata.name}-`;
  const own = storage.listOwned(pods, set.metadata.uid).filter(({ metadata }) => metadata.name.startsWith(prefix));
  return new Map(own.map((pod) => [Number(pod.metadata.name.slice(prefix.length)), pod]));
}

function createOrdinal(options: ControllerOptions, set: StatefulSet, ordinal: number): void {
  const { storage } = options;
  const { name: setName, namespace = '' } = set.metadata;
  const name = `${setName}-${ordinal}`;
  // Somebody else's pod may have the name.
  if (storage.get(pods, namespace, name) !== undefined) return;
  const { volumeClaimTemplates = [], template, serviceName } = set.spec;
  const volumes = volumeClaimTemplates.map(({ metadata, ...claim }): Volume => {
    const claimName = `${metadata.name}-${name}`;
    if (storage.get(persistentVolumeClaims, namespace, claimName) === undefined) {
      const labels = { ...metadata.labels, ...set.spec.selector.matchLabels };
      const draft = { metadata: { name: claimName, namespace, labels }, spec: claim.spec };
      storage.create(
        persistentVolumeClaims,
        admit(storage, persistentVolumeClaims, draft as NewObject<PersistentVolumeClaim>),
      );
    }
    return { name: metadata.name, persistentVolumeClaim: { claimName } };
  });
  const others = (template.spec.volumes ?? []).filter((volume) => !volumes.some((own) => own.name === volume.name));
  createPod(options, set, {
    name,
    labels: { 'apps.kubernetes.io/pod-index': String(ordinal), 'statefulset.kubernetes.io/pod-name': name },
    spec: {
      hostname: name,
      ...(serviceName === undefined ? {} : { subdomain: serviceName }),
      ...(volumes.length + others.length === 0 ? {} : { volumes: [...volumes, ...others] }),
    },
  });
}

/** True when pods are ready that are not available yet. */
function writeCounts(options: ControllerOptions, set: StatefulSet): boolean {
  const now = options.kernel.clock.now();
  const own = [...ownPods(options, set).values()];
  const ready = own.filter((pod) => isPodReady(pod) && !isTerminating(pod));
  const available = ready.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now));
  writeStatus(options, statefulSets, set, {
    ...{ replicas: own.length, currentReplicas: own.length, updatedReplicas: own.length },
    ...{ readyReplicas: ready.length, availableReplicas: available.length },
  });
  return available.length < ready.length;
}
