import type { PolicyRule } from './policy-rules.ts';

export type BootstrapRole = { readonly name: string; readonly rules: readonly PolicyRule[] };

export type Subject = {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  readonly namespace?: string;
  readonly apiGroup?: string;
};

const read = ['get', 'list', 'watch'];
const readWrite = [...read, 'create', 'update', 'patch', 'delete', 'deletecollection'];
const scalable = ['deployments', 'replicasets', 'statefulsets'];
const workloads = [...scalable, ...scalable.map((plural) => `${plural}/scale`), 'daemonsets'];
const ofNamespaces = ['configmaps', 'persistentvolumeclaims', 'pods', 'serviceaccounts', 'services'];

const viewRules: readonly PolicyRule[] = [
  { apiGroups: [''], resources: [...ofNamespaces, 'events', 'namespaces', 'pods/status'], verbs: read },
  { apiGroups: ['apps'], resources: workloads, verbs: read },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: read },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets', 'poddisruptionbudgets/status'], verbs: read },
];
const editRules: readonly PolicyRule[] = [
  ...viewRules,
  { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
  { apiGroups: [''], resources: ofNamespaces, verbs: readWrite },
  { apiGroups: ['apps'], resources: workloads, verbs: readWrite },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: readWrite },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: readWrite },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: readWrite },
];
const adminRules: readonly PolicyRule[] = [
  ...editRules,
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: readWrite },
];
const clusterAdminRules: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

/** The ClusterRoles that every cluster is born with, limited to the kinds of this API server. */
export const bootstrapRoles: readonly BootstrapRole[] = [
  { name: 'cluster-admin', rules: clusterAdminRules },
  { name: 'admin', rules: adminRules },
  { name: 'edit', rules: editRules },
  { name: 'view', rules: viewRules },
  {
    name: 'system:discovery',
    rules: [
      {
        nonResourceURLs: [
          '/api',
          '/api/*',
          '/apis',
          '/apis/*',
          '/healthz',
          '/livez',
          '/openapi',
          '/openapi/*',
          '/readyz',
          '/version',
          '/version/',
        ],
        verbs: ['get'],
      },
    ],
  },
  {
    name: 'system:basic-user',
    rules: [
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
        verbs: ['create'],
      },
      { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
    ],
  },
  {
    name: 'system:public-info-viewer',
    rules: [{ nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get'] }],
  },
  // The node authorizer limits a node to its own objects; here nobody acts as a node through the wire, so its role
  // only shows what a token of a node may read.
  {
    name: 'eks:node-bootstrapper',
    rules: [
      { apiGroups: [''], resources: ['nodes'], verbs: [...read, 'create', 'patch', 'update'] },
      { apiGroups: [''], resources: ['nodes/status', 'pods/status'], verbs: ['patch', 'update'] },
      { apiGroups: [''], resources: ['pods', 'configmaps'], verbs: read },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'patch', 'update'] },
    ],
  },
];

const group = (name: string): Subject => ({ kind: 'Group', name, apiGroup: 'rbac.authorization.k8s.io' });

export const bootstrapBindings: readonly { readonly role: string; readonly subjects: readonly Subject[] }[] = [
  { role: 'cluster-admin', subjects: [group('system:masters')] },
  { role: 'system:basic-user', subjects: [group('system:authenticated')] },
  { role: 'system:discovery', subjects: [group('system:authenticated')] },
  { role: 'system:public-info-viewer', subjects: [group('system:authenticated'), group('system:unauthenticated')] },
  { role: 'eks:node-bootstrapper', subjects: [group('system:bootstrappers'), group('system:nodes')] },
];

const everythingReadable: readonly PolicyRule[] = [{ apiGroups: ['*'], resources: ['*'], verbs: read }];

/**
 * What the access policies of EKS allow, by the name at the end of their ARN. They are EKS's own and show in no
 * ClusterRole. Of all of them only the cluster administrator may change nodes or evict pods.
 */
export const accessPolicies: Readonly<Record<string, readonly PolicyRule[]>> = {
  AmazonEKSClusterAdminPolicy: clusterAdminRules,
  AmazonEKSAdminViewPolicy: everythingReadable,
  AmazonEKSAdminPolicy: withoutEviction(adminRules),
  AmazonEKSEditPolicy: withoutEviction(editRules),
  AmazonEKSViewPolicy: viewRules,
};

function withoutEviction(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  return rules.filter(({ resources }) => !resources?.includes('pods/eviction'));
}
