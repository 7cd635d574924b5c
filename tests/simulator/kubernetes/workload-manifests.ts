import type { TestCluster } from './a-cluster.ts';

/** A pod as tests read it. */
export type SeenPod = {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly reason?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
};

export const nodeName = (number: number) => `ip-10-0-1-${number}.us-west-2.compute.internal`;

export const podsIn = async ({ call }: TestCluster, namespace = 'default'): Promise<readonly SeenPod[]> =>
  (await call('GET', `/api/v1/namespaces/${namespace}/pods`)).body.items;

export const podNamed = async (test: TestCluster, name: string): Promise<SeenPod | undefined> =>
  (await podsIn(test)).find(({ metadata }) => metadata.name === name);

export const isReady = (pod: SeenPod | undefined): boolean =>
  pod?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

const windows = { 'kubernetes.io/os': 'windows' };

export const aPodSpec = (overrides: Readonly<Record<string, unknown>> = {}) => ({
  nodeSelector: windows,
  containers: [{ name: 'main', image: 'web:1' }],
  ...overrides,
});

export const aPod = (name: string, spec: Readonly<Record<string, unknown>> = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels: { app: name } } },
  spec: aPodSpec(spec),
});

export const aStorageClass = (overrides: Readonly<Record<string, unknown>> = {}) => ({
  ...{ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'gp3' } },
  ...{ provisioner: 'ebs.csi.aws.com', volumeBindingMode: 'WaitForFirstConsumer' },
  ...overrides,
});

export const aClaim = (name: string, overrides: Readonly<Record<string, unknown>> = {}) => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace: 'default' } },
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'gp3',
    resources: { requests: { storage: '20Gi' } },
    ...overrides,
  },
});

export const withClaim = (claimName: string) => ({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] });

/** A StatefulSet `db` with a volume for each of its pods. */
export const aStatefulSet = (replicas: number, overrides: Readonly<Record<string, unknown>> = {}) => ({
  ...{ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db', namespace: 'default' } },
  spec: {
    ...{ replicas, serviceName: 'db', selector: { matchLabels: { app: 'db' } } },
    template: { metadata: { labels: { app: 'db' } }, spec: aPodSpec() },
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: aClaim('data').spec }],
    ...overrides,
  },
});
