import { describe, expect, it } from 'vitest';
import type { GroupChange } from '../../../simulator/services/autoscaling/autoscaling-state.ts';
import {
  type Account,
  aGroup,
  anAccount,
  imagesOf,
  inService,
  MINUTE,
  NEW_AMI,
  OLD_AMI,
  refusalOf,
} from './an-account.ts';

const named = { AutoScalingGroupName: 'nodes' };
const ids = (account: Account) =>
  account.autoScaling.group('nodes')?.instances.map(({ instanceId }) => instanceId) ?? [];

describe('the desired capacity', () => {
  it.each([
    { desired: 21, message: 'New SetDesiredCapacity value 21 is above max value 20 for the AutoScalingGroup.' },
    { desired: 0, message: 'New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.' },
  ])('cannot be $desired', ({ desired, message }) => {
    const account = anAccount();
    aGroup(account, { minSize: 1 });
    const set = () => account.call('SetDesiredCapacity', { ...named, DesiredCapacity: desired });
    expect(refusalOf(set)).toEqual({ code: 'ValidationError', message });
  });

  it('is followed up and down, and every change is logged', async () => {
    const account = anAccount();
    aGroup(account);
    for (const desired of [6, 3]) {
      account.call('SetDesiredCapacity', { ...named, DesiredCapacity: desired });
      await account.pass(5 * MINUTE);
      expect(inService(account)).toBe(desired);
    }
    expect(account.log('group.capacity').map(({ details }) => details.desired)).toEqual([4, 6, 3]);
  });

  it('waits for the cooldown only when asked to', async () => {
    const account = anAccount();
    aGroup(account);
    account.call('SetDesiredCapacity', { ...named, DesiredCapacity: 5 });
    await account.pass(MINUTE);
    const set = (HonorCooldown: boolean) =>
      refusalOf(() => account.call('SetDesiredCapacity', { ...named, DesiredCapacity: 6, HonorCooldown }));
    expect(set(true)?.code).toBe('ScalingActivityInProgress');
    expect(set(false)).toBeUndefined();
  });

  it('is lowered with the last instances that are not protected, and no further', async () => {
    const account = anAccount();
    const { instances } = aGroup(account);
    const InstanceIds = instances.slice(0, 3).map(({ instanceId }) => instanceId);
    account.call('SetInstanceProtection', { ...named, InstanceIds, ProtectedFromScaleIn: true });
    account.call('SetDesiredCapacity', { ...named, DesiredCapacity: 1 });
    await account.pass(10 * MINUTE);
    expect(ids(account).toSorted()).toEqual(InstanceIds.toSorted());
  });
});

describe('a group that shrinks', () => {
  async function oldAndNew(terminationPolicies: readonly string[]) {
    const account = anAccount();
    aGroup(account, {
      desiredCapacity: 2,
      terminationPolicies,
      subnetIds: ['subnet-0aaaaaaa'],
      launchTemplate: { LaunchTemplateId: account.templateId, Version: '2' },
    });
    account.autoScaling.setLaunchTemplate('nodes', { LaunchTemplateId: account.templateId, Version: '1' });
    account.autoScaling.setDesiredCapacity('nodes', 4);
    await account.pass(5 * MINUTE);
    account.autoScaling.setDesiredCapacity('nodes', 2);
    await account.pass(5 * MINUTE);
    return imagesOf(account);
  }

  it.each([
    { policies: ['Default'], left: NEW_AMI },
    { policies: ['OldestLaunchTemplate'], left: NEW_AMI },
    { policies: ['AllocationStrategy', 'OldestLaunchTemplate', 'OldestInstance'], left: NEW_AMI },
    { policies: ['NewestInstance'], left: NEW_AMI },
    { policies: ['OldestInstance'], left: OLD_AMI },
  ])('by $policies keeps two of $left', async ({ policies, left }) => {
    expect(await oldAndNew(policies)).toEqual([left, left]);
  });

  it('takes from the fullest Availability Zone', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 3 });
    account.autoScaling.setDesiredCapacity('nodes', 2);
    await account.pass(5 * MINUTE);
    const zones = account.autoScaling.group('nodes')?.instances.map(({ availabilityZone }) => availabilityZone);
    expect(zones?.toSorted()).toEqual(['us-west-2a', 'us-west-2b']);
  });

  it.each([
    { policy: 'Alphabetical', code: 'ValidationError' },
    { policy: 'ClosestToNextInstanceHour', code: 'NotSimulated' },
  ])('cannot follow the policy $policy', ({ policy, code }) => {
    const account = anAccount();
    aGroup(account);
    expect(
      refusalOf(() => account.call('UpdateAutoScalingGroup', { ...named, TerminationPolicies: [policy] }))?.code,
    ).toBe(code);
  });
});

describe('terminating one instance of a group', () => {
  it.each([
    { decrement: true, desired: 3 },
    { decrement: false, desired: 4 },
  ])('leaves $desired when decrement is $decrement', async ({ decrement, desired }) => {
    const account = anAccount();
    const [instance] = aGroup(account).instances;
    const { Activity } = account.call<{ Activity: { StatusCode: string; Description: string } }>(
      'TerminateInstanceInAutoScalingGroup',
      {
        InstanceId: instance?.instanceId,
        ShouldDecrementDesiredCapacity: decrement,
      },
    );
    expect(Activity).toMatchObject({
      StatusCode: 'InProgress',
      Description: `Terminating EC2 instance: ${instance?.instanceId}`,
    });
    await account.pass(5 * MINUTE);
    expect(inService(account)).toBe(desired);
    expect(ids(account)).not.toContain(instance?.instanceId);
  });

  it('is refused below the minimum size, and for an instance of nobody', () => {
    const account = anAccount();
    const [instance] = aGroup(account, { minSize: 4 }).instances;
    const terminate = (InstanceId?: string) =>
      refusalOf(() =>
        account.call('TerminateInstanceInAutoScalingGroup', { InstanceId, ShouldDecrementDesiredCapacity: true }),
      );
    expect(terminate(instance?.instanceId)?.message).toMatch(/^Currently, desiredSize equals minSize \(4\)\./);
    expect(terminate('i-0ffffffffffffffff')?.message).toBe(
      'Instance Id not found - No managed instance found for instance ID i-0ffffffffffffffff',
    );
  });
});

describe('standby', () => {
  it('is left with a higher desired capacity', async () => {
    const account = anAccount();
    const InstanceIds = [aGroup(account).instances[0]?.instanceId];
    account.call('EnterStandby', { ...named, InstanceIds, ShouldDecrementDesiredCapacity: true });
    await account.pass(MINUTE);
    expect(account.autoScaling.group('nodes')).toMatchObject({ desiredCapacity: 3 });
    account.call('ExitStandby', { ...named, InstanceIds });
    await account.pass(MINUTE);
    expect(account.autoScaling.group('nodes')).toMatchObject({ desiredCapacity: 4 });
    expect(account.log('instance.launching')).toEqual([]);
  });

  it('is filled up when the desired capacity stays', async () => {
    const account = anAccount();
    const InstanceIds = [aGroup(account).instances[0]?.instanceId];
    account.call('EnterStandby', { ...named, InstanceIds, ShouldDecrementDesiredCapacity: false });
    await account.pass(MINUTE);
    expect(inService(account)).toBe(4);
    expect(
      refusalOf(() => account.call('EnterStandby', { ...named, InstanceIds, ShouldDecrementDesiredCapacity: false }))
        ?.message,
    ).toBe(`The instance ${InstanceIds[0]} is not in InService.`);
  });
});

describe('listeners of groups', () => {
  it('hear of every change of an instance and of the capacity, until they stop', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 0 });
    const heard: GroupChange[] = [];
    const stop = account.autoScaling.onGroup((change) => heard.push(change));
    account.autoScaling.resizeGroup('nodes', { maxSize: 25, desiredCapacity: 1 });
    await account.pass(MINUTE);
    const [instanceId] = ids(account);
    expect(heard).toEqual([
      { type: 'capacity', group: 'nodes', desired: 1 },
      { type: 'instance', group: 'nodes', instanceId, from: undefined, to: 'Pending' },
      { type: 'instance', group: 'nodes', instanceId, from: 'Pending', to: 'InService' },
    ]);
    stop();
    account.autoScaling.terminateInstance(instanceId ?? '', { decrement: true });
    expect(heard).toHaveLength(3);
  });
});
