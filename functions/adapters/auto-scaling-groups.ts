import {
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeScalingActivitiesCommand,
  DescribeWarmPoolCommand,
  type Filter,
  type Instance,
} from '@aws-sdk/client-auto-scaling';
import { autoscalerTag, type GroupSight } from '../domain/autoscaler.ts';
import { NodeGroupNotFound } from '../domain/errors.ts';
import type { GroupInstance } from '../domain/node-group.ts';
import type { GroupSizes, LaunchFailure } from '../domain/rollout.ts';
import { autoScaling } from './auto-scaling-client.ts';
import { awsCall } from './aws-call.ts';

const pageSize = 100;

async function describeAll(input: {
  Filters?: Filter[];
  AutoScalingGroupNames?: string[];
  IncludeInstances?: boolean;
}): Promise<AutoScalingGroup[]> {
  const groups: AutoScalingGroup[] = [];
  let nextToken: string | undefined;
  do {
    const page = await awsCall('autoscaling:DescribeAutoScalingGroups', 'the Auto Scaling groups', () =>
      autoScaling().send(
        new DescribeAutoScalingGroupsCommand({
          ...input,
          MaxRecords: pageSize,
          ...(nextToken !== undefined && { NextToken: nextToken }),
        }),
      ),
    );
    groups.push(...(page.AutoScalingGroups ?? []));
    nextToken = page.NextToken;
  } while (nextToken);
  return groups;
}

/** All groups that carry at least one of the tag keys. */
export const findGroupsByTagKey = (keys: readonly string[]): Promise<AutoScalingGroup[]> =>
  describeAll({ Filters: [{ Name: 'tag-key', Values: [...keys] }] });

/** All groups of the Region without their instances, whoever they belong to. */
export const listAllGroups = (): Promise<AutoScalingGroup[]> => describeAll({ IncludeInstances: false });

/** The groups with these names, those that exist. */
export async function findGroupsByName(names: readonly string[]): Promise<AutoScalingGroup[]> {
  const groups: AutoScalingGroup[] = [];
  for (let start = 0; start < names.length; start += pageSize) {
    groups.push(...(await describeAll({ AutoScalingGroupNames: names.slice(start, start + pageSize) })));
  }
  return groups;
}

/** @throws {NodeGroupNotFound} There is no Auto Scaling group of that name. */
export async function getGroup(name: string): Promise<AutoScalingGroup> {
  const [group] = await findGroupsByName([name]);
  if (group === undefined) throw new NodeGroupNotFound(`The Auto Scaling group ${name} does not exist (any more).`);
  return group;
}

/** A group's tags as a record. */
export const tagsOf = (group: AutoScalingGroup): Record<string, string> =>
  Object.fromEntries((group.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));

const clusterTag = 'kubernetes.io/cluster/';

/** The cluster that a self-managed group's tags name. */
export const clusterOf = (tags: Readonly<Record<string, string>>): string | undefined =>
  Object.keys(tags)
    .find((key) => key.startsWith(clusterTag))
    ?.slice(clusterTag.length);

/** A group's instances, without their AMIs. */
export const instancesOf = (group: AutoScalingGroup): GroupInstance[] => (group.Instances ?? []).map(translateInstance);

const translateInstance = (instance: Instance): GroupInstance => ({
  instanceId: instance.InstanceId ?? '',
  lifecycleState: instance.LifecycleState ?? 'Unknown',
  healthy: instance.HealthStatus === 'Healthy',
  protectedFromScaleIn: instance.ProtectedFromScaleIn ?? false,
  imageId: undefined,
  launchedAt: undefined,
});

/** The instances in a group's warm pool and on their way into it or from there to their end, without their AMIs. */
export async function listPool(AutoScalingGroupName: string): Promise<GroupInstance[]> {
  const instances: GroupInstance[] = [];
  let nextToken: string | undefined;
  do {
    const page = await awsCall('autoscaling:DescribeWarmPool', AutoScalingGroupName, () =>
      autoScaling().send(
        new DescribeWarmPoolCommand({
          AutoScalingGroupName,
          MaxRecords: 50,
          ...(nextToken !== undefined && { NextToken: nextToken }),
        }),
      ),
    );
    instances.push(...(page.Instances ?? []).map(translateInstance));
    nextToken = page.NextToken;
  } while (nextToken);
  return instances;
}

/** The same of a group that may have no pool. */
const poolOf = async ({ AutoScalingGroupName = '', WarmPoolConfiguration }: AutoScalingGroup) =>
  WarmPoolConfiguration === undefined ? [] : listPool(AutoScalingGroupName);

/** The instances that a group has now and those in its warm pool, without their AMIs. */
export async function listWithPool(
  autoScalingGroupName: string,
): Promise<{ instances: GroupInstance[]; pool: GroupInstance[] }> {
  const group = await getGroup(autoScalingGroupName);
  return { instances: instancesOf(group), pool: await poolOf(group) };
}

/** An instance as Auto Scaling knows it, in a group or its warm pool; undefined when it is in none. */
async function findInstance(instanceId: string) {
  const { AutoScalingInstances = [] } = await awsCall('autoscaling:DescribeAutoScalingInstances', instanceId, () =>
    autoScaling().send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] })),
  );
  return AutoScalingInstances[0];
}

/** What an instance does in its group or its warm pool, in Auto Scaling's word; undefined when it is in none. */
export const findLifecycleState = async (instanceId: string): Promise<string | undefined> =>
  (await findInstance(instanceId))?.LifecycleState;

/** The name of the group that has an instance, in its warm pool or outside; undefined when none has. */
export const findGroupOf = async (instanceId: string): Promise<string | undefined> =>
  (await findInstance(instanceId))?.AutoScalingGroupName;

/** The instances that a group has now, without their AMIs. */
export const listInstances = async (autoScalingGroupName: string): Promise<GroupInstance[]> =>
  instancesOf(await getGroup(autoScalingGroupName));

/** What a look at a rollout reads of its group: in one call, and another one where it has a warm pool. */
export async function viewGroup(autoScalingGroupName: string): Promise<GroupSight> {
  const group = await getGroup(autoScalingGroupName);
  return {
    instances: instancesOf(group),
    pool: await poolOf(group),
    desired: group.DesiredCapacity ?? 0,
    autoscaled: Object.hasOwn(tagsOf(group), autoscalerTag),
  };
}

/** How many instances a group shall have now, and how many it may. */
export async function readSizes(autoScalingGroupName: string): Promise<GroupSizes> {
  const { DesiredCapacity = 0, MaxSize = 0, Instances = [] } = await getGroup(autoScalingGroupName);
  return { desired: DesiredCapacity, max: MaxSize, instances: Instances.length };
}

/**
 * The newest launch since a time, if it could not be done; undefined when it could, or when there was none.
 *
 * Only `Failed` means that no instance came to be. An instance that was launched and turned away shows as `Cancelled`.
 */
export async function findLaunchFailure(autoScalingGroupName: string, since: Date): Promise<LaunchFailure | undefined> {
  const { Activities = [] } = await awsCall('autoscaling:DescribeScalingActivities', autoScalingGroupName, () =>
    autoScaling().send(
      new DescribeScalingActivitiesCommand({ AutoScalingGroupName: autoScalingGroupName, MaxRecords: pageSize }),
    ),
  );
  // Newest first. The description is the only field that tells a launch from a termination.
  const launch = Activities.find(({ Description }) => Description?.startsWith('Launching'));
  if (launch?.StatusCode !== 'Failed' || launch.StartTime === undefined || launch.StartTime < since) return undefined;
  return { at: launch.StartTime, message: launch.StatusMessage ?? 'Auto Scaling gives no reason' };
}
