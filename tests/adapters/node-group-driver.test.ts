import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  EKSClient,
  UpdateNodegroupVersionCommand,
} from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { managedGroups } from '../../functions/adapters/managed-group.ts';
import { selfManagedGroups } from '../../functions/adapters/self-managed-group.ts';
import type { NodeGroupDriver, ReplacementOrder } from '../../functions/domain/node-group-driver.ts';
import type { Attempt } from '../../functions/domain/state-file.ts';
import { aGroup, aKey, aPolicy, aReplacement, aRollingState, now } from '../support/builders.ts';
import { FakeNodeGroup } from '../support/fake-node-group.ts';

const autoScaling = mockClient(AutoScalingClient);
const eks = mockClient(EKSClient);
const ec2 = mockClient(EC2Client);
const awsError = (name: string) => Object.assign(new Error('text'), { name });

/** A group of one kind as AWS would keep it, with a way for somebody else to begin a replacement. */
type World = { readonly driver: NodeGroupDriver; readonly beginByOthers: () => void; readonly starts: () => number };

function selfManagedWorld(): World {
  const refreshes: { InstanceRefreshId: string; Status: string; DesiredConfiguration: object }[] = [];
  const begin = (Version: string) => {
    const refresh = {
      InstanceRefreshId: `refresh-${refreshes.length + 1}`,
      Status: 'InProgress',
      DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: 'lt-0a', Version } },
    };
    refreshes.unshift(refresh);
    return refresh;
  };
  autoScaling.on(DescribeInstanceRefreshesCommand).callsFake(({ InstanceRefreshIds: ids }) => ({
    InstanceRefreshes: refreshes.filter(({ InstanceRefreshId }) => !ids || ids.includes(InstanceRefreshId)),
  }));
  autoScaling.on(StartInstanceRefreshCommand).callsFake(({ DesiredConfiguration }) => {
    if (refreshes.some(({ Status }) => Status === 'InProgress')) throw awsError('InstanceRefreshInProgressFault');
    return begin(DesiredConfiguration.LaunchTemplate.Version);
  });
  autoScaling.on(DescribeAutoScalingGroupsCommand).resolves({
    AutoScalingGroups: [
      { AutoScalingGroupName: 'win2022', LaunchTemplate: { LaunchTemplateId: 'lt-0a', Version: '7' } } as never,
    ],
  });
  return {
    driver: selfManagedGroups,
    beginByOthers: () => begin('3'),
    starts: () => autoScaling.commandCalls(StartInstanceRefreshCommand).length,
  };
}

function managedWorld(): World {
  const updates: { id: string; status: string; token: string }[] = [];
  const begin = (token: string) => {
    const update = { id: `update-${updates.length + 1}`, status: 'InProgress', token };
    updates.unshift(update);
    return update;
  };
  eks.on(UpdateNodegroupVersionCommand).callsFake(({ clientRequestToken }) => {
    const repeated = updates.find(({ token }) => token === clientRequestToken);
    if (repeated) return { update: repeated };
    if (updates.some(({ status }) => status === 'InProgress')) throw awsError('ResourceInUseException');
    return { update: begin(clientRequestToken) };
  });
  eks.on(DescribeUpdateCommand).callsFake(({ updateId }) => ({ update: updates.find(({ id }) => id === updateId) }));
  eks.on(DescribeNodegroupCommand).callsFake(() => ({
    nodegroup: {
      nodegroupName: 'win2022',
      clusterName: 'demo',
      amiType: 'CUSTOM',
      launchTemplate: { id: 'lt-0a', version: '7' },
      status: updates.some(({ status }) => status === 'InProgress') ? 'UPDATING' : 'ACTIVE',
    },
  }));
  autoScaling.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [] });
  return {
    driver: managedGroups,
    beginByOthers: () => begin('theirs'),
    starts: () => updates.filter(({ token }) => token !== 'theirs').length,
  };
}

function fakeWorld(): World {
  const driver = new FakeNodeGroup();
  return {
    driver,
    beginByOthers: () =>
      driver.replacements.unshift(aReplacement({ id: 'theirs', launchTemplate: { id: 'lt-0a', version: 3 } })),
    starts: () => driver.changes.length,
  };
}

const target = { id: 'lt-0a', version: 8 };
const attempt: Attempt = { startedAt: now.toISOString(), attempts: 1 };
const order: ReplacementOrder = {
  key: aKey(),
  group: aGroup(),
  target,
  policy: aPolicy(),
  firstAlone: true,
  attempt,
};

beforeEach(() => {
  for (const client of [autoScaling, eks, ec2]) client.reset();
  ec2
    .on(DescribeLaunchTemplateVersionsCommand)
    .resolves({ LaunchTemplateVersions: [{ VersionNumber: 7, LaunchTemplateData: { ImageId: 'ami-0old' } }] });
});

describe.each([
  { name: 'the driver of self-managed groups', open: selfManagedWorld },
  { name: 'the driver of managed groups', open: managedWorld },
  { name: 'their fake', open: fakeWorld },
])('$name', ({ open }) => {
  const describeGroup = (driver: NodeGroupDriver) => driver.describe(aKey());

  it('starts one replacement for one attempt, however often it is asked', async () => {
    const { driver, starts } = open();
    const id = await driver.start(order);
    expect(await driver.start(order)).toBe(id);
    expect(starts()).toBe(1);
  });

  it('finds the replacement of an attempt, with its id and without', async () => {
    const { driver } = open();
    const id = await driver.start(order);
    expect(await driver.findReplacement(aRollingState(), { ...attempt, id }, target)).toMatchObject({
      id,
      status: 'active',
    });
    expect(await driver.findReplacement(aRollingState(), attempt, target)).toMatchObject({ status: 'active' });
  });

  it('finds no replacement of an attempt that was never started', async () => {
    expect(await open().driver.findReplacement(aRollingState(), attempt, target)).toBeUndefined();
  });

  it("neither adopts nor disturbs somebody else's replacement", async () => {
    const { driver, beginByOthers, starts } = open();
    beginByOthers();
    await expect(driver.start(order)).rejects.toMatchObject({ name: 'ReplacementByOthers' });
    expect(starts()).toBe(0);
  });

  it('tells a group that is being replaced from one that is not', async () => {
    const { driver, beginByOthers } = open();
    expect(await driver.findActive(await describeGroup(driver))).toBeUndefined();
    beginByOthers();
    expect(await driver.findActive(await describeGroup(driver))).toBeTypeOf('string');
  });

  it('tells what the group launches', async () => {
    const { driver } = open();
    expect((await describeGroup(driver)).source).toMatchObject({
      type: 'launch-template',
      template: { id: 'lt-0a', version: 7 },
      imageId: 'ami-0old',
    });
  });
});
