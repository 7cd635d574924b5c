import { describe, expect, it } from 'vitest';
import {
  type Account,
  aGroup,
  anAccount,
  imagesOf,
  inService,
  isOver,
  latestRefresh,
  MINUTE,
  NEW_AMI,
  OLD_AMI,
  run,
  startRefresh,
} from './an-account.ts';

type Extremes = { lowest: number; highest: number; mostArriving: number; mostLeaving: number };

/** What the group looked like at its extremes while the refresh ran. */
async function watch(account: Account): Promise<Extremes> {
  const seen: Extremes = { lowest: 99, highest: 0, mostArriving: 0, mostLeaving: 0 };
  await account.until(() => {
    const instances = account.autoScaling.group('nodes')?.instances ?? [];
    const count = (test: (state: string) => boolean) => instances.filter(({ state }) => test(state)).length;
    seen.lowest = Math.min(seen.lowest, inService(account));
    seen.highest = Math.max(
      seen.highest,
      count((state) => !state.startsWith('Terminating')),
    );
    seen.mostArriving = Math.max(
      seen.mostArriving,
      count((state) => state.startsWith('Pending')),
    );
    seen.mostLeaving = Math.max(
      seen.mostLeaving,
      count((state) => state.startsWith('Terminating')),
    );
    return isOver(account)();
  });
  return seen;
}

describe('how far a refresh goes at once', () => {
  it.each([
    { case: 'launches one first with 100 and 100', desired: 4, min: 100, max: 100, lowest: 4, highest: 5, leaving: 1 },
    { case: 'launches the headroom first', desired: 10, min: 100, max: 130, lowest: 10, highest: 13, leaving: 3 },
    {
      case: 'launches at least one when the headroom is a fraction',
      desired: 4,
      min: 100,
      max: 110,
      lowest: 4,
      highest: 5,
      leaving: 1,
    },
    { case: 'may double the group', desired: 3, min: 100, max: 200, lowest: 3, highest: 6, leaving: 3 },
    { case: 'launches first for a single instance', desired: 1, min: 100, max: 110, lowest: 1, highest: 2, leaving: 1 },
    {
      case: 'terminates first without a maximum',
      desired: 10,
      min: 80,
      max: undefined,
      lowest: 8,
      highest: 10,
      leaving: 2,
    },
    {
      case: 'terminates one at a time with a minimum of 100 and no maximum',
      desired: 4,
      min: 100,
      max: undefined,
      lowest: 3,
      highest: 4,
      leaving: 1,
    },
    {
      case: 'takes a single instance out of service by default',
      desired: 1,
      min: 90,
      max: undefined,
      lowest: 0,
      highest: 1,
      leaving: 1,
    },
    {
      case: 'replaces all at once with a minimum of 0',
      desired: 4,
      min: 0,
      max: undefined,
      lowest: 0,
      highest: 4,
      leaving: 4,
    },
  ])('$case', async ({ desired, min, max, lowest, highest, leaving }) => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: desired });
    startRefresh(account, {
      preferences: { MinHealthyPercentage: min, ...(max && { MaxHealthyPercentage: max }), InstanceWarmup: 30 },
    });
    const seen = await watch(account);
    expect(seen).toMatchObject({ lowest, highest, mostLeaving: leaving });
    expect(latestRefresh(account)).toMatchObject({
      Status: 'Successful',
      PercentageComplete: 100,
      InstancesToUpdate: 0,
    });
    expect(imagesOf(account)).toEqual(Array(desired).fill(NEW_AMI));
  });

  it('replaces nothing in a group without instances, and still gives it the new configuration', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 0 });
    startRefresh(account);
    await account.until(isOver(account));
    expect(latestRefresh(account)).toMatchObject({ Status: 'Successful', PercentageComplete: 100 });
    expect(account.autoScaling.group('nodes')?.launchTemplate?.Version).toBe('2');
  });

  it('keeps the Availability Zones balanced', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 100 } });
    await account.until(isOver(account));
    const zones = account.autoScaling.group('nodes')?.instances.map(({ availabilityZone }) => availabilityZone);
    expect(zones?.toSorted()).toEqual(['us-west-2a', 'us-west-2a', 'us-west-2b', 'us-west-2b']);
  });

  it.each([
    { case: 'grows over MaxSize', refreshMayExceedMaxSize: true, status: 'Successful' },
    {
      case: 'makes no progress at MaxSize where that is not allowed',
      refreshMayExceedMaxSize: false,
      status: 'Failed',
    },
  ])('$case', async ({ refreshMayExceedMaxSize, status }) => {
    const account = anAccount({ behaviour: { refreshMayExceedMaxSize } });
    aGroup(account, { desiredCapacity: 3, maxSize: 3 });
    startRefresh(account, { preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150 } });
    const { lowest } = await watch(account);
    expect(latestRefresh(account).Status).toBe(status);
    expect(lowest).toBe(3);
  });

  it('rounds a fraction of headroom as the account is set', async () => {
    for (const [headroomRounding, highest] of [
      ['down', 16],
      ['up', 17],
    ] as const) {
      const account = anAccount({ behaviour: { headroomRounding } });
      aGroup(account, { desiredCapacity: 15 });
      startRefresh(account, { preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 110 } });
      expect((await watch(account)).highest).toBe(highest);
    }
  });
});

describe('what a refresh waits for', () => {
  it('counts a new instance only when it is warm', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 1 });
    startRefresh(account, {
      preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 100, InstanceWarmup: 600 },
    });
    await account.until(() => inService(account) === 2);
    await account.pass(9 * MINUTE);
    expect(latestRefresh(account)).toMatchObject({ PercentageComplete: 0, InstancesToUpdate: 1 });
    expect(latestRefresh(account).StatusReason).toMatch(
      /^Waiting for instances to warm up before continuing\. For example: i-\w+ is warming up\.$/,
    );
    await account.pass(2 * MINUTE);
    expect(latestRefresh(account)).toMatchObject({ PercentageComplete: 100, InstancesToUpdate: 0 });
  });

  it('launches a scale-out in the middle from the desired configuration', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, {
      preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 100, InstanceWarmup: 600 },
    });
    await account.pass(MINUTE);
    account.autoScaling.setDesiredCapacity('nodes', 6);
    await account.pass(MINUTE);
    expect(imagesOf(account).filter((imageId) => imageId === NEW_AMI)).toHaveLength(3);
    await account.until(isOver(account));
    expect(imagesOf(account)).toEqual(Array(6).fill(NEW_AMI));
  });

  it('gives the group its new configuration only at the end', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 100, BakeTime: 600 } });
    const version = () => account.autoScaling.group('nodes')?.launchTemplate?.Version;
    await account.until(() => latestRefresh(account).Status === 'Baking');
    expect(version()).toBe('1');
    const bakingSince = account.kernel.clock.now();
    await account.until(isOver(account));
    expect(account.kernel.clock.now() - bakingSince).toBe(10 * MINUTE);
    expect(version()).toBe('2');
  });

  it.each([
    { successWaitsForTerminations: true, leaving: 0 },
    { successWaitsForTerminations: false, leaving: 1 },
  ])(
    'is over with $leaving instances leaving when successWaitsForTerminations is $successWaitsForTerminations',
    async (row) => {
      const account = anAccount({ behaviour: { successWaitsForTerminations: row.successWaitsForTerminations } });
      aGroup(account, { desiredCapacity: 1 });
      startRefresh(account, { preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 100 } });
      await account.until(isOver(account));
      const leaving = account.autoScaling.group('nodes')?.instances.filter(({ state }) => state === 'Terminating');
      expect(leaving).toHaveLength(row.leaving);
    },
  );
});

describe('which instances a refresh replaces', () => {
  it('replaces instances that match already, unless it is told to skip them', async () => {
    for (const [SkipMatching, launches] of [
      [false, 4],
      [true, 0],
    ] as const) {
      const account = anAccount();
      aGroup(account);
      startRefresh(account, {
        version: '1',
        preferences: { SkipMatching, MinHealthyPercentage: 100, MaxHealthyPercentage: 100 },
      });
      await account.until(isOver(account));
      expect(latestRefresh(account).Status).toBe('Successful');
      expect(account.log('instance.launching')).toHaveLength(launches);
    }
  });

  it('begins with those that do not have the wanted configuration yet', async () => {
    const account = anAccount();
    aGroup(account, {
      desiredCapacity: 1,
      subnetIds: ['subnet-0aaaaaaa'],
      launchTemplate: { LaunchTemplateId: account.templateId, Version: '2' },
    });
    account.autoScaling.setLaunchTemplate('nodes', { LaunchTemplateId: account.templateId, Version: '1' });
    account.autoScaling.setDesiredCapacity('nodes', 2);
    await account.pass(MINUTE);
    startRefresh(account, { preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 100 } });
    await account.until(isOver(account));
    expect(account.log('instance.shutting-down').map(({ details }) => details.imageId)).toEqual([OLD_AMI, NEW_AMI]);
  });

  it('fails in time, instead of breaking, when its desired version is deleted', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, {
      preferences: { SkipMatching: true, MinHealthyPercentage: 100, MaxHealthyPercentage: 100 },
    });
    await account.until(() => latestRefresh(account).PercentageComplete === 25);
    run(account.ec2.service, 'DeleteLaunchTemplateVersions', { LaunchTemplateId: account.templateId, Versions: ['2'] });
    await account.until(isOver(account));
    expect(latestRefresh(account)).toMatchObject({ Status: 'Failed', PercentageComplete: 25 });
    expect(inService(account)).toBe(4);
  });

  it('looks up $Latest again for every instance', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, {
      version: '$Latest',
      preferences: { SkipMatching: true, MinHealthyPercentage: 100, MaxHealthyPercentage: 100 },
    });
    await account.until(() => latestRefresh(account).PercentageComplete === 25);
    account.ec2.addLaunchTemplateVersion({ LaunchTemplateId: account.templateId }, { sourceVersion: '1', data: {} });
    await account.until(isOver(account));
    const group = account.autoScaling.group('nodes');
    expect(group?.instances.map(({ launchTemplate }) => launchTemplate?.version)).toEqual(['3', '3', '3', '3']);
    expect(group?.launchTemplate?.Version).toBe('$Latest');
  });

  it.each([
    { how: 'Refresh', status: 'Successful', old: 0 },
    { how: 'Ignore', status: 'Successful', old: 1 },
    { how: 'Wait', status: 'Failed', old: 1 },
  ])('leaves $old old instances when the protected one is to $how', async ({ how, status, old }) => {
    const account = anAccount();
    const instanceId = aGroup(account).instances[1]?.instanceId;
    account.call('SetInstanceProtection', {
      AutoScalingGroupName: 'nodes',
      InstanceIds: [instanceId],
      ProtectedFromScaleIn: true,
    });
    startRefresh(account, {
      preferences: { ScaleInProtectedInstances: how, MinHealthyPercentage: 100, MaxHealthyPercentage: 100 },
    });
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe(status);
    expect(imagesOf(account).filter((imageId) => imageId === OLD_AMI)).toHaveLength(old);
  });

  it('goes on when a protected instance that it waits for is released within the hour', async () => {
    const account = anAccount();
    const instanceId = aGroup(account).instances[1]?.instanceId;
    const protect = (ProtectedFromScaleIn: boolean) =>
      account.call('SetInstanceProtection', {
        AutoScalingGroupName: 'nodes',
        InstanceIds: [instanceId],
        ProtectedFromScaleIn,
      });
    protect(true);
    startRefresh(account, { preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 100 } });
    await account.pass(50 * MINUTE);
    expect(latestRefresh(account)).toMatchObject({
      Status: 'InProgress',
      PercentageComplete: 75,
      InstancesToUpdate: 1,
    });
    protect(false);
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('Successful');
  });

  it.each([
    { how: 'Terminate', status: 'Successful', percentage: 100, instances: 4, standby: 0 },
    { how: 'Ignore', status: 'Successful', percentage: 100, instances: 4, standby: 1 },
    { how: 'Wait', status: 'Failed', percentage: 75, instances: 4, standby: 1 },
  ])(
    'has $standby instances in standby at the end when they are to $how',
    async ({ how, status, standby, instances, percentage }) => {
      const account = anAccount();
      const instanceId = aGroup(account).instances[0]?.instanceId;
      account.call('EnterStandby', {
        AutoScalingGroupName: 'nodes',
        InstanceIds: [instanceId],
        ShouldDecrementDesiredCapacity: true,
      });
      startRefresh(account, {
        preferences: { StandbyInstances: how, MinHealthyPercentage: 100, MaxHealthyPercentage: 100 },
      });
      await account.until(isOver(account));
      const group = account.autoScaling.group('nodes');
      expect(latestRefresh(account)).toMatchObject({ Status: status, PercentageComplete: percentage });
      expect(group?.instances.filter(({ state }) => state === 'Standby')).toHaveLength(standby);
      expect(group?.instances).toHaveLength(instances);
    },
  );
});
