import type { Node } from './node-objects.ts';
import type { KubernetesObject } from './objects.ts';
import type { EndpointSlice, Service } from './service-objects.ts';
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  VolumeAttachment,
} from './volumes/volume-objects.ts';
import type { Deployment, DisruptionBudget, Job, Pod, StatefulSet, Workload } from './workload-objects.ts';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

export type Subresource = {
  readonly name: string;
  readonly verbs: readonly Verb[];
  /** Kind of the body, where it is not the parent's. */
  readonly kind?: string;
  readonly group?: string;
  readonly version?: string;
};

/** One kind that the API server stores. `sample` only carries the type and is never set. */
export type Resource<T extends KubernetesObject = KubernetesObject> = {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly subresources: readonly Subresource[];
  /** Field selectors beyond `metadata.name` and, for namespaced kinds, `metadata.namespace`. */
  readonly selectableFields: Readonly<Record<string, (object: KubernetesObject) => string>>;
  /** Of the selectable fields those by which objects are found without a look at the others. */
  readonly indexedFields?: readonly string[];
  /** Whether `metadata.generation` counts the changes of `spec`. */
  readonly hasGeneration?: boolean;
  /** `false` for a question that is answered and kept nowhere: it can only be created. */
  readonly stored?: false;
  readonly sample?: T;
};

const status: Subresource = { name: 'status', verbs: ['get', 'patch', 'update'] };
const scale: Subresource = {
  ...{ name: 'scale', verbs: ['get', 'patch', 'update'], kind: 'Scale', group: 'autoscaling', version: 'v1' },
};
const field = (object: KubernetesObject, part: string, name: string): unknown =>
  (object[part] as Record<string, unknown> | undefined)?.[name];

export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

export const nodes: Resource<Node> = {
  ...{ group: '', version: 'v1', plural: 'nodes', singular: 'node', kind: 'Node', namespaced: false },
  shortNames: ['no'],
  subresources: [status],
  selectableFields: { 'spec.unschedulable': (node) => String(field(node, 'spec', 'unschedulable') ?? false) },
};

export const pods: Resource<Pod> = {
  ...{ group: '', version: 'v1', plural: 'pods', singular: 'pod', kind: 'Pod', namespaced: true },
  shortNames: ['po'],
  subresources: [
    status,
    { name: 'binding', verbs: ['create'], kind: 'Binding' },
    { name: 'eviction', verbs: ['create'], kind: 'Eviction', group: 'policy', version: 'v1' },
  ],
  selectableFields: {
    'spec.nodeName': (pod) => String(field(pod, 'spec', 'nodeName') ?? ''),
    'spec.restartPolicy': (pod) => String(field(pod, 'spec', 'restartPolicy') ?? ''),
    'spec.schedulerName': (pod) => String(field(pod, 'spec', 'schedulerName') ?? ''),
    'spec.serviceAccountName': (pod) => String(field(pod, 'spec', 'serviceAccountName') ?? ''),
    'status.phase': (pod) => String(field(pod, 'status', 'phase') ?? ''),
    'status.podIP': (pod) => String(field(pod, 'status', 'podIP') ?? ''),
    'status.nominatedNodeName': (pod) => String(field(pod, 'status', 'nominatedNodeName') ?? ''),
  },
  indexedFields: ['spec.nodeName'],
};

export const namespaces: Resource = {
  ...{ group: '', version: 'v1', plural: 'namespaces', singular: 'namespace', kind: 'Namespace', namespaced: false },
  shortNames: ['ns'],
  subresources: [status],
  selectableFields: { 'status.phase': (namespace) => String(field(namespace, 'status', 'phase') ?? '') },
};

export const configMaps: Resource = {
  ...{ group: '', version: 'v1', plural: 'configmaps', singular: 'configmap', kind: 'ConfigMap', namespaced: true },
  shortNames: ['cm'],
  subresources: [],
  selectableFields: {},
};

export const leases: Resource = {
  ...{ group: 'coordination.k8s.io', version: 'v1', plural: 'leases', singular: 'lease', kind: 'Lease' },
  namespaced: true,
  subresources: [],
  selectableFields: {},
};

export const disruptionBudgets: Resource<DisruptionBudget> = {
  ...{ group: 'policy', version: 'v1', plural: 'poddisruptionbudgets', singular: 'poddisruptionbudget' },
  ...{ kind: 'PodDisruptionBudget', namespaced: true, shortNames: ['pdb'] },
  subresources: [status],
  selectableFields: {},
  hasGeneration: true,
};

const apps = <T extends Workload = Workload>(
  plural: string,
  singular: string,
  kind: string,
  shortName: string,
): Resource<T> => ({
  ...{ group: 'apps', version: 'v1', plural, singular, kind, namespaced: true, shortNames: [shortName] },
  subresources: kind === 'DaemonSet' ? [status] : [scale, status],
  selectableFields: {},
  hasGeneration: true,
});
export const deployments = apps<Deployment>('deployments', 'deployment', 'Deployment', 'deploy');
export const replicaSets = apps('replicasets', 'replicaset', 'ReplicaSet', 'rs');
export const daemonSets = apps('daemonsets', 'daemonset', 'DaemonSet', 'ds');
export const statefulSets = apps<StatefulSet>('statefulsets', 'statefulset', 'StatefulSet', 'sts');

export const jobs: Resource<Job> = {
  ...{ group: 'batch', version: 'v1', plural: 'jobs', singular: 'job', kind: 'Job', namespaced: true },
  subresources: [status],
  selectableFields: { 'status.successful': (job) => String(field(job, 'status', 'succeeded') ?? 0) },
  hasGeneration: true,
};

export const services: Resource<Service> = {
  ...{ group: '', version: 'v1', plural: 'services', singular: 'service', kind: 'Service', namespaced: true },
  shortNames: ['svc'],
  subresources: [status],
  selectableFields: {
    'spec.clusterIP': (service) => String(field(service, 'spec', 'clusterIP') ?? ''),
    'spec.type': (service) => String(field(service, 'spec', 'type') ?? ''),
  },
};

export const serviceAccounts: Resource = {
  ...{ group: '', version: 'v1', plural: 'serviceaccounts', singular: 'serviceaccount', kind: 'ServiceAccount' },
  ...{ namespaced: true, shortNames: ['sa'], subresources: [], selectableFields: {} },
};

export const endpointSlices: Resource<EndpointSlice> = {
  ...{ group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices', singular: 'endpointslice' },
  ...{ kind: 'EndpointSlice', namespaced: true, subresources: [], selectableFields: {} },
};

const eventFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** What happened to objects, as `kubectl describe` shows it. */
export const events: Resource = {
  ...{ group: '', version: 'v1', plural: 'events', singular: 'event', kind: 'Event', namespaced: true },
  shortNames: ['ev'],
  subresources: [],
  selectableFields: {
    ...Object.fromEntries(
      eventFields.map((name) => [
        `involvedObject.${name}`,
        (event: KubernetesObject) => String(field(event, 'involvedObject', name) ?? ''),
      ]),
    ),
    reason: (event) => String(event.reason ?? ''),
    type: (event) => String(event.type ?? ''),
  },
};

export const persistentVolumes: Resource<PersistentVolume> = {
  ...{ group: '', version: 'v1', plural: 'persistentvolumes', singular: 'persistentvolume', kind: 'PersistentVolume' },
  ...{ namespaced: false, shortNames: ['pv'], subresources: [status], selectableFields: {} },
};

export const persistentVolumeClaims: Resource<PersistentVolumeClaim> = {
  ...{ group: '', version: 'v1', plural: 'persistentvolumeclaims', singular: 'persistentvolumeclaim' },
  ...{ kind: 'PersistentVolumeClaim', namespaced: true, shortNames: ['pvc'], subresources: [status] },
  selectableFields: {},
};

const storageKind = <T extends KubernetesObject>(plural: string, singular: string, kind: string): Resource<T> => ({
  ...{ group: 'storage.k8s.io', version: 'v1', plural, singular, kind, namespaced: false },
  subresources: [],
  selectableFields: {},
});
export const storageClasses: Resource<StorageClass> = {
  ...storageKind('storageclasses', 'storageclass', 'StorageClass'),
  shortNames: ['sc'],
};
export const csiNodes = storageKind('csinodes', 'csinode', 'CSINode');
export const volumeAttachments: Resource<VolumeAttachment> = {
  ...storageKind<VolumeAttachment>('volumeattachments', 'volumeattachment', 'VolumeAttachment'),
  subresources: [status],
  selectableFields: {},
};

const rbac = (plural: string, singular: string, kind: string, namespaced: boolean): Resource => ({
  ...{ group: 'rbac.authorization.k8s.io', version: 'v1', plural, singular, kind, namespaced },
  subresources: [],
  selectableFields: {},
});
export const clusterRoles = rbac('clusterroles', 'clusterrole', 'ClusterRole', false);
export const clusterRoleBindings = rbac('clusterrolebindings', 'clusterrolebinding', 'ClusterRoleBinding', false);
export const roles = rbac('roles', 'role', 'Role', true);
export const roleBindings = rbac('rolebindings', 'rolebinding', 'RoleBinding', true);

/** Questions of a client about itself, which are answered and not stored. */
const review = (group: string, plural: string, singular: string, kind: string): Resource => ({
  ...{ group, version: 'v1', plural, singular, kind, namespaced: false, stored: false },
  subresources: [],
  selectableFields: {},
});
const reviews: readonly Resource[] = [
  review('authentication.k8s.io', 'selfsubjectreviews', 'selfsubjectreview', 'SelfSubjectReview'),
  review('authorization.k8s.io', 'selfsubjectaccessreviews', 'selfsubjectaccessreview', 'SelfSubjectAccessReview'),
  review('authorization.k8s.io', 'selfsubjectrulesreviews', 'selfsubjectrulesreview', 'SelfSubjectRulesReview'),
];

/** Every kind that this API server knows, in the order of discovery. */
export const resources: readonly Resource[] = [
  ...[configMaps, events, namespaces, nodes, persistentVolumeClaims, persistentVolumes, pods],
  ...[serviceAccounts, services],
  ...[daemonSets, deployments, replicaSets, statefulSets],
  jobs,
  leases,
  endpointSlices,
  disruptionBudgets,
  ...[clusterRoleBindings, clusterRoles, roleBindings, roles],
  ...reviews,
  ...[csiNodes, storageClasses, volumeAttachments],
];

export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return resources.find(
    (resource) => resource.group === group && resource.version === version && resource.plural === plural,
  );
}

export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return resources.find((resource) => apiVersionOf(resource) === apiVersion && resource.kind === kind);
}

export function apiVersionOf({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}
