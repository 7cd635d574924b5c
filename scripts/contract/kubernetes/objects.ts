import type { Fields } from '../fields.ts';
import { isFields } from '../fields.ts';
import type { Cluster } from './cluster.ts';

/** Media types of patches. */
export const mergePatch = { contentType: 'application/merge-patch+json' };
export const strategicPatch = { contentType: 'application/strategic-merge-patch+json' };
export const jsonPatch = { contentType: 'application/json-patch+json' };

export const collectionOf = ({ namespace }: Cluster, plural: string): string => {
  const group = groups[plural];
  return `${group === undefined ? '/api/v1' : `/apis/${group}`}/namespaces/${namespace}/${plural}`;
};
const groups: Readonly<Record<string, string>> = {
  leases: 'coordination.k8s.io/v1',
  poddisruptionbudgets: 'policy/v1',
  replicasets: 'apps/v1',
  rolebindings: 'rbac.authorization.k8s.io/v1',
  roles: 'rbac.authorization.k8s.io/v1',
};

/** A ConfigMap of a check. */
export const aConfigMap = (name: string, more: Fields = {}): Fields => ({
  metadata: { name, ...(isFields(more.metadata) ? more.metadata : {}) },
  data: { a: '1' },
});

const container = { name: 'main', image: 'registry.k8s.io/pause:3.10', ports: [{ containerPort: 80 }] };

/** A Node without a machine: nothing is scheduled on it, and it is deleted with the check. */
export async function aNode({ create, name, now }: Cluster): Promise<string> {
  const at = new Date(now()).toISOString().replace(/\.\d+Z$/, 'Z');
  await create('/api/v1/nodes', {
    metadata: { name, labels: { contract: name } },
    spec: { unschedulable: true, taints: [{ key: 'contract', value: name, effect: 'NoSchedule' }] },
    // A cloud provider deletes nodes that it does not know once they are not ready.
    status: {
      conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: at, lastTransitionTime: at }],
      nodeInfo: { ...emptyInfo, kubeletVersion: 'v1.35.0', osImage: 'none', kernelVersion: '10.0.20348.1' },
    },
  });
  return name;
}

const emptyInfo = {
  ...{ machineID: '', systemUUID: '', bootID: '', containerRuntimeVersion: '', kubeProxyVersion: '' },
  ...{ operatingSystem: '', architecture: '' },
};

/** A pod on a node that has no kubelet, so that nobody but the check writes its status. */
export async function aPod(cluster: Cluster, name: string, nodeName?: string): Promise<string> {
  await cluster.create(collectionOf(cluster, 'pods'), {
    metadata: { name, labels: { app: cluster.name } },
    spec: {
      ...(nodeName === undefined ? { nodeSelector: { contract: 'no-node-has-this' } } : { nodeName }),
      ...{ containers: [container], automountServiceAccountToken: false, terminationGracePeriodSeconds: 30 },
      tolerations: [{ operator: 'Exists' }],
    },
  });
  return name;
}

/** Writes what a kubelet would: the pod runs, and is ready or not. */
export async function setReady(cluster: Cluster, pod: string, ready: boolean): Promise<void> {
  const status = ready ? 'True' : 'False';
  const patch = { status: { phase: 'Running', conditions: [{ type: 'Ready', status }] } };
  await cluster.ask('PATCH', `${collectionOf(cluster, 'pods')}/${pod}/status`, patch, strategicPatch);
}

/** A budget over the pods of the check. */
export async function aBudget(cluster: Cluster, spec: Fields, name = cluster.name): Promise<string> {
  await cluster.create(collectionOf(cluster, 'poddisruptionbudgets'), {
    metadata: { name },
    spec: { selector: { matchLabels: { app: cluster.name } }, ...spec },
  });
  return name;
}

/** A ReplicaSet whose pods wait for a node that never comes, unless a check binds them to one. */
export const aReplicaSet = ({ name }: Cluster, replicas: number): Fields => ({
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        nodeSelector: { contract: 'no-node-has-this' },
        ...{ containers: [container], automountServiceAccountToken: false },
        tolerations: [{ operator: 'Exists' }],
      },
    },
  },
});
