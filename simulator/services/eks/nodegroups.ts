import type { Issue, Nodegroup as NodegroupShape } from '@aws-sdk/client-eks';
import type { Iam } from '../../iam/iam.ts';
import type { Ec2 } from '../ec2/ec2.ts';
import type { AmazonsAmi, EksCluster, EksState, Nodegroup, Sizes, Tags } from './eks-state.ts';
import { healthIssues } from './health.ts';
import { generatedData, type ResolvedSource, resolveSource, withAmazonsAmi } from './internal-template.ts';
import type { ScalingGroups } from './scaling-groups.ts';

export type NodegroupSpec = {
  readonly clusterName: string;
  readonly nodegroupName: string;
  /** The caller's own launch template; it names the AMI, unless `amazonsAmi` is given. */
  readonly launchTemplate: { readonly id?: string; readonly name?: string; readonly version: string };
  readonly nodeRole: string;
  readonly subnetIds: readonly string[];
  /** Needed when the template has no instance type. */
  readonly instanceTypes?: readonly string[];
  readonly scalingConfig: Sizes;
  readonly labels?: Tags;
  readonly tags?: Tags;
  readonly updateConfig?: Partial<Nodegroup['updateConfig']>;
  /** The release that the group runs. */
  readonly amazonsAmi?: AmazonsAmi;
  /** What has been wrong with it since before, until an update succeeds. */
  readonly issues?: readonly Issue[];
  /** The group has its nodes already, since then; without it they are launched now. */
  readonly runningSince?: Date;
};

export type NodegroupSurroundings = { readonly iam: Iam; readonly ec2: Ec2; readonly scaling: ScalingGroups };

/** CreateNodegroup, for building an account: the generated template, the instance profile, the Auto Scaling group. */
export function addNodegroup(
  state: EksState,
  cluster: EksCluster,
  spec: NodegroupSpec,
  around: NodegroupSurroundings,
): Nodegroup {
  const { kernel } = state;
  const { random, identity, clock } = kernel;
  const uuid = random.uuid('node group', spec.clusterName, spec.nodegroupName);
  const resolved = sourceOf(around.ec2, spec);
  if (resolved.data.IamInstanceProfile !== undefined)
    throw new Error('A launch template of a managed node group must not have an instance profile');
  const instanceTypes = spec.instanceTypes ?? [resolved.data.InstanceType].filter((type) => type !== undefined);
  if (instanceTypes.length === 0) throw new Error(`Node group ${spec.nodegroupName} has no instance type`);
  const internalName = `eks-${uuid}`;
  const profile = around.iam.createInstanceProfile({ name: internalName, roleArn: spec.nodeRole });
  const internal = around.ec2.addLaunchTemplate({
    name: internalName,
    data: generatedData(resolved.data, profile.arn),
  });
  allowNodes(cluster, spec.nodeRole);
  const createdAt = spec.runningSince ?? new Date(clock.now());
  const nodegroup: Nodegroup = {
    ...{ name: spec.nodegroupName, clusterName: spec.clusterName, nodeRole: spec.nodeRole, createdAt },
    arn: `arn:${identity.partition}:eks:${identity.region}:${identity.accountId}:nodegroup/${spec.clusterName}/${spec.nodegroupName}/${uuid}`,
    ...{ subnetIds: spec.subnetIds, availabilityZones: zonesOf(around.ec2, spec.subnetIds), instanceTypes },
    ...{ labels: spec.labels ?? {}, tags: spec.tags ?? {}, sizes: spec.scalingConfig },
    groupName: `eks-${spec.nodegroupName}-${uuid}`,
    internalTemplate: { id: internal.id, name: internal.name },
    sources: new Map([[internal.version, resolved.source]]),
    updateConfig: updateConfigOf(spec.updateConfig),
    amazonsAmi: spec.amazonsAmi,
    ...{ updates: [], issues: spec.issues ?? [], status: 'ACTIVE', modifiedAt: createdAt },
    ...{ source: resolved.source, internalVersion: internal.version, version: cluster.kubernetes.version },
  };
  cluster.nodegroups.set(nodegroup.name, nodegroup);
  around.scaling.create({
    ...{ name: nodegroup.groupName, instanceTypes, subnetIds: spec.subnetIds, runningSince: spec.runningSince },
    template: { id: internal.id, version: String(internal.version) },
    ...{ minSize: spec.scalingConfig.minSize, maxSize: spec.scalingConfig.maxSize },
    desired: spec.scalingConfig.desiredSize,
    tags: groupTags(spec),
  });
  return nodegroup;
}

/** The caller's template with the AMI that counts: its own, or the one that Amazon brings. */
function sourceOf(ec2: Ec2, { launchTemplate, amazonsAmi }: NodegroupSpec): ResolvedSource {
  const { source, data } = resolveSource(ec2, launchTemplate);
  if ((source.imageId === '') === (amazonsAmi === undefined))
    throw new Error(`Either launch template ${source.name} names an AMI, or Amazon brings one`);
  return amazonsAmi === undefined ? { source, data } : withAmazonsAmi({ source, data }, amazonsAmi);
}

/** EKS lets the role of a node group in by itself. It cannot see in a custom AMI that it is Windows. */
function allowNodes({ accessEntries }: EksCluster, nodeRole: string): void {
  if (accessEntries.get(nodeRole) === undefined) accessEntries.add({ principalArn: nodeRole, type: 'EC2_LINUX' }, 0);
}

function zonesOf(ec2: Ec2, subnetIds: readonly string[]): string[] {
  const zones = subnetIds.map((subnetId) => {
    const subnet = ec2.subnet(subnetId);
    if (subnet === undefined) throw new Error(`There is no subnet ${subnetId}`);
    return subnet.availabilityZone;
  });
  return [...new Set(zones)].sort();
}

function updateConfigOf(given: Partial<Nodegroup['updateConfig']> = {}): Nodegroup['updateConfig'] {
  const size = given.maxUnavailablePercentage === undefined ? { maxUnavailable: 1 } : {};
  return { ...size, updateStrategy: 'DEFAULT', ...given };
}

/** Tags of the Auto Scaling group, all of them passed on to its instances. */
function groupTags({ clusterName, nodegroupName }: NodegroupSpec): Tags {
  return {
    'eks:cluster-name': clusterName,
    'eks:nodegroup-name': nodegroupName,
    'k8s.io/cluster-autoscaler/enabled': 'true',
    [`k8s.io/cluster-autoscaler/${clusterName}`]: 'owned',
    [`kubernetes.io/cluster/${clusterName}`]: 'owned',
  };
}

/** The node group as DescribeNodegroup answers it. */
export function describeNodegroup(nodegroup: Nodegroup, scaling: ScalingGroups): NodegroupShape {
  const issues = healthIssues(nodegroup, scaling);
  const { id, name, version, imageId } = nodegroup.source;
  const { amiType, releaseVersion } = nodegroup.amazonsAmi ?? { amiType: 'CUSTOM' as const, releaseVersion: imageId };
  return {
    ...{ nodegroupName: nodegroup.name, nodegroupArn: nodegroup.arn, clusterName: nodegroup.clusterName },
    ...{ version: nodegroup.version, releaseVersion },
    ...{ createdAt: nodegroup.createdAt, modifiedAt: nodegroup.modifiedAt },
    status: nodegroup.status === 'ACTIVE' && issues.length > 0 ? 'DEGRADED' : nodegroup.status,
    capacityType: 'ON_DEMAND',
    scalingConfig: { ...nodegroup.sizes },
    instanceTypes: [...nodegroup.instanceTypes],
    subnets: [...nodegroup.subnetIds],
    amiType,
    nodeRole: nodegroup.nodeRole,
    labels: { ...nodegroup.labels },
    resources: { autoScalingGroups: [{ name: nodegroup.groupName }] },
    health: { issues },
    updateConfig: { ...nodegroup.updateConfig },
    launchTemplate: { name, version, id },
    tags: { ...nodegroup.tags },
  };
}
