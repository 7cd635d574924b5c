import { describe, expect, it } from 'vitest';
import {
  type Account,
  aGroup,
  anAccount,
  HOUR,
  imagesOf,
  isOver,
  latestRefresh,
  MINUTE,
  NEW_AMI,
  OLD_AMI,
  startRefresh,
} from './an-account.ts';

const oneByOne = { MinHealthyPercentage: 100, MaxHealthyPercentage: 100 };

function checkpointsOf(account: Account) {
  return account.events
    .filter((event) => event['detail-type'] === 'EC2 Auto Scaling Instance Refresh Checkpoint Reached')
    .map(({ at, detail }) => ({ at, percentage: detail.CheckpointPercentage, delay: detail.CheckpointDelay }));
}

const renewed = (account: Account) => imagesOf(account).filter((imageId) => imageId === NEW_AMI).length;

describe('checkpoints of a refresh', () => {
  it('replaces no more than the share of a checkpoint before its pause is over', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, {
      preferences: { ...oneByOne, MaxHealthyPercentage: 200, CheckpointPercentages: [25, 100], CheckpointDelay: 3600 },
    });
    await account.until(() => checkpointsOf(account).length === 1);
    expect(renewed(account)).toBe(1);
    await account.pass(HOUR - 1000);
    expect(renewed(account)).toBe(1);
    expect(latestRefresh(account)).toMatchObject({
      Status: 'InProgress',
      PercentageComplete: 25,
      InstancesToUpdate: 3,
    });
    await account.until(isOver(account));
    expect(renewed(account)).toBe(4);
  });

  it('raises an event with strings for every checkpoint but that of 100 percent', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: { ...oneByOne, CheckpointPercentages: [25, 50, 100], CheckpointDelay: 60 } });
    await account.until(isOver(account));
    expect(checkpointsOf(account).map(({ percentage, delay }) => [percentage, delay])).toEqual([
      ['25', '60'],
      ['50', '60'],
    ]);
  });

  it('skips a checkpoint that one replacement passes together with the next one', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 2 });
    startRefresh(account, { preferences: { ...oneByOne, CheckpointPercentages: [10, 40, 100], CheckpointDelay: 60 } });
    await account.until(isOver(account));
    expect(checkpointsOf(account).map(({ percentage }) => percentage)).toEqual(['40']);
  });

  it('reaches a checkpoint again when the group has grown', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 2 });
    startRefresh(account, {
      preferences: { ...oneByOne, CheckpointPercentages: [50, 100], CheckpointDelay: 600, InstanceWarmup: 900 },
    });
    await account.until(() => checkpointsOf(account).length === 1);
    await account.pass(5 * MINUTE);
    account.autoScaling.setDesiredCapacity('nodes', 4);
    await account.until(isOver(account));
    expect(checkpointsOf(account).map(({ percentage }) => percentage)).toEqual(['50', '50']);
  });

  it('does not use up the hour without progress while it pauses', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: { ...oneByOne, CheckpointPercentages: [25, 100], CheckpointDelay: 172_800 } });
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('Successful');
  });

  it('is successful at the last checkpoint of a list that ends before 100', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: { ...oneByOne, CheckpointPercentages: [50], CheckpointDelay: 60 } });
    await account.until(isOver(account));
    expect(latestRefresh(account)).toMatchObject({ Status: 'Successful', PercentageComplete: 50 });
    expect(imagesOf(account).filter((imageId) => imageId === OLD_AMI)).toHaveLength(2);
  });

  it.each([
    { matchingInstancesCountAsUpdated: true, percentage: 75, pauses: 1 },
    { matchingInstancesCountAsUpdated: false, percentage: 0, pauses: 0 },
  ])('counts instances that match already as updated: $matchingInstancesCountAsUpdated', async (row) => {
    const account = anAccount({ behaviour: { matchingInstancesCountAsUpdated: row.matchingInstancesCountAsUpdated } });
    aGroup(account);
    startRefresh(account, { preferences: { ...oneByOne, CheckpointPercentages: [75], CheckpointDelay: 60 } });
    await account.until(isOver(account));
    const before = checkpointsOf(account).length;
    startRefresh(account, {
      preferences: { ...oneByOne, SkipMatching: true, CheckpointPercentages: [50, 100], CheckpointDelay: 60 },
    });
    await account.pass(10_000);
    expect(latestRefresh(account).PercentageComplete).toBe(row.percentage);
    await account.until(isOver(account));
    expect(latestRefresh(account)).toMatchObject({ Status: 'Successful', PercentageComplete: 100 });
    expect(checkpointsOf(account)).toHaveLength(before + row.pauses);
  });
});
