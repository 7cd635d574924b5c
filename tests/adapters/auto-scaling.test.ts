import { readFileSync } from 'node:fs';
import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DeleteLifecycleHookCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeInstanceRefreshesCommand,
  DescribeScalingActivitiesCommand,
  DescribeWarmPoolCommand,
  PutLifecycleHookCommand,
  RecordLifecycleActionHeartbeatCommand,
  RollbackInstanceRefreshCommand,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  findGroupsByTagKey,
  findLaunchFailure,
  findLifecycleState,
  getGroup,
  listWithPool,
  viewGroup,
} from '../../functions/adapters/auto-scaling-groups.ts';
import { listRefreshes, reverseRefresh, startRefresh } from '../../functions/adapters/instance-refreshes.ts';
import { answerHook, deleteAdmitHook, keepWaiting, putAdmitHook } from '../../functions/adapters/lifecycle-hooks.ts';
import { translateGroup } from '../../functions/adapters/self-managed-group.ts';
import { refreshPreferences } from '../../functions/domain/preferences.ts';
import { aKey, aPolicy, minutesAgo } from '../support/builders.ts';

const aws = mockClient(AutoScalingClient);
beforeEach(() => aws.reset());

const awsError = (name: string) => Object.assign(new Error('text'), { name });
const waiting = { autoScalingGroupName: 'win2022', instanceId: 'i-0a' };

describe('Auto Scaling groups', () => {
  it('are found by any of our tag keys, with nothing lost between pages', async () => {
    aws.on(DescribeAutoScalingGroupsCommand).callsFake(({ NextToken }) => ({
      AutoScalingGroups: [{ AutoScalingGroupName: NextToken ?? 'first' }],
      ...(NextToken === undefined && { NextToken: 'second' }),
    }));
    const groups = await findGroupsByTagKey(['reglaze:channel', 'reglaze:ring']);
    expect(groups.map(({ AutoScalingGroupName }) => AutoScalingGroupName)).toEqual(['first', 'second']);
    expect(aws.commandCalls(DescribeAutoScalingGroupsCommand)[0]?.args[0].input).toEqual({
      Filters: [{ Name: 'tag-key', Values: ['reglaze:channel', 'reglaze:ring'] }],
      MaxRecords: 100,
    });
  });

  it('that are gone are named', async () => {
    aws.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [] });
    await expect(getGroup('win2022')).rejects.toMatchObject({
      name: 'NodeGroupNotFound',
      message: expect.stringContaining('win2022'),
    });
  });

  it('tell the instances of their warm pool with nothing lost between pages, and are not asked without one', async () => {
    const WarmPoolConfiguration = { MinSize: 1 };
    const Instances = [{ InstanceId: 'i-0a', LifecycleState: 'InService' as const }];
    aws.on(DescribeAutoScalingGroupsCommand).callsFake(({ AutoScalingGroupNames: [AutoScalingGroupName] }) => ({
      AutoScalingGroups: [
        { AutoScalingGroupName, Instances, ...(AutoScalingGroupName === 'pooled' && { WarmPoolConfiguration }) },
      ],
    }));
    aws.on(DescribeWarmPoolCommand).callsFake(({ NextToken }) => ({
      Instances: [{ InstanceId: NextToken ?? 'i-0w', LifecycleState: 'Warmed:Stopped' }],
      ...(NextToken === undefined && { NextToken: 'i-0x' }),
    }));
    expect(await listWithPool('plain')).toMatchObject({ instances: [{ instanceId: 'i-0a' }], pool: [] });
    expect(aws.commandCalls(DescribeWarmPoolCommand)).toHaveLength(0);
    const pool = [
      { instanceId: 'i-0w', lifecycleState: 'Warmed:Stopped' },
      { instanceId: 'i-0x', lifecycleState: 'Warmed:Stopped' },
    ];
    expect(await listWithPool('pooled')).toMatchObject({ instances: [{ instanceId: 'i-0a' }], pool });
    expect(await viewGroup('pooled')).toMatchObject({ instances: [{ instanceId: 'i-0a' }], pool });
  });

  it.each([
    { found: [{ LifecycleState: 'Warmed:Stopped' }], state: 'Warmed:Stopped' },
    { found: [], state: undefined },
  ])('say what one instance does: $state', async ({ found, state }) => {
    aws.on(DescribeAutoScalingInstancesCommand).resolves({ AutoScalingInstances: found as never });
    expect(await findLifecycleState('i-0a')).toBe(state);
    expect(aws.commandCalls(DescribeAutoScalingInstancesCommand)[0]?.args[0].input).toEqual({ InstanceIds: ['i-0a'] });
  });

  const tag = (Key: string, Value: string) => ({ Key, Value });
  const base = {
    AutoScalingGroupName: 'win2022',
    Tags: [tag('kubernetes.io/cluster/demo', 'owned'), tag('reglaze:channel', 'c')],
    DesiredCapacity: 4,
  };

  it.each([
    {
      case: 'a numbered version',
      group: { LaunchTemplate: { LaunchTemplateId: 'lt-0a', Version: '7' } },
      source: { type: 'launch-template', template: { id: 'lt-0a', version: 7 } },
    },
    {
      case: '$Latest',
      group: { LaunchTemplate: { LaunchTemplateId: 'lt-0a', Version: '$Latest' } },
      source: { type: 'launch-template', template: { id: 'lt-0a', version: 0 }, follows: '$Latest' },
    },
    {
      case: 'no version, which means the default',
      group: { LaunchTemplate: { LaunchTemplateId: 'lt-0a' } },
      source: { type: 'launch-template', template: { id: 'lt-0a', version: 0 }, follows: '$Default' },
    },
    {
      case: 'a mixed instances policy',
      group: { MixedInstancesPolicy: {} },
      source: { type: 'mixed-instances-policy' },
    },
    {
      case: 'a launch configuration',
      group: { LaunchConfigurationName: 'lc' },
      source: { type: 'launch-configuration', name: 'lc' },
    },
  ])('say what they launch from: $case', ({ group, source }) => {
    expect(translateGroup({ ...base, ...group } as never)).toMatchObject({
      kind: 'self-managed',
      cluster: 'demo',
      name: 'win2022',
      source,
    });
  });

  it('of a managed node group are told as that node group, with the tags that stand in the wrong place', () => {
    const managed = { ...base, Tags: [...base.Tags, tag('eks:nodegroup-name', 'ng'), tag('eks:cluster-name', 'prod')] };
    expect(translateGroup(managed as never)).toMatchObject({
      kind: 'managed',
      cluster: 'prod',
      name: 'ng',
      misplacedTags: ['reglaze:channel'],
      tags: {},
    });
  });
});

describe('a launch that failed', () => {
  const since = minutesAgo(10);
  const activity = (StatusCode: string, Description: string, minutes: number) => ({
    StatusCode,
    Description,
    StartTime: minutesAgo(minutes),
    StatusMessage: 'no capacity',
  });
  const launching = 'Launching a new EC2 instance.  Status Reason: no capacity';

  it.each([
    {
      case: 'the newest launch failed',
      activities: [activity('Failed', launching, 1), activity('Successful', launching, 5)],
      found: true,
    },
    {
      case: 'a termination came after it',
      activities: [activity('Successful', 'Terminating EC2 instance: i-0a', 1), activity('Failed', launching, 2)],
      found: true,
    },
    {
      case: 'a later launch succeeded',
      activities: [activity('Successful', launching, 1), activity('Failed', launching, 5)],
      found: false,
    },
    {
      case: 'a later launch is under way',
      activities: [activity('MidLifecycleAction', launching, 1), activity('Failed', launching, 5)],
      found: false,
    },
    { case: 'an instance was turned away', activities: [activity('Cancelled', launching, 1)], found: false },
    { case: 'it was before the rollout', activities: [activity('Failed', launching, 11)], found: false },
    { case: 'nothing happened', activities: [], found: false },
  ])('is found when $case: $found', async ({ activities, found }) => {
    aws.on(DescribeScalingActivitiesCommand).resolves({ Activities: activities as never });
    const failure = await findLaunchFailure('win2022', since);
    expect(failure !== undefined).toBe(found);
    if (found) expect(failure?.message).toBe('no capacity');
  });
});

describe('instance refreshes', () => {
  it('are read as AWS tells them', async () => {
    const sample = readFileSync(
      new URL('../support/samples/describe-instance-refreshes.json', import.meta.url),
      'utf8',
    );
    aws.on(DescribeInstanceRefreshesCommand).resolves(JSON.parse(sample));
    expect(await listRefreshes('win2022-nodes')).toMatchObject([
      {
        status: 'active',
        launchTemplate: { id: 'lt-0abcd1234ef567890', version: 8 },
        detail: expect.stringContaining('warm up'),
      },
      { status: 'reversed', launchTemplate: { version: 7 } },
      { status: 'succeeded', detail: '100 percent complete' },
    ]);
  });

  it('never count one that follows $Latest as ours', async () => {
    const refresh = {
      InstanceRefreshId: 'r',
      Status: 'InProgress' as const,
      DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: 'lt-0a', Version: '$Latest' } },
    };
    aws.on(DescribeInstanceRefreshesCommand).resolves({ InstanceRefreshes: [refresh] });
    expect(await listRefreshes('win2022')).toMatchObject([{ launchTemplate: undefined }]);
  });

  it('are started with a number and every preference', async () => {
    aws.on(StartInstanceRefreshCommand).resolves({ InstanceRefreshId: 'refresh-1' });
    expect(
      await startRefresh(
        'win2022',
        { LaunchTemplate: { LaunchTemplateId: 'lt-0a', Version: '8' } },
        refreshPreferences(4, aPolicy(), true),
      ),
    ).toBe('refresh-1');
    expect(aws.commandCalls(StartInstanceRefreshCommand)[0]?.args[0].input).toMatchObject({
      DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: 'lt-0a', Version: '8' } },
      Preferences: {
        MinHealthyPercentage: 100,
        MaxHealthyPercentage: 125,
        AutoRollback: false,
        CheckpointPercentages: [25, 100],
      },
    });
  });

  it('that began at the same moment are looked at again', async () => {
    aws.on(StartInstanceRefreshCommand).rejects(awsError('InstanceRefreshInProgressFault'));
    await expect(
      startRefresh(
        'win2022',
        { LaunchTemplate: { LaunchTemplateId: 'lt-0a', Version: '8' } },
        refreshPreferences(4, aPolicy(), true),
      ),
    ).rejects.toMatchObject({ name: 'AwsUnavailable' });
  });

  it('that ended meanwhile need not be turned around', async () => {
    aws.on(RollbackInstanceRefreshCommand).rejects(awsError('ActiveInstanceRefreshNotFoundFault'));
    expect(await reverseRefresh('win2022')).toBe('ended');
  });
});

describe('the admit hook', () => {
  it('turns away whatever nobody answers for, and says which rollout it belongs to', async () => {
    aws.on(PutLifecycleHookCommand).resolves({});
    await putAdmitHook('win2022', { ...aKey(), joinTimeoutSeconds: 1800 });
    expect(aws.commandCalls(PutLifecycleHookCommand)[0]?.args[0].input).toEqual({
      AutoScalingGroupName: 'win2022',
      LifecycleHookName: 'reglaze-admit',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      HeartbeatTimeout: 300,
      DefaultResult: 'ABANDON',
      NotificationMetadata: JSON.stringify({ ...aKey(), joinTimeoutSeconds: 1800 }),
    });
  });

  it('that is gone is as good as deleted', async () => {
    aws.on(DeleteLifecycleHookCommand).rejects(awsError('ValidationError'));
    await expect(deleteAdmitHook('win2022')).resolves.toBeUndefined();
  });

  it('that was answered before is ended, not an error', async () => {
    aws.on(CompleteLifecycleActionCommand).rejects(awsError('ValidationError'));
    aws.on(RecordLifecycleActionHeartbeatCommand).rejects(awsError('ValidationError'));
    expect(await answerHook(waiting, 'CONTINUE')).toBe('ended');
    expect(await keepWaiting(waiting)).toBe('ended');
  });

  it('gets a heartbeat each time it is asked for', async () => {
    aws.on(RecordLifecycleActionHeartbeatCommand).resolves({});
    for (const _ of [1, 2]) expect(await keepWaiting(waiting)).toBe('done');
    expect(aws.commandCalls(RecordLifecycleActionHeartbeatCommand).map(({ args }) => args[0].input)).toEqual([
      { AutoScalingGroupName: 'win2022', LifecycleHookName: 'reglaze-admit', InstanceId: waiting.instanceId },
      { AutoScalingGroupName: 'win2022', LifecycleHookName: 'reglaze-admit', InstanceId: waiting.instanceId },
    ]);
  });

  it('that may not be answered is an error', async () => {
    aws.on(CompleteLifecycleActionCommand).rejects(awsError('AccessDenied'));
    await expect(answerHook(waiting, 'CONTINUE')).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
