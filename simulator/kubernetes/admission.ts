import { windowsAddressResource } from './node-objects.ts';
import type { KubernetesObject } from './objects.ts';
import { namespaces, type Resource } from './resources.ts';
import { forbidden, notFound } from './status.ts';
import type { NewObject, Storage } from './storage.ts';
import type { Container, PodSpec } from './workload-objects.ts';

/** What happens to a new object between validation and storage. @throws {ApiError} 404 without its namespace. */
export function admit<T extends KubernetesObject>(
  storage: Storage,
  resource: Resource,
  object: NewObject<T>,
): NewObject<T> {
  const namespace = object.metadata.namespace;
  if (resource.namespaced && namespace !== undefined)
    demandNamespace(storage, resource, namespace, object.metadata.name);
  if (resource.kind === 'Pod')
    return admitPod(object as unknown as NewObject & { spec: PodSpec }) as unknown as NewObject<T>;
  if (resource.kind === 'Namespace') return { ...object, status: { phase: 'Active' } };
  return object;
}

function demandNamespace(storage: Storage, resource: Resource, name: string, objectName: string): void {
  const namespace = storage.get(namespaces, '', name);
  if (namespace === undefined) throw notFound(namespaces, name);
  if (namespace.metadata.deletionTimestamp !== undefined) {
    throw forbidden(
      resource,
      objectName,
      `unable to create new content in namespace ${name} because it is being terminated`,
    );
  }
}

/**
 * Defaults of a pod. For Windows pods the webhook of the VPC resource controller asks for one IPv4 address; a node
 * without addresses therefore never gets one.
 */
function admitPod(pod: NewObject & { spec: PodSpec }) {
  const isWindows = pod.spec.nodeSelector?.['kubernetes.io/os'] === 'windows';
  const [first, ...others] = pod.spec.containers;
  const containers = isWindows && first !== undefined ? [withAddress(first), ...others] : pod.spec.containers;
  const defaults = { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, schedulerName: 'default-scheduler' };
  return {
    ...pod,
    spec: { ...defaults, ...pod.spec, containers, tolerations: withDefaultTolerations(pod.spec) },
    status: { phase: 'Pending', qosClass: 'Burstable' },
  };
}

function withAddress(container: Container): Container {
  const address = { [windowsAddressResource]: '1' };
  return {
    ...container,
    resources: {
      limits: { ...container.resources?.limits, ...address },
      requests: { ...container.resources?.requests, ...address },
    },
  };
}

/** Every pod may stay five minutes on a node that is not ready or cannot be reached. */
function withDefaultTolerations({ tolerations = [] }: PodSpec) {
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerations.some((toleration) => toleration.key === key && toleration.effect !== 'NoSchedule'))
    .map((key) => ({ key, operator: 'Exists' as const, effect: 'NoExecute', tolerationSeconds: 300 }));
  return [...tolerations, ...missing];
}
