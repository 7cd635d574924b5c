import { describe, expect, it } from 'vitest';
import {
  type Account,
  aGroup,
  anAccount,
  HOUR,
  imagesOf,
  inService,
  MINUTE,
  NEW_AMI,
  OLD_AMI,
  START,
} from './an-account.ts';

const noCapacity =
  'We currently do not have sufficient m5.xlarge capacity in the Availability Zone you requested (us-west-2a).';
const outage = (until: number) =>
  ({
    at: 'launch',
    group: 'nodes',
    from: START,
    until,
    code: 'InsufficientInstanceCapacity',
    message: noCapacity,
  }) as const;

type Activity = {
  readonly StatusCode: string;
  readonly StatusMessage?: string;
  readonly Description: string;
  readonly Cause: string;
  readonly Details: string;
  readonly StartTime: Date;
  readonly EndTime?: Date;
};
const activities = (account: Account, input = {}) =>
  account.call<{ Activities: Activity[] }>('DescribeScalingActivities', { AutoScalingGroupName: 'nodes', ...input })
    .Activities;

describe('a launch', () => {
  it('is an activity from the launch until the instance is in service', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 1, runningSince: undefined });
    await account.pass(6000);
    expect(activities(account)[0]).toMatchObject({
      StatusCode: 'PreInService',
      Cause: expect.stringMatching(/increasing the capacity from 0 to 1\.$/),
    });
    await account.pass(MINUTE);
    const [activity] = activities(account);
    expect(activity).toMatchObject({
      StatusCode: 'Successful',
      Description: expect.stringMatching(/^Launching a new EC2 instance: i-\w+$/),
    });
    expect(activity?.EndTime?.getTime()).toBeGreaterThan(activity?.StartTime.getTime() ?? 0);
    expect(JSON.parse(activity?.Details ?? '')).toEqual({
      'Subnet ID': 'subnet-0aaaaaaa',
      'Availability Zone': 'us-west-2a',
    });
  });

  it('carries the tags that propagate, and the name of the group', async () => {
    const account = anAccount();
    const { instances } = aGroup(account, {
      desiredCapacity: 1,
      tags: [
        { key: 'kubernetes.io/cluster/demo', value: 'owned' },
        { key: 'team', value: 'core', propagateAtLaunch: false },
      ],
    });
    expect(account.ec2.instance(instances[0]?.instanceId ?? '')?.tags).toEqual({
      'kubernetes.io/cluster/demo': 'owned',
      'aws:autoscaling:groupName': 'nodes',
      'aws:ec2launchtemplate:id': account.templateId,
      'aws:ec2launchtemplate:version': '1',
    });
  });

  it('that EC2 refuses is a failed activity with the words of EC2, and an event without an instance', async () => {
    const account = anAccount({ faults: [outage(START + HOUR)] });
    aGroup(account, { desiredCapacity: 1, runningSince: undefined });
    await account.pass(6000);
    expect(activities(account)[0]).toMatchObject({
      StatusCode: 'Failed',
      StatusMessage: `${noCapacity} Launching EC2 instance failed.`,
      Description: `Launching a new EC2 instance.  Status Reason: ${noCapacity} Launching EC2 instance failed.`,
    });
    expect(account.events[0]).toMatchObject({
      'detail-type': 'EC2 Instance Launch Unsuccessful',
      resources: [account.autoScaling.group('nodes')?.arn, 'arn:aws:ec2:us-west-2:111122223333:instance/'],
      detail: { StatusCode: 'Failed', EC2InstanceId: '', Origin: 'EC2', Destination: 'AutoScalingGroup' },
    });
  });

  it('is tried again after longer and longer pauses, in the other Availability Zone too, until it succeeds', async () => {
    const account = anAccount({ faults: [outage(START + HOUR)] });
    aGroup(account, { desiredCapacity: 2, runningSince: undefined });
    await account.pass(2 * HOUR);
    const failed = activities(account, { Filters: [{ Name: 'Status', Values: ['Failed'] }] }).toReversed();
    const gaps = failed
      .slice(1)
      .map(({ StartTime }, index) => StartTime.getTime() - (failed[index]?.StartTime.getTime() ?? 0));
    expect(gaps.slice(0, 5)).toEqual([20_000, 40_000, 80_000, 160_000, 300_000]);
    expect(Math.max(...gaps)).toBe(300_000);
    expect(new Set(failed.map(({ Details }) => JSON.parse(Details)['Availability Zone'])).size).toBe(2);
    expect(inService(account)).toBe(2);
  });

  it('starts with the shortest pause again after a success', async () => {
    const second = { ...outage(START + 3 * HOUR), from: START + 2 * HOUR };
    const account = anAccount({ faults: [outage(START + HOUR), second] });
    aGroup(account, { desiredCapacity: 1, runningSince: undefined });
    await account.pass(2 * HOUR);
    account.autoScaling.setDesiredCapacity('nodes', 2);
    await account.pass(5 * MINUTE);
    const since = { Name: 'StartTimeLowerBound', Values: [new Date(START + 2 * HOUR).toISOString()] };
    const [first, next] = activities(account, { Filters: [since] }).toReversed();
    expect((next?.StartTime.getTime() ?? 0) - (first?.StartTime.getTime() ?? 0)).toBe(20_000);
  });

  it('is suspended by the service after long enough where the account is set so', async () => {
    const account = anAccount({ faults: [outage(START + 48 * HOUR)], behaviour: { suspendLaunchesAfter: 24 * HOUR } });
    aGroup(account, { desiredCapacity: 1, runningSince: undefined });
    await account.pass(50 * HOUR);
    expect(inService(account)).toBe(0);
    const { AutoScalingGroups } = account.call<{
      AutoScalingGroups: { SuspendedProcesses: { ProcessName: string }[] }[];
    }>('DescribeAutoScalingGroups', {});
    expect(AutoScalingGroups[0]?.SuspendedProcesses.map(({ ProcessName }) => ProcessName)).toEqual(['Launch']);
  });

  it('fails while the AMI of the template is disabled', async () => {
    const account = anAccount();
    account.ec2.setImageState(OLD_AMI, 'disabled');
    aGroup(account, { desiredCapacity: 1, runningSince: undefined });
    await account.pass(MINUTE);
    expect(activities(account)[0]?.StatusMessage).toBe(
      `The image ID '${OLD_AMI}' is not available. Launching EC2 instance failed.`,
    );
  });

  it('uses the version that $Latest means at that moment', async () => {
    const account = anAccount();
    aGroup(account, {
      desiredCapacity: 1,
      launchTemplate: { LaunchTemplateId: account.templateId, Version: '$Latest' },
    });
    account.ec2.addLaunchTemplateVersion({ LaunchTemplateId: account.templateId }, { sourceVersion: '1', data: {} });
    account.autoScaling.setDesiredCapacity('nodes', 2);
    await account.pass(MINUTE);
    expect(imagesOf(account)).toEqual([NEW_AMI, OLD_AMI]);
  });

  it('follows a mixed instances policy, and its next override after a failure', async () => {
    const account = anAccount({ faults: [outage(START + 10_000)] });
    aGroup(account, {
      desiredCapacity: 1,
      runningSince: undefined,
      launchTemplate: undefined,
      mixedInstancesPolicy: {
        LaunchTemplate: {
          LaunchTemplateSpecification: { LaunchTemplateId: account.templateId, Version: '1' },
          Overrides: [{ InstanceType: 'm5.large' }, { InstanceType: 'm5a.large', ImageId: NEW_AMI }],
        },
      },
    });
    await account.pass(2 * MINUTE);
    expect(account.ec2.instances()).toMatchObject([{ instanceType: 'm5a.large', imageId: NEW_AMI }]);
  });

  it('follows the launch configuration of a legacy group', async () => {
    const account = anAccount();
    aGroup(account, {
      launchTemplate: undefined,
      launchConfiguration: { name: 'legacy', imageId: OLD_AMI, instanceType: 'm4.large' },
      desiredCapacity: 1,
    });
    expect(account.autoScaling.group('nodes')?.launchConfigurationName).toBe('legacy');
    expect(account.ec2.instances()).toMatchObject([{ instanceType: 'm4.large' }]);
    expect(account.ec2.instances()[0]?.launchTemplate).toBeUndefined();
  });
});

describe('an instance that is terminated behind the back of its group', () => {
  it('is found unhealthy and replaced', async () => {
    const account = anAccount();
    const [instance] = aGroup(account).instances;
    account.ec2.terminateInstance(instance?.instanceId ?? '');
    await account.pass(5 * MINUTE);
    expect(inService(account)).toBe(4);
    expect(account.autoScaling.group('nodes')?.instances.map(({ instanceId }) => instanceId)).not.toContain(
      instance?.instanceId,
    );
    const causes = activities(account).map(({ Cause }) => Cause);
    expect(causes.join('\n')).toMatch(
      /in response to an EC2 health check indicating it has been terminated or stopped/,
    );
  });

  it('is not replaced while the health check is suspended', async () => {
    const account = anAccount();
    const [instance] = aGroup(account).instances;
    account.call('SuspendProcesses', { AutoScalingGroupName: 'nodes', ScalingProcesses: ['HealthCheck'] });
    account.ec2.terminateInstance(instance?.instanceId ?? '');
    await account.pass(5 * MINUTE);
    expect(account.log('instance.launching')).toEqual([]);
  });

  it('ends its launch when it was still waiting for a hook', async () => {
    const account = anAccount();
    aGroup(account, {
      desiredCapacity: 0,
      hooks: [{ LifecycleHookName: 'admit', LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' }],
    });
    account.autoScaling.setDesiredCapacity('nodes', 1);
    await account.until(() => account.autoScaling.group('nodes')?.instances[0]?.state === 'Pending:Wait');
    account.ec2.terminateInstance(account.autoScaling.group('nodes')?.instances[0]?.instanceId ?? '');
    await account.pass(MINUTE);
    const launches = activities(account).filter(({ Description }) => Description.startsWith('Launching'));
    expect(launches.map(({ StatusCode }) => StatusCode)).toEqual(['MidLifecycleAction', 'Cancelled']);
  });
});
