import { describe, expect, it } from 'vitest';
import {
  aGroup,
  anAccount,
  HOUR,
  imagesOf,
  inService,
  isOver,
  latestRefresh,
  MINUTE,
  OLD_AMI,
  refusalOf,
  START,
  startRefresh,
} from './an-account.ts';

const oneByOne = { MinHealthyPercentage: 100, MaxHealthyPercentage: 100 };
const launchHook = {
  LifecycleHookName: 'admit',
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
  HeartbeatTimeout: 300,
  DefaultResult: 'ABANDON',
};
const outage = {
  at: 'launch',
  group: 'nodes',
  from: START,
  code: 'InsufficientInstanceCapacity',
  message: 'No capacity.',
} as const;

describe('a refresh that makes no progress', () => {
  it('fails after an hour of failed launches and leaves the old instances in service', async () => {
    const account = anAccount({ faults: [{ ...outage, until: START + 3 * HOUR }] });
    aGroup(account);
    startRefresh(account, { preferences: oneByOne });
    await account.until(isOver(account));
    expect(latestRefresh(account)).toMatchObject({ Status: 'Failed', PercentageComplete: 0 });
    expect(account.kernel.clock.now() - START).toBeGreaterThanOrEqual(HOUR);
    expect(account.kernel.clock.now() - START).toBeLessThan(HOUR + MINUTE);
    expect(inService(account)).toBe(4);
    expect(account.autoScaling.group('nodes')?.launchTemplate?.Version).toBe('1');
  });

  it('goes on when launches succeed again within the hour', async () => {
    const account = anAccount({ faults: [{ ...outage, until: START + 50 * MINUTE }] });
    aGroup(account);
    startRefresh(account, { preferences: oneByOne });
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('Successful');
  });

  it.each([
    { hookWaitCountsAsNoProgress: true, status: 'Failed', hours: 1 },
    { hookWaitCountsAsNoProgress: false, status: 'InProgress', hours: 12 },
  ])(
    'is $status after $hours hours of abandoned launches when their waits count: $hookWaitCountsAsNoProgress',
    async (row) => {
      const { hookWaitCountsAsNoProgress } = row;
      const account = anAccount({ behaviour: { hookWaitCountsAsNoProgress, launchBackOff: [1000, 1000] } });
      aGroup(account, { hooks: [launchHook] });
      startRefresh(account, { preferences: oneByOne });
      await account.pass(row.hours * HOUR + 5 * MINUTE);
      expect(latestRefresh(account).Status).toBe(row.status);
      expect(inService(account)).toBe(4);
      expect(imagesOf(account).filter((imageId) => imageId === OLD_AMI)).toHaveLength(4);
    },
  );

  it('fails after fourteen days', async () => {
    const account = anAccount();
    aGroup(account);
    account.call('SuspendProcesses', { AutoScalingGroupName: 'nodes', ScalingProcesses: ['InstanceRefresh'] });
    startRefresh(account, { preferences: oneByOne });
    await account.pass(13 * 24 * HOUR);
    account.call('ResumeProcesses', { AutoScalingGroupName: 'nodes', ScalingProcesses: ['InstanceRefresh'] });
    account.call('PutLifecycleHook', { AutoScalingGroupName: 'nodes', ...launchHook, HeartbeatTimeout: 7200 });
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('Failed');
    expect(account.kernel.clock.now() - START).toBe(14 * 24 * HOUR);
  });

  it.each(['Launch', 'Terminate'])('fails after an hour while %s is suspended', async (process) => {
    const account = anAccount();
    aGroup(account);
    account.call('SuspendProcesses', { AutoScalingGroupName: 'nodes', ScalingProcesses: [process] });
    startRefresh(account, { preferences: oneByOne });
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('Failed');
    expect(inService(account)).toBeGreaterThanOrEqual(4);
  });

  it('has an hour again after every instance that it replaced', async () => {
    const account = anAccount({ timings: { instanceLaunch: [25 * MINUTE, 25 * MINUTE] } });
    aGroup(account);
    startRefresh(account, { preferences: oneByOne });
    await account.until(isOver(account));
    expect(account.kernel.clock.now() - START).toBeGreaterThan(HOUR);
    expect(latestRefresh(account).Status).toBe('Successful');
  });

  it('does not use up the hour while instances warm up', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 1 });
    startRefresh(account, { preferences: { ...oneByOne, InstanceWarmup: 7200 } });
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('Successful');
  });

  it('only pauses while InstanceRefresh is suspended', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: oneByOne });
    account.call('SuspendProcesses', { AutoScalingGroupName: 'nodes', ScalingProcesses: ['InstanceRefresh'] });
    await account.pass(5 * HOUR);
    expect(latestRefresh(account)).toMatchObject({ Status: 'InProgress', PercentageComplete: 0 });
    account.call('ResumeProcesses', { AutoScalingGroupName: 'nodes', ScalingProcesses: ['InstanceRefresh'] });
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('Successful');
  });
});

describe('while a refresh is active', () => {
  it('a second one is refused, even with the same request', () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account);
    expect(refusalOf(() => startRefresh(account))).toEqual({
      code: 'InstanceRefreshInProgress',
      message: 'An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.',
    });
  });

  it('the launch template of the group cannot be changed, but its sizes can', () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account);
    const update = (input: object) =>
      refusalOf(() => account.call('UpdateAutoScalingGroup', { AutoScalingGroupName: 'nodes', ...input }));
    expect(update({ LaunchTemplate: { LaunchTemplateId: account.templateId, Version: '2' } })).toMatchObject({
      code: 'ValidationError',
      message: expect.stringContaining('An active instance refresh with a desired configuration exists.'),
    });
    expect(update({ MaxSize: 30 })).toBeUndefined();
  });

  it('its template may change when the refresh has no desired configuration of its own', () => {
    const account = anAccount();
    aGroup(account);
    account.call('StartInstanceRefresh', { AutoScalingGroupName: 'nodes' });
    account.autoScaling.setLaunchTemplate('nodes', { LaunchTemplateId: account.templateId, Version: '2' });
    expect(account.autoScaling.group('nodes')?.launchTemplate?.Version).toBe('2');
  });
});

describe('starting a refresh', () => {
  it.each([
    {
      case: 'a group that does not exist',
      group: 'nobody',
      version: '2',
      message: 'AutoScalingGroup name not found - null',
    },
    {
      case: 'a version that does not exist',
      group: 'nodes',
      version: '9',
      message: /Could not find the specified version 9/,
    },
    {
      case: 'a template whose AMI does not exist',
      group: 'nodes',
      version: '3',
      message: /valid fully-formed launch template.*does not exist/,
    },
    {
      case: 'a template without an instance type',
      group: 'nodes',
      version: '4',
      message: /valid fully-formed launch template.*InstanceType/,
    },
  ])('is refused for $case', ({ group, version, message }) => {
    const account = anAccount();
    aGroup(account);
    const reference = { LaunchTemplateId: account.templateId };
    account.ec2.addLaunchTemplateVersion(reference, { sourceVersion: '1', data: { ImageId: 'ami-0000000000000dead' } });
    account.ec2.addLaunchTemplateVersion(reference, { data: { ImageId: OLD_AMI } });
    const refusal = refusalOf(() => startRefresh(account, { group, version }));
    expect(refusal?.code).toBe('ValidationError');
    expect(refusal?.message).toMatch(message);
  });

  it('is described newest first, for six weeks', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 0 });
    const first = startRefresh(account);
    await account.pass(20 * 24 * HOUR);
    const second = startRefresh(account, { version: '1' });
    await account.pass(MINUTE);
    const listed = () =>
      account
        .call<{ InstanceRefreshes: { InstanceRefreshId: string }[] }>('DescribeInstanceRefreshes', {
          AutoScalingGroupName: 'nodes',
        })
        .InstanceRefreshes.map(({ InstanceRefreshId }) => InstanceRefreshId);
    expect(listed()).toEqual([second, first]);
    await account.pass(23 * 24 * HOUR);
    expect(listed()).toEqual([second]);
  });
});
