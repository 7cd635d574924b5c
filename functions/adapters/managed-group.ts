import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';
import type { Nodegroup } from '@aws-sdk/client-eks';
import { shortHash } from '../domain/execution-name.ts';
import type { LaunchSource, NodeGroup } from '../domain/node-group.ts';
import type { NodeGroupDriver, ReplacementOrder, TaggedGroup } from '../domain/node-group-driver.ts';
import { isWindowsType, type ReleaseVersion } from '../domain/release-line.ts';
import { isOurTag } from '../domain/tags.ts';
import { findGroupsByName, instancesOf } from './auto-scaling-groups.ts';
import { getNodegroup, getUpdate, listAllNodegroups, startUpdate } from './eks-nodegroups.ts';
import { deriveVersion, readLaunchSource } from './launch-templates.ts';
import { withRoom } from './template-room.ts';

const autoScalingGroupNameOf = ({ resources }: Nodegroup): string => resources?.autoScalingGroups?.[0]?.name ?? '';

const releaseOf = ({ amiType = 'CUSTOM', version = '', releaseVersion = '' }: Nodegroup): ReleaseVersion => ({
  amiType,
  kubernetesVersion: version,
  releaseVersion,
});

const taggedGroup = (nodegroup: Nodegroup): TaggedGroup => ({
  tags: nodegroup.tags ?? {},
  ...(isWindowsType(nodegroup.amiType ?? '') && { release: releaseOf(nodegroup) }),
});

/** What the group launches from, before the template itself is read. Only a custom AMI makes it ours to change. */
function sourceOf(nodegroup: Nodegroup): LaunchSource {
  const { amiType, launchTemplate } = nodegroup;
  if (amiType !== 'CUSTOM' || !launchTemplate?.id) return { type: 'amazon', ...releaseOf(nodegroup) };
  const template = { id: launchTemplate.id, version: Number(launchTemplate.version) };
  return { type: 'launch-template', template, imageId: undefined, hasInstanceRequirements: false };
}

function translateNodegroup(nodegroup: Nodegroup, autoScalingGroup: AutoScalingGroup | undefined): NodeGroup {
  return {
    kind: 'managed',
    cluster: nodegroup.clusterName,
    name: nodegroup.nodegroupName ?? '',
    autoScalingGroupName: autoScalingGroupNameOf(nodegroup),
    tags: nodegroup.tags ?? {},
    misplacedTags: [],
    desiredCapacity: nodegroup.scalingConfig?.desiredSize ?? 0,
    source: sourceOf(nodegroup),
    instances: autoScalingGroup === undefined ? [] : instancesOf(autoScalingGroup),
    suspendedProcesses: (autoScalingGroup?.SuspendedProcesses ?? []).map(({ ProcessName = '' }) => ProcessName),
    warmPool: autoScalingGroup?.WarmPoolConfiguration !== undefined,
    status: nodegroup.status ?? 'UNKNOWN',
    updateStrategy: nodegroup.updateConfig?.updateStrategy,
  };
}

async function complete(nodegroups: readonly Nodegroup[]): Promise<NodeGroup[]> {
  const autoScalingGroups = await findGroupsByName(nodegroups.map(autoScalingGroupNameOf));
  return Promise.all(
    nodegroups.map(async (nodegroup) => {
      const name = autoScalingGroupNameOf(nodegroup);
      const group = translateNodegroup(
        nodegroup,
        autoScalingGroups.find(({ AutoScalingGroupName }) => AutoScalingGroupName === name),
      );
      if (group.source.type !== 'launch-template') return group;
      return { ...group, source: await readLaunchSource(group.source.template) };
    }),
  );
}

const isOurs = ({ tags }: Nodegroup): boolean => Object.keys(tags ?? {}).some(isOurTag);

/** The same try of the same rollout always has the same token, by which EKS answers with the same update. */
function tokenOf({ key, target, attempt }: ReplacementOrder): string {
  const version = 'release' in target ? target.release : target.version;
  return `reglaze-${shortHash([key.run, key.cluster, key.nodeGroup, version, attempt.attempts].join('\n'))}`;
}

/** Node groups that EKS manages; they are replaced by EKS's own updates, never by an instance refresh. */
export const managedGroups: NodeGroupDriver = {
  reversible: false,
  listTagged: async () => (await listAllNodegroups()).filter(isOurs).map(taggedGroup),
  discover: async (isWanted) => {
    const wanted = (await listAllNodegroups()).filter((each) => isOurs(each) && isWanted(each.tags ?? {}));
    return Promise.all((await complete(wanted)).map(withRoom));
  },
  describe: async (key) => {
    const nodegroup = await getNodegroup(key);
    const [group] = await complete([nodegroup]);
    return group ?? translateNodegroup(nodegroup, undefined);
  },
  findActive: async ({ status }) => (status === 'UPDATING' ? 'An update' : undefined),
  // EKS gives every group a number.
  listFollowers: async () => [],
  setVersion: async () => {},
  // EKS waits for new nodes by itself, for fifteen minutes.
  admitsByHook: false,
  openAdmission: async () => {},
  readDrains: async () => ({ nodes: 0, tagKeys: [], terminateHooks: [] }),
  setDrainHook: async () => {},
  closeAdmission: async () => {},
  // Updates have a token; nothing has to be told apart by what was there before.
  newestReplacementId: async () => undefined,
  start: (order) => startUpdate(order.key, order.target, { force: order.policy.force, token: tokenOf(order) }),
  findReplacement: async (state, { id }) => {
    if (id !== undefined) return getUpdate(state, id);
    const { status } = await getNodegroup(state);
    if (status !== 'UPDATING') return undefined;
    return { id: 'unknown', status: 'active', detail: 'EKS updates the node group', launchTemplate: undefined };
  },
  reverse: async () => {},
  // EKS does not promise to take an older version, so the old AMI comes back in a new one.
  versionBack: ({ launchTemplate, amiId }) => deriveVersion(launchTemplate, amiId),
};
