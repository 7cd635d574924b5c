import { describe, expect, it } from 'vitest';
import { aGroup, anAccount, latestRefresh, refusalOf, startRefresh } from './an-account.ts';

describe('preferences of an instance refresh', () => {
  it.each([
    { case: 'a maximum without a minimum', preferences: { MaxHealthyPercentage: 110 } },
    { case: 'a range wider than 100', preferences: { MinHealthyPercentage: 50, MaxHealthyPercentage: 160 } },
    { case: 'a minimum above 100', preferences: { MinHealthyPercentage: 101 } },
    { case: 'a maximum below 100', preferences: { MinHealthyPercentage: 90, MaxHealthyPercentage: 99 } },
    { case: 'a negative warm-up', preferences: { InstanceWarmup: -1 } },
    { case: 'a bake time of more than two days', preferences: { BakeTime: 172_801 } },
    { case: 'checkpoints that do not ascend', preferences: { CheckpointPercentages: [50, 20, 100] } },
    { case: 'a checkpoint twice', preferences: { CheckpointPercentages: [20, 20, 100] } },
    { case: 'a checkpoint above 100', preferences: { CheckpointPercentages: [20, 110] } },
    { case: 'a checkpoint delay without checkpoints', preferences: { CheckpointDelay: 60 } },
    {
      case: 'a checkpoint delay of more than two days',
      preferences: { CheckpointPercentages: [100], CheckpointDelay: 172_801 },
    },
  ])('refuses $case and starts nothing', ({ preferences }) => {
    const account = anAccount();
    aGroup(account);
    expect(refusalOf(() => startRefresh(account, { preferences }))?.code).toBe('ValidationError');
    expect(latestRefresh(account)).toBeUndefined();
  });

  it.each([
    { case: 'alarms', preferences: { AlarmSpecification: { Alarms: ['too-hot'] } } },
    { case: 'the replacement of root volumes', strategy: 'ReplaceRootVolume' },
  ])('says that $case are not simulated', ({ preferences = {}, strategy = 'Rolling' }) => {
    const account = anAccount();
    aGroup(account);
    const start = () =>
      account.call('StartInstanceRefresh', {
        AutoScalingGroupName: 'nodes',
        Strategy: strategy,
        Preferences: preferences,
      });
    expect(refusalOf(start)?.code).toBe('NotSimulated');
  });

  it('uses the defaults of the API, not of the console', () => {
    const account = anAccount();
    aGroup(account, { healthCheckGracePeriod: 45 });
    startRefresh(account, { preferences: { CheckpointPercentages: [100] } });
    expect(latestRefresh(account).Preferences).toEqual({
      MinHealthyPercentage: 90,
      InstanceWarmup: 45,
      SkipMatching: false,
      AutoRollback: false,
      ScaleInProtectedInstances: 'Wait',
      StandbyInstances: 'Wait',
      CheckpointPercentages: [100],
      CheckpointDelay: 3600,
    });
  });

  it("prefers the group's warm-up to its grace period and its maintenance policy to the default minimum", () => {
    const account = anAccount();
    aGroup(account, {
      healthCheckGracePeriod: 45,
      defaultInstanceWarmup: 120,
      maintenancePolicy: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150 },
    });
    startRefresh(account);
    expect(latestRefresh(account).Preferences).toMatchObject({
      MinHealthyPercentage: 100,
      MaxHealthyPercentage: 150,
      InstanceWarmup: 120,
    });
  });

  it.each([
    { case: 'without a desired configuration', version: undefined, saved: '1' },
    { case: 'when the group follows $Latest', version: '2', saved: '$Latest' },
    { case: 'when the group follows $Default', version: '2', saved: '$Default' },
  ])('refuses AutoRollback $case', ({ version, saved }) => {
    const account = anAccount();
    aGroup(account, { launchTemplate: { LaunchTemplateId: account.templateId, Version: saved } });
    const start = () =>
      account.call('StartInstanceRefresh', {
        AutoScalingGroupName: 'nodes',
        Preferences: { AutoRollback: true },
        ...(version && {
          DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: account.templateId, Version: version } },
        }),
      });
    expect(refusalOf(start)?.code).toBe('ValidationError');
  });
});
