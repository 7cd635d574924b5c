import type { AutoScalingGroup, DesiredConfiguration } from '@aws-sdk/client-auto-scaling';
import { ReplacementByOthers } from '../domain/errors.ts';
import { type LaunchSource, type LaunchVersion, type NodeGroup, templateVersion } from '../domain/node-group.ts';
import type { NodeGroupDriver, ReplacementOrder } from '../domain/node-group-driver.ts';
import { refreshPreferences } from '../domain/preferences.ts';
import { chooseStart, isActive } from '../domain/replacement.ts';
import { isOurTag, knownTagNames } from '../domain/tags.ts';
import { clusterOf, findGroupsByTagKey, getGroup, instancesOf, tagsOf } from './auto-scaling-groups.ts';
import { findRefresh, listRefreshes, reverseRefresh, startRefresh } from './instance-refreshes.ts';
import { readLaunchSource, readTemplate } from './launch-templates.ts';
import { deleteAdmitHook, deleteDrainHook, listTerminateHooks, putAdmitHook, putDrainHook } from './lifecycle-hooks.ts';
import { translatePolicy, withVersions } from './mixed-instances-policy.ts';
import { listFollowers, setGroupVersion } from './template-followers.ts';
import { withRoom } from './template-room.ts';

/** What the group launches from, before the template itself is read. */
function sourceOf({ LaunchTemplate, MixedInstancesPolicy, LaunchConfigurationName }: AutoScalingGroup): LaunchSource {
  if (MixedInstancesPolicy) {
    const translated = translatePolicy(MixedInstancesPolicy);
    return translated ? { type: 'launch-template', ...translated } : { type: 'mixed-instances-policy' };
  }
  if (!LaunchTemplate) return { type: 'launch-configuration', name: LaunchConfigurationName ?? '' };
  const { LaunchTemplateId: id = '', Version = '$Default' } = LaunchTemplate;
  const follows = Version === '$Latest' || Version === '$Default' ? Version : undefined;
  // Which number an alias stands for is read with the template.
  const template = { id, version: follows === undefined ? Number(Version) : 0 };
  return {
    ...{ type: 'launch-template', template, imageId: undefined, hasInstanceRequirements: false },
    ...(follows && { follows }),
  };
}

/**
 * A group as it is. One that EKS manages is found by misplaced tags only; it is told as the managed node group that it
 * belongs to, so that the plan can name that.
 */
export function translateGroup(group: AutoScalingGroup): NodeGroup {
  const tags = tagsOf(group);
  const name = group.AutoScalingGroupName ?? '';
  const managedName = tags['eks:nodegroup-name'];
  const isManaged = managedName !== undefined;
  return {
    kind: isManaged ? 'managed' : 'self-managed',
    cluster: isManaged ? tags['eks:cluster-name'] : clusterOf(tags),
    name: managedName ?? name,
    autoScalingGroupName: name,
    tags: isManaged ? {} : tags,
    misplacedTags: isManaged ? Object.keys(tags).filter(isOurTag) : [],
    desiredCapacity: group.DesiredCapacity ?? 0,
    source: sourceOf(group),
    instances: instancesOf(group),
    suspendedProcesses: (group.SuspendedProcesses ?? []).map(({ ProcessName = '' }) => ProcessName),
    warmPool: group.WarmPoolConfiguration !== undefined,
    ...(group.WarmPoolSize !== undefined && { poolSize: group.WarmPoolSize }),
    isBalanced: [group.TargetGroupARNs, group.LoadBalancerNames, group.TrafficSources].some((known) => known?.length),
    status: group.Status === undefined ? 'ACTIVE' : 'DELETING',
    updateStrategy: undefined,
  };
}

async function withTemplate(group: NodeGroup): Promise<NodeGroup> {
  if (group.source.type !== 'launch-template') return group;
  const { template, follows, overrides } = group.source;
  const source = await readLaunchSource(template, follows);
  if (overrides === undefined) return { ...group, source };
  const read = overrides.map(async (each) => ({ ...each, own: each.own && (await readTemplate(each.own.template)) }));
  return { ...group, source: { ...source, overrides: await Promise.all(read) } as LaunchSource };
}

/** What the group is to launch: the version, in the policy that the group has at this moment, if it has one. */
async function desiredConfiguration({ group, target, overrides }: ReplacementOrder): Promise<DesiredConfiguration> {
  const launchTemplate = templateVersion(target);
  if (group.source.type !== 'launch-template' || group.source.overrides === undefined) {
    const { id, version } = launchTemplate;
    return { LaunchTemplate: { LaunchTemplateId: id, Version: String(version) } };
  }
  const { MixedInstancesPolicy } = await getGroup(group.autoScalingGroupName);
  return { MixedInstancesPolicy: withVersions(MixedInstancesPolicy ?? {}, launchTemplate, overrides) };
}

async function start(order: ReplacementOrder): Promise<string> {
  const { group, target, policy, firstAlone, attempt } = order;
  const { autoScalingGroupName, desiredCapacity } = group;
  const choice = chooseStart(await listRefreshes(autoScalingGroupName), target, attempt);
  if (choice.answer === 'adopt') return choice.id;
  if (choice.answer === 'others') {
    throw new ReplacementByOthers(
      `The instance refresh ${choice.id} of ${autoScalingGroupName} is not ours. Start the run again when it has ended.`,
    );
  }
  const desired = await desiredConfiguration(order);
  return startRefresh(autoScalingGroupName, desired, refreshPreferences(desiredCapacity, policy, firstAlone));
}

async function findStarted(autoScalingGroupName: string, target: LaunchVersion, after: string | undefined) {
  const refreshes = await listRefreshes(autoScalingGroupName);
  const choice = chooseStart(refreshes, target, { after });
  return choice.answer === 'adopt' ? refreshes.find(({ id }) => id === choice.id) : undefined;
}

/** Node groups that are Auto Scaling groups of their own; they are replaced by instance refreshes. */
export const selfManagedGroups: NodeGroupDriver = {
  reversible: true,
  listTagged: async () => (await findGroupsByTagKey(knownTagNames)).map((group) => ({ tags: tagsOf(group) })),
  discover: async (isWanted) => {
    const groups = await findGroupsByTagKey(knownTagNames);
    return Promise.all(
      groups
        .filter((group) => isWanted(tagsOf(group)))
        .map(async (group) => withRoom(await withTemplate(translateGroup(group)))),
    );
  },
  describe: async ({ nodeGroup }) => withTemplate(translateGroup(await getGroup(nodeGroup))),
  findActive: async ({ autoScalingGroupName }) => {
    const active = (await listRefreshes(autoScalingGroupName)).find(isActive);
    return active && `Instance refresh ${active.id}`;
  },
  listFollowers,
  setVersion: setGroupVersion,
  admitsByHook: true,
  openAdmission: putAdmitHook,
  closeAdmission: deleteAdmitHook,
  readDrains: async (autoScalingGroupName) => {
    const [group, terminateHooks] = await Promise.all([
      getGroup(autoScalingGroupName),
      listTerminateHooks(autoScalingGroupName),
    ]);
    return { nodes: group.DesiredCapacity ?? 0, tagKeys: Object.keys(tagsOf(group)), terminateHooks };
  },
  setDrainHook: (autoScalingGroupName, metadata) =>
    metadata === undefined ? deleteDrainHook(autoScalingGroupName) : putDrainHook(autoScalingGroupName, metadata),
  newestReplacementId: async (autoScalingGroupName) => (await listRefreshes(autoScalingGroupName))[0]?.id,
  start,
  findReplacement: ({ autoScalingGroupName }, { id, after }, target) =>
    id === undefined ? findStarted(autoScalingGroupName, target, after) : findRefresh(autoScalingGroupName, id),
  reverse: async (autoScalingGroupName) => {
    await reverseRefresh(autoScalingGroupName);
  },
  versionBack: async ({ launchTemplate }) => launchTemplate,
};
