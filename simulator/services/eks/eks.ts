import type { Iam } from '../../iam/iam.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Service } from '../../kernel/service.ts';
import type { Authenticate } from '../../kubernetes/api-server.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import type { NodeIdentity } from '../../kubernetes/kubelets.ts';
import type { AutoScaling } from '../autoscaling/autoscaling.ts';
import type { Ec2 } from '../ec2/ec2.ts';
import type { Ec2Instance } from '../ec2/instances.ts';
import type { Parameters } from '../ssm/parameters.ts';
import { type AccessEntrySpec, createAccessEntries } from './access-entries.ts';
import { createAuthenticate } from './authentication.ts';
import { defaultEksBehaviour, type EksBehaviour } from './behaviour.ts';
import type { AmazonsAmi, AuthenticationMode, EksCluster, EksState, Nodegroup, Tags } from './eks-state.ts';
import { findCluster } from './eks-state.ts';
import { keepNodesLabelled } from './node-labels.ts';
import { addNodegroup, type NodegroupSpec } from './nodegroups.ts';
import { clusterOperations } from './operations/clusters.ts';
import { listOperations } from './operations/lists.ts';
import { nodegroupConfigOperations } from './operations/nodegroup-config.ts';
import { nodegroupOperations } from './operations/nodegroups.ts';
import { tagOperations } from './operations/tags.ts';
import { createReleases } from './releases.ts';
import { createScalingGroups } from './scaling-groups.ts';

export type ClusterSpec = {
  /** Made with `authenticateFor(name)` and `identityFor(name)` of the same EKS. */
  readonly kubernetes: Cluster;
  /** `https://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly subnetIds: readonly string[];
  readonly roleArn?: string;
  /** CONFIG_MAP, the `aws-auth` way of old clusters, is not simulated. */
  readonly authenticationMode: AuthenticationMode;
  readonly accessEntries?: readonly AccessEntrySpec[];
  readonly tags?: Tags;
  readonly createdAt?: Date;
};

/** EKS of one account and Region: for the wire, for the clusters, and for building scenarios. */
export type Eks = {
  readonly service: Service;
  /** How a cluster proves its callers. May be handed to a cluster that EKS does not know yet. */
  readonly authenticateFor: (clusterName: string) => Authenticate;
  /** Whether a machine may register in a cluster, by the role of its instance profile. */
  readonly identityFor: (clusterName: string) => (instance: Ec2Instance) => NodeIdentity | undefined;
  readonly addCluster: (spec: ClusterSpec) => EksCluster;
  readonly addNodegroup: (spec: NodegroupSpec) => Nodegroup;
  readonly addAccessEntry: (clusterName: string, spec: AccessEntrySpec) => void;
  /** Amazon releases an AMI for nodes, which EC2 has already. */
  readonly publishRelease: (release: AmazonsAmi) => void;
  readonly cluster: (name: string) => EksCluster | undefined;
  readonly clusters: () => readonly EksCluster[];
};

export type EksOptions = {
  readonly kernel: Kernel;
  readonly iam: Iam;
  readonly ec2: Ec2;
  readonly autoScaling: AutoScaling;
  /** Where AWS tells of its releases. */
  readonly parameters: Pick<Parameters, 'put'>;
  readonly behaviour?: Partial<EksBehaviour>;
  /** URL under which clients reach the account's own STS. */
  readonly endpointUrl?: string;
};

export function createEks(options: EksOptions): Eks {
  const { kernel, iam, ec2, autoScaling, endpointUrl } = options;
  const scaling = createScalingGroups(autoScaling);
  const behaviour = { ...defaultEksBehaviour, ...options.behaviour };
  const releases = createReleases(options.parameters, behaviour);
  const state: EksState = { kernel, behaviour, clusters: new Map(), releases };
  const operations = {
    ...clusterOperations(state),
    ...listOperations(state),
    ...nodegroupOperations({ state, ec2, scaling }),
    ...nodegroupConfigOperations({ state, scaling }),
    ...tagOperations(state),
  };
  ec2.onInstance((change) => {
    for (const { kubernetes } of state.clusters.values()) kubernetes.onInstance(change);
  });

  return {
    service: { model: 'eks', name: 'Eks', operations },
    authenticateFor: (clusterName) =>
      createAuthenticate({
        ...{ kernel, clusterName, iam, endpointUrl },
        entries: () => state.clusters.get(clusterName)?.accessEntries,
        privateDnsNameOf: (instanceId) => ec2.instance(instanceId)?.privateDnsName,
      }),
    identityFor: (clusterName) => (instance) => {
      const roleArn = iam.roleOfInstanceProfile(instance.instanceProfile ?? '');
      const entry = state.clusters.get(clusterName)?.accessEntries.active(roleArn ?? '');
      return entry === undefined || entry.type === 'STANDARD' ? undefined : { groups: entry.kubernetesGroups };
    },
    addCluster(spec) {
      const cluster = newCluster(state, iam, spec);
      state.clusters.set(cluster.name, cluster);
      keepNodesLabelled(kernel, cluster, ec2.instance);
      return cluster;
    },
    addNodegroup: (spec) => addNodegroup(state, findCluster(state, spec.clusterName), spec, { iam, ec2, scaling }),
    addAccessEntry(clusterName, spec) {
      const { accessEntries, kubernetes } = findCluster(state, clusterName);
      accessEntries.add(spec, 0);
      kubernetes.controlPlane.retryRegistrations();
    },
    publishRelease: releases.publish,
    cluster: (name) => state.clusters.get(name),
    clusters: () => [...state.clusters.values()],
  };
}

function newCluster({ kernel }: EksState, iam: Iam, spec: ClusterSpec): EksCluster {
  const { partition, region, accountId } = kernel.identity;
  const { name } = spec.kubernetes;
  const accessEntries = createAccessEntries({
    ...{ kernel, clusterName: name },
    idOf: iam.principalId,
  });
  for (const entry of spec.accessEntries ?? []) accessEntries.add(entry, 0);
  return {
    ...{ name, kubernetes: spec.kubernetes, endpoint: spec.endpoint, accessEntries, nodegroups: new Map() },
    arn: `arn:${partition}:eks:${region}:${accountId}:cluster/${name}`,
    createdAt: spec.createdAt ?? new Date(kernel.clock.now()),
    roleArn: spec.roleArn ?? `arn:${partition}:iam::${accountId}:role/${name}-control-plane`,
    ...{ subnetIds: spec.subnetIds, authenticationMode: spec.authenticationMode, tags: spec.tags ?? {} },
  };
}
