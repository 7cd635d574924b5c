import type { Node } from './node-objects.ts';
import type { KubernetesObject } from './objects.ts';
import type { DisruptionBudget, Pod, Workload } from './workload-objects.ts';

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
  /** Whether `metadata.generation` counts the changes of `spec`. */
  readonly hasGeneration?: boolean;
  readonly sample?: T;
};

const status: Subresource = { name: 'status', verbs: ['get', 'patch', 'update'] };
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

const apps = (plural: string, singular: string, kind: string, shortName: string): Resource<Workload> => ({
  ...{ group: 'apps', version: 'v1', plural, singular, kind, namespaced: true, shortNames: [shortName] },
  subresources: [status],
  selectableFields: {},
  hasGeneration: true,
});
export const deployments = apps('deployments', 'deployment', 'Deployment', 'deploy');
export const replicaSets = apps('replicasets', 'replicaset', 'ReplicaSet', 'rs');
export const daemonSets = apps('daemonsets', 'daemonset', 'DaemonSet', 'ds');

const rbac = (plural: string, singular: string, kind: string, namespaced: boolean): Resource => ({
  ...{ group: 'rbac.authorization.k8s.io', version: 'v1', plural, singular, kind, namespaced },
  subresources: [],
  selectableFields: {},
});
export const clusterRoles = rbac('clusterroles', 'clusterrole', 'ClusterRole', false);
export const clusterRoleBindings = rbac('clusterrolebindings', 'clusterrolebinding', 'ClusterRoleBinding', false);
export const roles = rbac('roles', 'role', 'Role', true);
export const roleBindings = rbac('rolebindings', 'rolebinding', 'RoleBinding', true);

/** Every kind that this API server knows, in the order of discovery. */
export const resources: readonly Resource[] = [
  ...[configMaps, namespaces, nodes, pods],
  ...[daemonSets, deployments, replicaSets],
  leases,
  disruptionBudgets,
  ...[clusterRoleBindings, clusterRoles, roleBindings, roles],
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
