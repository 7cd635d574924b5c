import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Issue } from '@aws-sdk/client-eks';
import type { Image } from '@aws-sdk/client-imagebuilder';
import type { Account } from '../account.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { runClusterAutoscaler } from '../kubernetes/cluster-autoscaler.ts';
import { addAmiParameter, applyHistory, earlierSource, machineData, sourceOf } from './group-kinds.ts';
import type { Scenario, ScenarioAmi, ScenarioCluster, ScenarioNodeGroup, ScenarioRelease } from './schema.ts';
import { type SharedTemplates, shareTemplate, versionOf } from './shared-templates.ts';
import { settleWorkloads } from './workloads.ts';

/** One node group of a scenario as it stands in the account. */
export type BuiltNodeGroup = {
  readonly cluster: string;
  readonly name: string;
  readonly kind: 'self-managed' | 'managed';
  readonly autoScalingGroupName: string;
};

export type BuiltAccount = {
  readonly clusters: ReadonlyMap<string, Cluster>;
  readonly nodeGroups: readonly BuiltNodeGroup[];
};

/** When whatever a scenario finds in place was made: ten days before it starts. */
const ageMs = 10 * 24 * 3_600_000;

/** Fills an account with what a scenario says is there: images, clusters, node groups with their nodes, faults. */
export async function buildAccount(account: Account, scenario: Scenario): Promise<BuiltAccount> {
  const { releases } = scenario;
  for (const ami of scenario.amis) if (!releases.some((each) => each.ami === ami.id)) addAmi(account, scenario, ami);
  for (const release of releases) addRelease(account, scenario, release);
  for (const image of scenario.images) account.imageBuilder.addImage(imageOf(scenario, image));
  const clusters = new Map<string, Cluster>();
  const nodeGroups: BuiltNodeGroup[] = [];
  const shared: SharedTemplates = new Map();
  for (const [index, cluster] of scenario.clusters.entries()) {
    const place = await addCluster(account, scenario, cluster, index);
    clusters.set(cluster.name, place.kubernetes);
    if (cluster.clusterAutoscaler) {
      runClusterAutoscaler({ ...account, cluster: place.kubernetes, ...cluster.clusterAutoscaler });
    }
    for (const nodeGroup of cluster.nodeGroups) {
      nodeGroups.push(addNodeGroup(account, { ...place, shared }, cluster.name, nodeGroup));
    }
    settleWorkloads(place.kubernetes, cluster);
  }
  addFaults(account, scenario, nodeGroups);
  return { clusters, nodeGroups };
}

/** Amazon publishes the AMI and the release at once. Those of before the start are in the order of the scenario. */
function addRelease(
  account: Account,
  scenario: Scenario,
  { amiType, version, ami: id, minute }: ScenarioRelease,
): void {
  const ami = scenario.amis.find((each) => each.id === id);
  if (ami === undefined) throw new Error(`The release ${version} names ${id}, which is none of the AMIs`);
  const publish = () => {
    addAmi(account, scenario, ami, 'amazon');
    account.eks.publishRelease({ amiType, releaseVersion: version, imageId: id });
  };
  if (minute === undefined) publish();
  else account.kernel.clock.after(minute * 60_000, publish);
}

function addAmi({ ec2 }: Account, scenario: Scenario, ami: ScenarioAmi, ownerId?: 'amazon'): void {
  const {
    id: imageId,
    name,
    platform,
    state,
    defect,
    domainJoin,
    createdAt,
    cachedImages = baseImages(ami),
    ...guest
  } = ami;
  const image = scenario.images.find(({ amis }) => amis.some((copy) => copy.id === imageId));
  ec2.addImage({
    ...{ imageId, name, platform, state },
    creationDate: createdAt ?? new Date(Date.parse(scenario.startsAt) - ageMs).toISOString(),
    ...(ownerId === undefined
      ? {
          tags: {
            CreatedBy: 'EC2 Image Builder',
            ...(image && { Ec2ImageBuilderArn: imageArn(scenario, image) }),
          },
        }
      : { ownerId }),
    guest: { ...guest, cachedImages, ...(defect && { defect }), ...(domainJoin && { domainJoin }) },
  });
}

const serverLines: Readonly<Record<string, string>> = { '17763': '2019', '20348': '2022', '26100': '2025' };

/** What Amazon's Windows AMIs have cached, and AMIs that are made from them: the base images of their own build. */
function baseImages({ platform, kernelVersion }: ScenarioAmi): string[] {
  const line = platform === 'windows' ? serverLines[kernelVersion.split('.')[2] ?? ''] : undefined;
  if (line === undefined) return [];
  return ['servercore', 'nanoserver'].map((base) => `mcr.microsoft.com/windows/${base}:ltsc${line}`);
}

const imageArn = (scenario: Scenario, { name, version }: Scenario['images'][number]): string =>
  `arn:aws:imagebuilder:${scenario.region}:${scenario.accountId}:image/${name}/${version}`;

function imageOf(scenario: Scenario, image: Scenario['images'][number]): Image {
  const { name, version, type, platform, osVersion, status, reason, amis } = image;
  return {
    arn: imageArn(scenario, image),
    ...{ name, version, type, platform, osVersion },
    state: { status, ...(reason && { reason }) },
    dateCreated: new Date(Date.parse(scenario.startsAt) - 2 * 3_600_000).toISOString(),
    buildType: 'SCHEDULED',
    outputResources: {
      amis: amis.map(({ region, accountId = scenario.accountId, id }) => ({
        ...{ region, accountId, image: id, name },
        state: { status: 'AVAILABLE' },
      })),
    },
  };
}

type Place = {
  readonly kubernetes: Cluster;
  readonly subnetIds: readonly string[];
  readonly since: Date;
  readonly nodeRoleArn: string;
  readonly instanceProfileArn: string;
};

type SharedPlace = Place & { readonly shared: SharedTemplates };

async function addCluster(
  { ec2, eks, iam, addCluster: add }: Account,
  scenario: Scenario,
  { name, version, availabilityZones, containers, containerImages, outside }: ScenarioCluster,
  index: number,
): Promise<Place> {
  const since = new Date(Date.parse(scenario.startsAt) - ageMs);
  const subnetIds = availabilityZones.map((zone, position) => {
    const subnetId = `subnet-0${String(index).padStart(8, '0')}${String(position).padStart(8, '0')}`;
    ec2.addSubnet({
      subnetId,
      availabilityZone: `${scenario.region}${zone}`,
      cidr: `10.${index}.${position * 16}.0/20`,
      vpcId: `vpc-0${String(index).padStart(16, '0')}`,
    });
    return subnetId;
  });
  const { arn: nodeRoleArn } = iam.createRole({
    roleName: `${name}-windows-node`,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    policies: [],
  });
  const profile = iam.createInstanceProfile({ name: `${name}-windows-node`, roleArn: nodeRoleArn });
  const kubernetes = await add({
    name,
    version,
    subnetIds,
    createdAt: since,
    guests: { containers, containerImages },
    outside,
  });
  eks.addAccessEntry(name, { principalArn: nodeRoleArn, type: 'EC2_WINDOWS' });
  return { kubernetes, subnetIds, since, nodeRoleArn, instanceProfileArn: profile.arn };
}

function addNodeGroup(
  account: Account,
  place: SharedPlace,
  cluster: string,
  nodeGroup: ScenarioNodeGroup,
): BuiltNodeGroup {
  const { name, kind } = nodeGroup;
  const template = addLaunchTemplate(account, place, cluster, nodeGroup);
  const autoScalingGroupName =
    kind === 'managed'
      ? addManaged(account, place, cluster, nodeGroup, template)
      : addSelfManaged(account, place, cluster, nodeGroup, template);
  return { cluster, name, kind, autoScalingGroupName };
}

type TemplateVersion = { readonly id: string; readonly version: string };

function addLaunchTemplate(
  account: Account,
  { instanceProfileArn, nodeRoleArn, shared }: SharedPlace,
  cluster: string,
  nodeGroup: ScenarioNodeGroup,
): TemplateVersion {
  const { ec2 } = account;
  const { name, kind, olderVersions, launchTemplate } = nodeGroup;
  const joins = launchTemplate === undefined ? cluster : 'the cluster that its tags name';
  const data: RequestLaunchTemplateData = {
    ...machineData(nodeGroup),
    SecurityGroupIds: ['sg-0aaa1111bbbb2222c'],
    UserData: Buffer.from(`<powershell>${joins}</powershell>`).toString('base64'),
    // EKS brings the instance profile of a managed node group itself.
    ...(kind === 'self-managed' && { IamInstanceProfile: { Arn: instanceProfileArn } }),
  };
  if (launchTemplate !== undefined) {
    return shareTemplate(account, shared, { cluster, nodeRoleArn }, nodeGroup, data);
  }
  const { id } = ec2.addLaunchTemplate({ name: `${cluster}-${name}`, data });
  let newest = 1;
  while (newest <= olderVersions) newest = ec2.addLaunchTemplateVersion({ LaunchTemplateId: id }, { data }).version;
  return { id, version: versionOf(nodeGroup, newest) };
}

const sizesOf = ({ size, minSize = Math.min(1, size), maxSize = size }: ScenarioNodeGroup) => ({
  minSize,
  maxSize,
  desiredSize: size,
});

function addSelfManaged(
  account: Account,
  { subnetIds, since }: Place,
  cluster: string,
  nodeGroup: ScenarioNodeGroup,
  { id, version }: TemplateVersion,
): string {
  const { minSize, maxSize, desiredSize } = sizesOf(nodeGroup);
  const tags = Object.entries(nodeGroup.tags).map(([key, value]) => ({ key, value, propagateAtLaunch: false }));
  const { autoScaling } = account;
  const template = { LaunchTemplateId: id, Version: version };
  const earlier = earlierSource(account, nodeGroup, template);
  addAmiParameter(account, nodeGroup);
  const { name } = autoScaling.addGroup({
    name: nodeGroup.name,
    ...(nodeGroup.launchConfiguration
      ? {
          launchConfiguration: {
            name: `${cluster}-${nodeGroup.name}-2019`,
            imageId: nodeGroup.ami,
            instanceType: nodeGroup.instanceType,
          },
        }
      : sourceOf(account, nodeGroup, earlier ?? template)),
    ...{ minSize, maxSize, desiredCapacity: desiredSize, subnetIds, runningSince: since },
    suspendedProcesses: nodeGroup.suspended,
    capacityRebalance: nodeGroup.capacityRebalance,
    ...(nodeGroup.warmPool && { warmPool: warmPoolOf(nodeGroup.warmPool, desiredSize) }),
    ...(nodeGroup.targetGroup && { targetGroups: targetGroupsOf(account, nodeGroup.targetGroup) }),
    tags: [{ key: `kubernetes.io/cluster/${cluster}`, value: 'owned', propagateAtLaunch: true }, ...tags],
  });
  if (earlier !== undefined) autoScaling.setLaunchTemplate(name, template);
  applyHistory(account, name, nodeGroup);
  return name;
}

function warmPoolOf(pool: NonNullable<ScenarioNodeGroup['warmPool']>, desiredSize: number) {
  const { state, minSize, maxPrepared = desiredSize + minSize, reuseOnScaleIn } = pool;
  return {
    ...{ MinSize: minSize, MaxGroupPreparedCapacity: maxPrepared, PoolState: state },
    InstanceReusePolicy: { ReuseOnScaleIn: reuseOnScaleIn },
  };
}

function targetGroupsOf(
  { kernel: { identity } }: Account,
  { name, deregistrationDelaySeconds }: NonNullable<ScenarioNodeGroup['targetGroup']>,
) {
  const { partition, region, accountId } = identity;
  const place = `arn:${partition}:elasticloadbalancing:${region}:${accountId}`;
  return { arns: [`${place}:targetgroup/${name}/0123456789abcdef`], deregistrationDelaySeconds };
}

function addManaged(
  { eks, autoScaling }: Account,
  { subnetIds, since, nodeRoleArn }: Place,
  cluster: string,
  nodeGroup: ScenarioNodeGroup,
  launchTemplate: TemplateVersion,
): string {
  const { name, tags, autoScalingTags, maxUnavailable, updateStrategy, amazonsAmi, issues } = nodeGroup;
  const { groupName } = eks.addNodegroup({
    ...{ clusterName: cluster, nodegroupName: name, launchTemplate, nodeRole: nodeRoleArn, subnetIds, tags },
    scalingConfig: sizesOf(nodeGroup),
    updateConfig: { maxUnavailable, updateStrategy },
    ...(amazonsAmi && { amazonsAmi: { ...amazonsAmi, imageId: nodeGroup.ami } }),
    issues: issues.map((issue) => ({ ...issue, resourceIds: [] }) as Issue),
    runningSince: since,
  });
  if (Object.keys(autoScalingTags).length > 0) autoScaling.tagGroup(groupName, autoScalingTags);
  return groupName;
}

/** Minutes of a fault count from the start of the scenario; its group is named as `<cluster>/<node group>`. */
function addFaults({ kernel }: Account, scenario: Scenario, nodeGroups: readonly BuiltNodeGroup[]): void {
  const at = (minute: number) => Date.parse(scenario.startsAt) + minute * 60_000;
  for (const fault of scenario.faults) {
    if (fault.at === 'launch') {
      const { code, message } = fault;
      const group = nodeGroups.find(({ cluster, name }) => `${cluster}/${name}` === fault.group);
      if (group === undefined) continue;
      const [from, until] = [at(fault.fromMinute), at(fault.untilMinute)];
      kernel.faults.add({ at: 'launch', group: group.autoScalingGroupName, from, until, code, message });
    } else if (fault.at === 'event') {
      const { rule, nth, delaySeconds } = fault;
      kernel.faults.add({ at: 'event', rule, nth, delaysMs: delaySeconds.map((seconds) => seconds * 1000) });
    } else {
      const { operation, nth, effect } = fault;
      kernel.faults.add({
        at: 'call',
        operation,
        nth,
        effect,
        ...(fault.function && { functionName: fault.function }),
      });
    }
  }
}
