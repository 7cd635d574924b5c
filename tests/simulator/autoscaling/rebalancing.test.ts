import { describe, expect, it } from 'vitest';
import {
  type Account,
  aGroup,
  anAccount,
  type GroupOverrides,
  inService,
  isOver,
  latestRefresh,
  MINUTE,
  NEW_AMI,
  OLD_AMI,
  refusalOf,
  startRefresh,
} from './an-account.ts';

const named = { AutoScalingGroupName: 'nodes' };
const membersOf = (account: Account) => account.autoScaling.group('nodes')?.instances ?? [];
const inZone = (account: Account, zone: string) =>
  membersOf(account).filter(({ availabilityZone, state }) => availabilityZone.endsWith(zone) && state === 'InService');
const change = (account: Account, to: string) =>
  account.log('instance.lifecycle').filter(({ details }) => details.to === to);
const launches = (account: Account) => change(account, 'Pending').filter(({ details }) => details.from === undefined);

/** Takes all instances of a zone out, nothing replaces them. */
function empty(account: Account, zone: string): void {
  for (const { instanceId } of inZone(account, zone)) {
    account.autoScaling.terminateInstance(instanceId, { decrement: true });
  }
}

/** A group of Spot Instances by its mixed instances policy. */
function spotGroup(account: Account, overrides: GroupOverrides = {}, distribution: object = {}) {
  return aGroup(account, {
    launchTemplate: undefined,
    mixedInstancesPolicy: {
      LaunchTemplate: { LaunchTemplateSpecification: { LaunchTemplateId: account.templateId, Version: '1' } },
      InstancesDistribution: { OnDemandPercentageAboveBaseCapacity: 0, ...distribution },
    },
    ...overrides,
  });
}

describe('purchase options', () => {
  it.each([
    { distribution: {}, spot: 5 },
    { distribution: { OnDemandBaseCapacity: 2 }, spot: 3 },
    { distribution: { OnDemandPercentageAboveBaseCapacity: undefined }, spot: 0 },
    { distribution: { OnDemandPercentageAboveBaseCapacity: 50 }, spot: 2 },
    { distribution: { OnDemandPercentageAboveBaseCapacity: 50 }, onDemandRounding: 'down' as const, spot: 3 },
  ])('$distribution make $spot of 5 Spot Instances', ({ distribution, spot, onDemandRounding = 'up' as const }) => {
    const account = anAccount({ behaviour: { onDemandRounding } });
    spotGroup(account, { desiredCapacity: 5 }, distribution);
    expect(membersOf(account).filter(({ isSpot }) => isSpot)).toHaveLength(spot);
  });

  it('of a template do not go with a mixed instances policy', () => {
    const account = anAccount();
    const data = {
      ImageId: OLD_AMI,
      InstanceType: 'm5.large' as const,
      InstanceMarketOptions: { MarketType: 'spot' as const },
    };
    const { id } = account.ec2.addLaunchTemplate({ name: 'spot', data });
    const template = { LaunchTemplateId: id, Version: '1' };
    const mixed = {
      launchTemplate: undefined,
      mixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification: template } },
    };
    expect(refusalOf(() => aGroup(account, mixed))?.message).toContain('Incompatible launch template');
    aGroup(account, { launchTemplate: template });
    expect(membersOf(account).every(({ isSpot }) => isSpot)).toBe(true);
  });
});

describe('AZRebalance', () => {
  it('launches in the emptied zone, then terminates in the full one, with never less than desired in service', async () => {
    const account = anAccount();
    aGroup(account, { maxSize: 2, desiredCapacity: 2, minSize: 1, subnetIds: ['subnet-0aaaaaaa'] });
    account.call('UpdateAutoScalingGroup', { ...named, VPCZoneIdentifier: 'subnet-0aaaaaaa,subnet-0bbbbbbb' });
    let most = 0;
    account.autoScaling.onGroup(() => {
      most = Math.max(most, membersOf(account).filter(({ state }) => !state.startsWith('Terminat')).length);
      expect(inService(account)).toBeGreaterThanOrEqual(2);
    });
    await account.pass(20 * MINUTE);
    // One over the maximum, as long as it takes.
    expect(most).toBe(3);
    expect([inZone(account, 'a').length, inZone(account, 'b').length]).toEqual([1, 1]);
    expect(launches(account)).toHaveLength(1);
  });

  it('moves what is in a zone that the group has left', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 3 });
    account.call('UpdateAutoScalingGroup', { ...named, VPCZoneIdentifier: 'subnet-0bbbbbbb' });
    await account.pass(30 * MINUTE);
    expect([inZone(account, 'a').length, inZone(account, 'b').length]).toEqual([0, 3]);
  });

  it.each([
    { suspended: [], sizes: [2, 2] },
    { suspended: ['AZRebalance'], sizes: [0, 4] },
    { suspended: ['Launch'], sizes: [0, 4] },
  ])('does not when suspended: $suspended', async ({ suspended, sizes }) => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 8 });
    account.autoScaling.suspendProcesses('nodes', suspended);
    empty(account, 'a');
    await account.pass(40 * MINUTE);
    expect([inZone(account, 'a').length, inZone(account, 'b').length]).toEqual(sizes);
  });

  it('leaves one more than desired while terminations are suspended, and protected instances alone', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 8 });
    const { call } = account;
    empty(account, 'a');
    await account.pass(MINUTE / 20);
    account.autoScaling.suspendProcesses('nodes', ['Terminate']);
    await account.pass(30 * MINUTE);
    expect([inZone(account, 'a').length, inZone(account, 'b').length]).toEqual([1, 4]);
    const kept = inZone(account, 'b')
      .slice(0, 2)
      .map(({ instanceId }) => instanceId);
    call('SetInstanceProtection', { ...named, InstanceIds: kept, ProtectedFromScaleIn: true });
    account.autoScaling.resumeProcesses('nodes', ['Terminate']);
    await account.pass(30 * MINUTE);
    expect(
      inZone(account, 'b')
        .map(({ instanceId }) => instanceId)
        .toSorted(),
    ).toEqual(kept.toSorted());
  });

  it.each([1, 2, 3, 4])('takes no more out of service than a refresh beside it allows: seed %i', async (seed) => {
    const account = anAccount({ seed });
    aGroup(account, { desiredCapacity: 8 });
    empty(account, 'a');
    startRefresh(account, {
      preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 110, SkipMatching: true },
    });
    let least = inService(account);
    account.autoScaling.onGroup(() => {
      least = Math.min(least, inService(account));
    });
    await account.until(isOver(account));
    expect(least).toBe(4);
  });

  it.each([true, false])('goes on during a refresh if the account is so: %s', async (rebalancesDuringRefresh) => {
    const account = anAccount({ behaviour: { rebalancesDuringRefresh } });
    aGroup(account, { desiredCapacity: 8 });
    empty(account, 'a');
    startRefresh(account, {
      preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 110, SkipMatching: true },
    });
    const rebalanced = () =>
      account.log('activity').filter(({ details }) => String(details.cause).includes('balance instances in zones'));
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('Successful');
    expect(rebalanced().length > 0).toBe(rebalancesDuringRefresh);
    await account.pass(30 * MINUTE);
    expect(membersOf(account).map(({ imageId }) => imageId)).toEqual(Array(4).fill(NEW_AMI));
    expect([inZone(account, 'a').length, inZone(account, 'b').length]).toEqual([2, 2]);
  });
});

describe('an interruption', () => {
  const hook = {
    ...named,
    LifecycleHookName: 'drain',
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    HeartbeatTimeout: 300,
  };
  const oldest = (account: Account) => membersOf(account)[0]?.instanceId ?? '';

  it('is followed by nothing before the machine is gone, without Capacity Rebalancing; then the hooks run', async () => {
    const account = anAccount();
    spotGroup(account);
    account.call('PutLifecycleHook', hook);
    const taken = oldest(account);
    account.ec2.spot.interrupt(taken);
    await account.pass(2 * MINUTE - 1);
    expect(launches(account)).toEqual([]);
    expect(change(account, 'Terminating:Wait')).toEqual([]);
    await account.pass(MINUTE);
    expect(change(account, 'Terminating:Wait').map(({ details }) => details.instanceId)).toEqual([taken]);
    await account.pass(10 * MINUTE);
    expect(inService(account)).toBe(4);
    expect(membersOf(account).map(({ instanceId }) => instanceId)).not.toContain(taken);
  });

  it('comes after the replacement with Capacity Rebalancing, which waits for a launch and then for the hooks', async () => {
    const account = anAccount();
    spotGroup(account, { capacityRebalance: true, maxSize: 4 });
    account.call('PutLifecycleHook', hook);
    const taken = oldest(account);
    account.ec2.spot.recommendRebalance(taken);
    await account.pass(2 * MINUTE);
    expect(launches(account)).toHaveLength(1);
    expect(change(account, 'Terminating:Wait').map(({ details }) => details.instanceId)).toEqual([taken]);
    expect(inService(account)).toBe(4);
    await account.pass(10 * MINUTE);
    expect(inService(account)).toBe(4);
    expect(launches(account)).toHaveLength(1);
  });

  it('during the launch of the replacement leaves that one in the place of the one that was taken', async () => {
    const account = anAccount({ timings: { instanceLaunch: [300_000, 300_000] } });
    spotGroup(account, { capacityRebalance: true });
    account.ec2.spot.interrupt(oldest(account));
    await account.pass(20 * MINUTE);
    expect(launches(account)).toHaveLength(1);
    expect(inService(account)).toBe(4);
  });

  it.each([true, false])('begins the termination at the notice if the account is so: %s', async (begins) => {
    const account = anAccount({
      timings: { instanceLaunch: [300_000, 300_000] },
      behaviour: { interruptionNoticeBeginsTermination: begins },
    });
    spotGroup(account, { capacityRebalance: true });
    account.call('PutLifecycleHook', hook);
    account.ec2.spot.interrupt(oldest(account));
    await account.pass(MINUTE);
    expect(change(account, 'Terminating:Wait')).toHaveLength(begins ? 1 : 0);
    expect(inService(account)).toBe(begins ? 3 : 4);
    // The machine ends at the two minutes, whatever its hook says.
    await account.pass(2 * MINUTE);
    const taken = change(account, 'Terminating:Wait')[0]?.details.instanceId;
    expect(account.ec2.instance(String(taken))?.state).not.toBe('running');
    await account.pass(20 * MINUTE);
    expect(inService(account)).toBe(4);
  });

  it('stops at ten percent of the desired capacity over the maximum', async () => {
    const account = anAccount({ timings: { instanceLaunch: [300_000, 300_000] } });
    spotGroup(account, { capacityRebalance: true, maxSize: 4 });
    for (const { instanceId } of membersOf(account)) account.ec2.spot.recommendRebalance(instanceId);
    await account.pass(MINUTE);
    expect(launches(account)).toHaveLength(1);
    await account.pass(60 * MINUTE);
    expect(launches(account)).toHaveLength(4);
    expect(inService(account)).toBe(4);
  });

  it('is of no concern when Capacity Rebalancing is switched on later and nothing was recommended', async () => {
    const account = anAccount();
    spotGroup(account);
    account.call('UpdateAutoScalingGroup', { ...named, CapacityRebalance: true });
    const { AutoScalingGroups } = account.call<{ AutoScalingGroups: [object] }>('DescribeAutoScalingGroups', {});
    expect(AutoScalingGroups[0]).toMatchObject({ CapacityRebalance: true });
    await account.pass(10 * MINUTE);
    expect(launches(account)).toEqual([]);
  });
});
