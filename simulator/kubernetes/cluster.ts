import type { Kernel } from '../kernel/kernel.ts';
import type { Front } from '../kernel/wire.ts';
import type { Ec2Instance, InstanceChange } from '../services/ec2/instances.ts';
import { runAddressController } from './address-controller.ts';
import type { ApiContext, ApiSwitches } from './api-request.ts';
import { type Authenticate, createApiServer } from './api-server.ts';
import { createAuthorizer } from './authorizer.ts';
import { bootstrapBindings, bootstrapRoles } from './bootstrap-policy.ts';
import { type ClusterCertificates, createCertificates } from './certificates.ts';
import { type ClusterTimings, defaultClusterTimings } from './cluster-timings.ts';
import { type ControlPlane, createControlPlane } from './control-plane.ts';
import { runDisruptionController } from './disruption-controller.ts';
import { runGarbageCollector } from './garbage-collector.ts';
import { createHeartbeats } from './heartbeats.ts';
import { createKubelets, type KubeletOptions, type NodeIdentity } from './kubelets.ts';
import { createNodeViews, type NodeListener, type NodeState } from './node-views.ts';
import type { Labels } from './objects.ts';
import { type ContainerProgram, commandPrograms } from './pods/container-programs.ts';
import { createPodNetworks } from './pods/pod-network.ts';
import { clusterRoleBindings, clusterRoles, configMaps, namespaces, services, storageClasses } from './resources.ts';
import { runScheduler } from './scheduler.ts';
import { apiAddress, dnsAddress } from './service-addresses.ts';
import { runEndpointSlices, runServiceAccounts } from './service-controllers.ts';
import type { Service } from './service-objects.ts';
import { createStorage, type NewObject, type Storage } from './storage.ts';
import { runTaintController } from './taint-controller.ts';
import type { StorageClass } from './volumes/volume-objects.ts';
import { createWork } from './work-queue.ts';
import type { Guests } from './workloads/guests.ts';
import { runWorkloads } from './workloads/run-workloads.ts';

/** A Kubernetes cluster: its API, the nodes in it, and what the account itself may do there without asking the API. */
export type Cluster = {
  readonly name: string;
  /** `1.35` */
  readonly version: string;
  /** The Kubernetes API. */
  readonly front: Front;
  /** PEM. */
  readonly certificateAuthority: string;
  readonly issueServerCertificate: ClusterCertificates['issueServerCertificate'];
  readonly nodes: () => readonly NodeState[];
  /** Called whenever a node appears, changes or goes. Returns how to stop. */
  readonly onNode: (listener: NodeListener) => () => void;
  /** To be told of every change of every instance of the account. */
  readonly onInstance: (change: InstanceChange) => void;
  /** Creates or replaces an object, as an administrator would with `kubectl apply`. */
  readonly applyManifest: (manifest: unknown) => void;
  /** Creates or replaces objects with all that follows from them, in no time: what is in place when an account begins. */
  readonly settleManifests: (manifests: readonly unknown[]) => void;
  /** Ends the kubelet of a node while its machine goes on: nobody starts or stops pods there any more. */
  readonly stopKubelet: (nodeName: string) => void;
  /** What EKS does in the cluster by itself: cordon, label, evict. */
  readonly controlPlane: ControlPlane;
};

export type ClusterOptions = {
  readonly kernel: Kernel;
  readonly name: string;
  readonly version: string;
  readonly authenticate: Authenticate;
  readonly identityOf: (instance: Ec2Instance) => NodeIdentity | undefined;
  readonly labelsOf?: (instance: Ec2Instance) => Labels;
  /** `enable-windows-ipam` in the ConfigMap `amazon-vpc-cni`; true unless told otherwise. */
  readonly windowsIpam?: boolean;
  readonly timings?: Partial<ClusterTimings>;
  readonly switches?: Partial<ApiSwitches>;
  /** What happens inside containers, which no manifest says. */
  readonly guests?: Guests;
  /** What containers do that end by themselves; the first that knows a container decides. */
  readonly programs?: readonly ContainerProgram[];
  /** `host:port` of what answers a TLS handshake outside the cluster; nothing else does. */
  readonly outside?: readonly string[];
  /** Ends the environment of a function that a fault has killed. */
  readonly onKill?: (functionName: string, key: string) => void;
};

/** Makes the cluster and its certificates, which are random: call it before the run starts. */
export async function createCluster(options: ClusterOptions): Promise<Cluster> {
  const { kernel, name, version } = options;
  const certificates = await createCertificates(name, kernel.clock.now());
  const timings = { ...defaultClusterTimings, ...options.timings };
  const storage = createStorage({ kernel, cluster: name });
  const kubelets = createKubelets(kubeletOptions(options, storage, timings));
  const views = createNodeViews(storage, kubelets);
  const work = createWork(kernel.clock, timings.controllerDelay);
  const common = { kernel, cluster: name, storage, timings, kubelets, work };
  runTaintController(common);
  runAddressController(common);
  const networkOf = createPodNetworks({
    storage,
    outside: options.outside ?? [],
    hasServiceRouting: views.routesServices,
  });
  const programs = [...(options.programs ?? []), commandPrograms(networkOf)];
  runWorkloads(common, { guests: options.guests ?? {}, programs });
  runScheduler(common);
  runDisruptionController(common);
  runServiceAccounts(common);
  runEndpointSlices(common);
  runGarbageCollector(common);
  work.settle(() => writeBootstrapObjects(storage, options.windowsIpam ?? true));
  const context: ApiContext = {
    ...{ kernel, cluster: name, storage },
    switches: { severalBudgetsHttpStatus: 500, ...options.switches },
  };
  const controlPlane = createControlPlane(context, kubelets);

  return {
    ...{ name, version, ...certificates },
    front: createApiServer({
      ...{ context, version, authenticate: options.authenticate, onKill: options.onKill },
      authorizer: createAuthorizer(storage),
      refresh: createHeartbeats({ kernel, storage, kubelets }),
    }),
    nodes: views.nodes,
    onNode: views.onNode,
    onInstance: kubelets.onInstance,
    applyManifest: controlPlane.apply,
    settleManifests: (manifests) => work.settle(() => manifests.forEach(controlPlane.apply)),
    stopKubelet: kubelets.stop,
    controlPlane,
  };
}

function kubeletOptions(options: ClusterOptions, storage: Storage, timings: ClusterTimings): KubeletOptions {
  const { kernel, name: cluster, identityOf, labelsOf = () => ({}) } = options;
  return { kernel, cluster, storage, timings, identityOf, labelsOf };
}

function writeBootstrapObjects(storage: Storage, windowsIpam: boolean): void {
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system']) {
    storage.create(namespaces, {
      metadata: { name },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  }
  for (const { name, rules } of bootstrapRoles) storage.create(clusterRoles, { metadata: { name }, rules });
  for (const { role: name, subjects } of bootstrapBindings) {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
    storage.create(clusterRoleBindings, { metadata: { name }, roleRef, subjects });
  }
  storage.create(configMaps, {
    metadata: { name: 'amazon-vpc-cni', namespace: 'kube-system' },
    data: { 'enable-windows-ipam': String(windowsIpam) },
  });
  storage.create(storageClasses, {
    metadata: { name: 'gp2' },
    ...{ provisioner: 'kubernetes.io/aws-ebs', parameters: { type: 'gp2', fsType: 'ext4' } },
    ...{ reclaimPolicy: 'Delete', volumeBindingMode: 'WaitForFirstConsumer' },
  } as NewObject<StorageClass>);
  writeSystemServices(storage);
}

/** The API server and CoreDNS, which every cluster has; the pods of neither are nodes' business here. */
function writeSystemServices(storage: Storage): void {
  const dns = [
    { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
    { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
  ];
  const api = [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 443 }];
  const write = (namespace: string, name: string, clusterIP: string, ports: Service['spec']['ports']) =>
    storage.create(services, {
      metadata: { name, namespace },
      spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports, sessionAffinity: 'None' },
      status: { loadBalancer: {} },
    } as NewObject<Service>);
  write('default', 'kubernetes', apiAddress, api);
  write('kube-system', 'kube-dns', dnsAddress, dns);
}
