import { admit } from './admission.ts';
import { endpointSlices, namespaces, pods, serviceAccounts, services } from './resources.ts';
import { matchesSelector } from './selectors.ts';
import type { Endpoint, EndpointSlice, Service, ServicePort } from './service-objects.ts';
import type { NewObject } from './storage.ts';
import { keyOfObject } from './storage-table.ts';
import { hasFinished, isPodReady, isTerminating, type Pod } from './workload-objects.ts';
import { type ControllerOptions, follow } from './workloads/controller.ts';

/** Gives every namespace its ServiceAccount `default`. kubernetes.io/docs/concepts/security/service-accounts */
export function runServiceAccounts({ storage, work }: Pick<ControllerOptions, 'storage' | 'work'>): void {
  const queue = work.queue((name) => {
    const namespace = storage.get(namespaces, '', name);
    if (namespace === undefined || isTerminating(namespace)) return;
    if (storage.get(serviceAccounts, name, 'default') !== undefined) return;
    storage.create(serviceAccounts, { metadata: { name: 'default', namespace: name } });
  });
  storage.onChange(({ resource, type, object }) => {
    if (resource === namespaces && type === 'ADDED') queue.add(object.metadata.name);
    if (resource === serviceAccounts && type === 'DELETED') queue.add(object.metadata.namespace ?? '');
  });
}

/** Keeps the addresses of the pods behind every service. kubernetes.io/docs/concepts/services-networking/endpoint-slices */
export function runEndpointSlices({ storage, work }: Pick<ControllerOptions, 'storage' | 'work'>): void {
  const queue = work.queue((key) => {
    const [namespace = '', name = ''] = key.split('/');
    const service = storage.get(services, namespace, name);
    const current = storage.get(endpointSlices, namespace, `${name}-ipv4`);
    if (service?.spec.selector === undefined) return;
    const slice = sliceOf(service, storage.list(pods, namespace));
    if (current === undefined) {
      storage.create(endpointSlices, admit(storage, endpointSlices, slice));
    } else storage.update(endpointSlices, { ...current, endpoints: slice.endpoints, ports: slice.ports });
  });
  follow({ storage }, services, ({ type, object }) => {
    if (type !== 'DELETED') queue.add(keyOfObject(object));
  });
  follow({ storage }, pods, ({ object, previous }) => {
    if (endpointText(object) === endpointText(previous)) return;
    const { namespace = '', labels } = object.metadata;
    const own = storage
      .list(services, namespace)
      .filter(({ spec }) => spec.selector !== undefined && matchesSelector({ matchLabels: spec.selector }, labels));
    for (const service of own) queue.add(keyOfObject(service));
  });
}

/** Of a pod what its services show. */
const endpointText = (pod: Pod | undefined) =>
  pod && JSON.stringify([pod.status.podIP, isPodReady(pod), isTerminating(pod), hasFinished(pod), pod.metadata.labels]);

function sliceOf(service: Service, all: readonly Pod[]): NewObject<EndpointSlice> {
  const { name, namespace = '', uid } = service.metadata;
  const { selector = {}, ports = [], publishNotReadyAddresses = false } = service.spec;
  const behind = all.filter((pod) => matchesSelector({ matchLabels: selector }, pod.metadata.labels));
  return {
    metadata: {
      ...{ name: `${name}-ipv4`, namespace },
      labels: {
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType: 'IPv4',
    endpoints: behind.flatMap((pod) => endpointOf(pod, publishNotReadyAddresses)),
    ports: ports.map(portOf),
  };
}

function portOf({ name = '', protocol = 'TCP', port, targetPort }: ServicePort) {
  return { name, protocol, port: typeof targetPort === 'number' ? targetPort : port };
}

function endpointOf(pod: Pod, publishNotReady: boolean): Endpoint[] {
  const { podIP } = pod.status;
  if (podIP === undefined || hasFinished(pod)) return [];
  const { namespace = '', name, uid } = pod.metadata;
  const serving = publishNotReady || isPodReady(pod);
  const terminating = isTerminating(pod);
  return [
    {
      addresses: [podIP],
      conditions: { ready: publishNotReady || (serving && !terminating), serving, terminating },
      ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
      targetRef: { kind: 'Pod', namespace, name, uid },
    },
  ];
}
