import type { Kernel } from '../kernel/kernel.ts';
import { admit } from './admission.ts';
import type { ClusterTimings } from './cluster-timings.ts';
import { deleteObject } from './deletion.ts';
import type { Node } from './node-objects.ts';
import type { KubernetesObject } from './objects.ts';
import { createReconciler } from './reconciler.ts';
import { daemonSets, deployments, nodes, pods, type Resource, replicaSets } from './resources.ts';
import { untolerated } from './scheduler.ts';
import type { NewObject, Storage } from './storage.ts';
import { hasFinished, isPodReady, type Pod, type PodSpec, type Workload } from './workload-objects.ts';

type Options = {
  readonly kernel: Kernel;
  readonly cluster: string;
  readonly storage: Storage;
  readonly timings: ClusterTimings;
};

/**
 * Deployments, ReplicaSets and DaemonSets as far as they keep pods in existence. A change of a pod template is
 * refused by the API, so nothing here rolls.
 */
export function runWorkloadControllers(options: Options): void {
  const { kernel, storage, timings } = options;
  const { trigger } = createReconciler(kernel.clock, timings.controllerDelay, () => {
    for (const deployment of storage.list(deployments)) keepReplicaSet(options, deployment);
    for (const set of storage.list(replicaSets)) keepReplicas(options, set);
    for (const set of storage.list(daemonSets)) keepDaemons(options, set);
  });
  const watched: readonly Resource[] = [deployments, replicaSets, daemonSets, pods, nodes];
  storage.onChange(({ resource }) => {
    if (watched.includes(resource)) trigger();
  });
}

function ownerReference({ apiVersion, kind, metadata }: KubernetesObject) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

function isOwnedBy({ metadata }: KubernetesObject, owner: KubernetesObject): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
}

function livingPodsOf(storage: Storage, owner: Workload): readonly Pod[] {
  return storage
    .list(pods, owner.metadata.namespace)
    .filter((pod) => isOwnedBy(pod, owner) && !hasFinished(pod) && pod.metadata.deletionTimestamp === undefined);
}

function keepReplicaSet({ kernel, cluster, storage }: Options, deployment: Workload): void {
  const { name, namespace = '', labels } = deployment.metadata;
  const { replicas = 1, selector, template } = deployment.spec;
  const own = storage.list(replicaSets, namespace).find((set) => isOwnedBy(set, deployment));
  if (own === undefined) {
    const hash = kernel.random.hex(9, 'pod template hash', cluster, JSON.stringify(template));
    const hashLabel = { 'pod-template-hash': hash };
    const podLabels = { ...template.metadata?.labels, ...hashLabel };
    storage.create(replicaSets, {
      metadata: {
        ...{ name: `${name}-${hash}`, namespace, labels: { ...labels, ...hashLabel } },
        ownerReferences: [ownerReference(deployment)],
      },
      spec: {
        replicas,
        selector: { ...selector, matchLabels: { ...selector.matchLabels, ...hashLabel } },
        template: { ...template, metadata: { ...template.metadata, labels: podLabels } },
      },
    });
    return;
  }
  if (own.spec.replicas !== replicas) storage.update(replicaSets, withReplicas(own, replicas));
  writeStatus(storage, deployments, deployment, livingPodsOf(storage, own));
}

function withReplicas(set: Workload, replicas: number): Workload {
  const generation = (set.metadata.generation ?? 0) + 1;
  return { ...set, metadata: { ...set.metadata, generation }, spec: { ...set.spec, replicas } };
}

function keepReplicas(options: Options, set: Workload): void {
  const { kernel, storage } = options;
  if (set.metadata.deletionTimestamp !== undefined) return;
  const living = livingPodsOf(storage, set);
  const wanted = set.spec.replicas ?? 1;
  for (let missing = wanted - living.length; missing > 0; missing--) createPod(options, set, {});
  // Pods that are not ready go first.
  const surplus = living
    .toSorted((a, b) => Number(isPodReady(a)) - Number(isPodReady(b)))
    .slice(0, Math.max(0, living.length - wanted));
  for (const pod of surplus) deleteObject({ storage, kernel }, pods, pod, {});
  writeStatus(storage, replicaSets, set, living);
}

function keepDaemons(options: Options, set: Workload): void {
  const { storage, kernel } = options;
  const own = livingPodsOf(storage, set);
  const { spec } = set.spec.template;
  const tolerations = [...(spec.tolerations ?? []), ...daemonTolerations];
  const missing = storage
    .list(nodes)
    .filter((node) => belongsOn({ ...spec, tolerations }, node))
    .filter(({ metadata }) => !own.some((pod) => pod.spec.nodeName === metadata.name));
  for (const { metadata } of missing) createPod(options, set, { nodeName: metadata.name, tolerations });
  const lost = own.filter((pod) => storage.get(nodes, '', pod.spec.nodeName ?? '') === undefined);
  for (const pod of lost) deleteObject({ storage, kernel }, pods, pod, {});
}

function belongsOn(spec: PodSpec, { metadata, spec: { taints = [] } }: Node): boolean {
  const { labels = {} } = metadata;
  const selects = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  return selects && untolerated(spec, taints) === undefined;
}

/** The DaemonSet controller lets its pods stay on nodes that are not ready, and start on cordoned ones. */
const daemonTolerations = [
  'not-ready',
  'unreachable',
  'unschedulable',
  'disk-pressure',
  'memory-pressure',
  'pid-pressure',
].map((name) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists' as const }));

function createPod({ kernel, cluster, storage }: Options, owner: Workload, more: Partial<Pod['spec']>): void {
  const { name, namespace = '' } = owner.metadata;
  const { metadata, spec } = owner.spec.template;
  const suffix = kernel.random.hex(5, 'generated name', cluster, 'pods', storage.revision());
  const draft = {
    metadata: {
      ...{ name: `${name}-${suffix}`, generateName: `${name}-`, namespace },
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ownerReferences: [ownerReference(owner)],
    },
    spec: { ...spec, ...more },
  } as unknown as NewObject<Pod>;
  storage.create(pods, admit(storage, pods, draft));
}

function writeStatus(storage: Storage, resource: Resource<Workload>, workload: Workload, living: readonly Pod[]): void {
  const current = storage.get(resource, workload.metadata.namespace ?? '', workload.metadata.name);
  if (current === undefined) return;
  const readyReplicas = living.filter(isPodReady).length;
  const counts = { replicas: living.length, readyReplicas, availableReplicas: readyReplicas };
  storage.update(resource, { ...current, status: { observedGeneration: current.metadata.generation, ...counts } });
}
