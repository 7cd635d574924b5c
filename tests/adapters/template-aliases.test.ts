import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateVersionCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
  ModifyLaunchTemplateCommand,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  copyOnTop,
  readLaunchSource,
  readTemplateView,
  setDefaultVersion,
} from '../../functions/adapters/launch-templates.ts';
import { listFollowers, setGroupVersion } from '../../functions/adapters/template-followers.ts';

const ec2 = mockClient(EC2Client);
const autoScaling = mockClient(AutoScalingClient);
beforeEach(() => {
  ec2.reset();
  autoScaling.reset();
});

const proved = { id: 'lt-0a', version: 7 };
const version = (VersionNumber: number, VersionDescription = '', ImageId = 'ami-0old') => ({
  ...{ VersionNumber, VersionDescription, LaunchTemplateData: { ImageId }, DefaultVersion: VersionNumber === 3 },
});
const inputsOf = (command: Parameters<typeof ec2.commandCalls>[0]) =>
  ec2.commandCalls(command).map(({ args }) => args[0].input);

describe('a launch template that is followed', () => {
  beforeEach(() => {
    ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({ LaunchTemplateVersions: [version(3), version(9)] });
  });

  it.each([
    { follows: '$Latest' as const, number: 9 },
    { follows: '$Default' as const, number: 3 },
  ])('through $follows is read as the number that this is now', async ({ follows, number }) => {
    expect(await readLaunchSource({ id: 'lt-0a', version: 0 }, follows)).toMatchObject({
      ...{ type: 'launch-template', follows, imageId: 'ami-0old' },
      template: { id: 'lt-0a', version: number },
    });
    expect(ec2.commandCalls(DescribeLaunchTemplateVersionsCommand)).toHaveLength(1);
  });

  it('by a number says nothing of an alias', async () => {
    expect(await readLaunchSource({ id: 'lt-0a', version: 9 })).not.toHaveProperty('follows');
  });
});

describe('a launch template above a version', () => {
  it('tells what is newer, on all pages, who made it and what it repeats', async () => {
    ec2
      .on(DescribeLaunchTemplateVersionsCommand)
      .resolves({ LaunchTemplateVersions: [version(3)] })
      .on(DescribeLaunchTemplateVersionsCommand, { MinVersion: '7' })
      .resolves({
        LaunchTemplateVersions: [version(10, 'reglaze: copy of version 8'), version(9, 'by hand')],
        NextToken: 'two',
      })
      .on(DescribeLaunchTemplateVersionsCommand, { MinVersion: '7', NextToken: 'two' })
      .resolves({ LaunchTemplateVersions: [version(8, 'reglaze: version 7 with ami-0new'), version(7)] });

    expect(await readTemplateView(proved)).toEqual({
      defaultVersion: 3,
      newer: [
        { version: 10, isOurs: true, copyOf: 8 },
        { version: 9, isOurs: false, copyOf: undefined },
        { version: 8, isOurs: true, copyOf: undefined },
      ],
    });
  });
});

describe('a copy on top', () => {
  beforeEach(() => {
    ec2
      .on(DescribeLaunchTemplateVersionsCommand)
      .resolves({ LaunchTemplateVersions: [version(10)] })
      .on(CreateLaunchTemplateVersionCommand)
      .resolves({ LaunchTemplateVersion: version(10) });
  });

  it('is the version again, and says so', async () => {
    expect(await copyOnTop(proved, 'ami-0old', 9)).toEqual({ id: 'lt-0a', version: 10 });
    expect(inputsOf(CreateLaunchTemplateVersionCommand)).toMatchObject([
      {
        ...{ LaunchTemplateId: 'lt-0a', SourceVersion: '7', LaunchTemplateData: { ImageId: 'ami-0old' } },
        VersionDescription: 'reglaze: copy of version 7',
      },
    ]);
  });

  it('is made once for two who saw the same newest version, and anew above another', async () => {
    await Promise.all([copyOnTop(proved, 'ami-0old', 9), copyOnTop(proved, 'ami-0old', 9)]);
    await copyOnTop(proved, 'ami-0old', 11);
    const [first, second, third] = inputsOf(CreateLaunchTemplateVersionCommand).map(
      (input) => (input as { ClientToken: string }).ClientToken,
    );
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('that EC2 does not know yet is asked for again', async () => {
    ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({ LaunchTemplateVersions: [version(9)] });
    await expect(copyOnTop(proved, 'ami-0old', 9)).rejects.toMatchObject({ name: 'AwsUnavailable' });
  });
});

it('moves the default to a number', async () => {
  ec2.on(ModifyLaunchTemplateCommand).resolves({});
  await setDefaultVersion(proved);
  expect(inputsOf(ModifyLaunchTemplateCommand)).toEqual([{ LaunchTemplateId: 'lt-0a', DefaultVersion: '7' }]);
});

describe('who follows a launch template', () => {
  it('is found among all groups, wherever they name it, with or without our tags', async () => {
    const spec = (LaunchTemplateId: string, Version?: string) => ({ LaunchTemplateId, ...(Version && { Version }) });
    const tag = (Key: string, Value: string) => ({ Key, Value });
    autoScaling.on(DescribeAutoScalingGroupsCommand).resolves({
      AutoScalingGroups: [
        {
          AutoScalingGroupName: 'web',
          LaunchTemplate: spec('lt-0a', '$Latest'),
          Tags: [tag('reglaze:channel', 'core'), tag('kubernetes.io/cluster/demo', 'owned')],
        },
        { AutoScalingGroupName: 'api', LaunchTemplate: spec('lt-0a') },
        { AutoScalingGroupName: 'job', LaunchTemplate: spec('lt-0a', '4') },
        {
          AutoScalingGroupName: 'mixed',
          MixedInstancesPolicy: {
            LaunchTemplate: {
              LaunchTemplateSpecification: spec('lt-0a', '5'),
              Overrides: [{ LaunchTemplateSpecification: spec('lt-0b', '$Latest') }, { InstanceType: 'm5.large' }],
            },
          },
        },
        {
          AutoScalingGroupName: 'eks-pool-uuid',
          LaunchTemplate: spec('lt-0c', '$Default'),
          Tags: [tag('eks:nodegroup-name', 'pool'), tag('eks:cluster-name', 'demo')],
        },
        { AutoScalingGroupName: 'old', LaunchConfigurationName: 'lc' },
      ] as never,
    });

    expect(await listFollowers()).toEqual([
      { cluster: 'demo', name: 'web', channel: 'core', templateId: 'lt-0a', follows: '$Latest' },
      { cluster: undefined, name: 'api', channel: undefined, templateId: 'lt-0a', follows: '$Default' },
      { cluster: undefined, name: 'mixed', channel: undefined, templateId: 'lt-0b', follows: '$Latest' },
      { cluster: 'demo', name: 'pool', channel: undefined, templateId: 'lt-0c', follows: '$Default' },
    ]);
    expect(autoScaling.commandCalls(DescribeAutoScalingGroupsCommand)).toHaveLength(1);
  });
});

describe('the version of a group', () => {
  const refuse = (message: string) =>
    autoScaling
      .on(UpdateAutoScalingGroupCommand)
      .rejects(Object.assign(new Error(message), { name: 'ValidationError' }));

  it('is set, and nothing else of the group', async () => {
    autoScaling.on(UpdateAutoScalingGroupCommand).resolves({});
    await setGroupVersion('web', { id: 'lt-0a', version: '$Latest' });
    expect(autoScaling.commandCalls(UpdateAutoScalingGroupCommand).map(({ args }) => args[0].input)).toEqual([
      { AutoScalingGroupName: 'web', LaunchTemplate: { LaunchTemplateId: 'lt-0a', Version: '$Latest' } },
    ]);
  });

  it('is set later while an instance refresh to a version runs', async () => {
    refuse(
      'An active instance refresh with a desired configuration exists. All configuration options are not available.',
    );
    await expect(setGroupVersion('web', { id: 'lt-0a', version: '7' })).rejects.toMatchObject({
      name: 'UnitBusy',
      message: expect.stringContaining('web cannot be set to version 7 yet'),
    });
  });

  it('that AWS refuses for another reason is an error', async () => {
    refuse('You must use a valid fully-formed launch template.');
    await expect(setGroupVersion('web', { id: 'lt-0a', version: '7' })).rejects.toMatchObject({
      name: 'ValidationError',
    });
  });
});
