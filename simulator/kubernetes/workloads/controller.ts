import type { Kernel } from '../../kernel/kernel.ts';
import { admit } from '../admission.ts';
import type { ClusterTimings } from '../cluster-timings.ts';
import { deleteObject } from '../deletion.ts';
import type { KubernetesObject, Labels, OwnerReference } from '../objects.ts';
import { pods, type Resource } from '../resources.ts';
import { ApiError } from '../status.ts';
import type { NewObject, Storage } from '../storage.ts';
import { keyOf, keyOfObject } from '../storage-table.ts';
import type { Work } from '../work-queue.ts';
import {
  controllerOf,
  hasFinished,
  isPodReady,
  isTerminating,
  type Pod,
  type PodTemplate,
} from '../workload-objects.ts';

/** What every controller of workloads and volumes works with. */
export type ControllerOptions = {
  readonly kernel: Kernel;
  readonly cluster: string;
  readonly storage: Storage;
  readonly timings: ClusterTimings;
  readonly work: Work;
};

/** Calls `sync` with an object of the kind soon after it, or something that it controls, has changed. */
export function runController<T extends KubernetesObject>(
  { storage, work }: Pick<ControllerOptions, 'storage' | 'work'>,
  resource: Resource<T>,
  controlled: Resource,
  sync: (object: T) => void,
): { readonly add: (object: KubernetesObject) => void } {
  const queue = work.queue((key) => {
    const [namespace = '', name = ''] = key.split('/');
    const object = storage.get(resource, namespace, name);
    if (object !== undefined) sync(object);
  });
  storage.onChange(({ resource: changed, object, type }) => {
    if (changed === resource && type !== 'DELETED') queue.add(keyOfObject(object));
    if (changed !== controlled) return;
    const controller = controllerOf(object);
    if (controller?.kind === resource.kind) queue.add(keyOf(object.metadata.namespace ?? '', controller.name));
  });
  return { add: (object) => queue.add(keyOfObject(object)) };
}

/** One write of an object of a known kind. */
export type KindChange<T extends KubernetesObject> = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
  readonly previous: T | undefined;
};

/** Calls the listener after every write of an object of one kind. */
export function follow<T extends KubernetesObject>(
  { storage }: Pick<ControllerOptions, 'storage'>,
  resource: Resource<T>,
  listener: (change: KindChange<T>) => void,
): void {
  storage.onChange(({ resource: changed, type, object, previous }) => {
    if (changed === resource) listener({ type, object: object as T, previous: previous as T | undefined });
  });
}

export function controllerReference({ apiVersion, kind, metadata }: KubernetesObject): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

/** Pods that a controller counts: neither finished nor being deleted. */
export const isActive = (pod: Pod) => !hasFinished(pod) && !isTerminating(pod);

export type NewPod = {
  /** Generated from the owner's name when missing. */
  readonly name?: string;
  readonly labels?: Labels;
  readonly spec?: Partial<Pod['spec']>;
};

/** Makes a pod from the template of its controller. What the API server refuses is left out, as a controller would. */
export function createPod(
  { kernel, cluster, storage }: Pick<ControllerOptions, 'kernel' | 'cluster' | 'storage'>,
  owner: KubernetesObject & { readonly spec: { readonly template: PodTemplate } },
  more: NewPod = {},
): void {
  const { name: ownerName, namespace = '' } = owner.metadata;
  const { metadata, spec } = owner.spec.template;
  const suffix = () => kernel.random.hex(5, 'generated name', cluster, 'pods', storage.revision());
  const name = more.name ?? `${ownerName}-${suffix()}`;
  const draft = {
    metadata: {
      ...{ name, namespace, generateName: `${ownerName}-` },
      labels: { ...metadata?.labels, ...more.labels },
      ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: { ...spec, ...more.spec },
  } as unknown as NewObject<Pod>;
  try {
    storage.create(pods, admit(storage, pods, draft));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    kernel.log.write('pod.refused', { cluster, namespace, pod: name, reason: error.message });
  }
}

export function deletePod({ storage, kernel }: Pick<ControllerOptions, 'storage' | 'kernel'>, pod: Pod): void {
  deleteObject({ storage, kernel }, pods, pod, {});
}

/** Ready for as long as the controller wants it: `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  if (!isPodReady(pod)) return false;
  const since = pod.status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
  return minReadySeconds === 0 || Date.parse(since ?? '') + minReadySeconds * 1000 <= now;
}

/** Counts as the API writes those of a Deployment or a ReplicaSet: without those that are zero. */
export function counted(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

/** Writes the status of an object as it stands now. Equal content makes no new revision. */
export function writeStatus<T extends KubernetesObject>(
  { storage }: Pick<ControllerOptions, 'storage'>,
  resource: Resource<T>,
  { metadata }: T,
  status: Readonly<Record<string, unknown>>,
): void {
  const current = storage.get(resource, metadata.namespace ?? '', metadata.name);
  if (current === undefined || current.metadata.uid !== metadata.uid) return;
  storage.update(resource, { ...current, status: { observedGeneration: current.metadata.generation, ...status } });
}
