import { describe, expect, it } from 'vitest';
import {
  type Account,
  aGroup,
  anAccount,
  imagesOf,
  isOver,
  latestRefresh,
  MINUTE,
  NEW_AMI,
  OLD_AMI,
  refusalOf,
  run,
  startRefresh,
} from './an-account.ts';

const oneByOne = { MinHealthyPercentage: 100, MaxHealthyPercentage: 100 };
const launchHook = {
  LifecycleHookName: 'admit',
  LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
  HeartbeatTimeout: 300,
  DefaultResult: 'ABANDON',
};
const detailTypes = (account: Account) =>
  account.events.map((event) => event['detail-type']).filter((type) => type.includes('Instance Refresh'));
const statuses = (account: Account) => account.log('refresh.status').map(({ details }) => details.status);
const cancel = (account: Account, input = {}) =>
  account.call('CancelInstanceRefresh', { AutoScalingGroupName: 'nodes', ...input });
const rollBack = (account: Account) => account.call('RollbackInstanceRefresh', { AutoScalingGroupName: 'nodes' });

describe('rolling back a refresh', () => {
  it('replaces what was launched and keeps the saved configuration', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: oneByOne });
    await account.until(() => latestRefresh(account).PercentageComplete === 50);
    rollBack(account);
    expect(latestRefresh(account)).toMatchObject({
      Status: 'RollbackInProgress',
      RollbackDetails: { PercentageCompleteOnRollback: 50, InstancesToUpdateOnRollback: 2 },
    });
    await account.until(isOver(account));
    expect(latestRefresh(account)).toMatchObject({
      Status: 'RollbackSuccessful',
      PercentageComplete: 0,
      InstancesToUpdate: 2,
    });
    expect(imagesOf(account)).toEqual(Array(4).fill(OLD_AMI));
    expect(account.autoScaling.group('nodes')?.launchTemplate?.Version).toBe('1');
    expect(detailTypes(account)).toEqual([
      'EC2 Auto Scaling Instance Refresh Started',
      'EC2 Auto Scaling Instance Refresh Rollback Started',
      'EC2 Auto Scaling Instance Refresh Rollback Succeeded',
    ]);
  });

  it('takes out an instance that still waits for its launch hook, and no old one', async () => {
    const account = anAccount();
    aGroup(account, { hooks: [launchHook] });
    startRefresh(account, { preferences: oneByOne });
    await account.until(
      () => account.autoScaling.group('nodes')?.instances.some(({ state }) => state === 'Pending:Wait') === true,
    );
    rollBack(account);
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('RollbackSuccessful');
    expect(imagesOf(account)).toEqual(Array(4).fill(OLD_AMI));
    expect(account.log('instance.shutting-down').map(({ details }) => details.imageId)).toEqual([NEW_AMI]);
  });

  it('leaves alone what was there before, also when it never had the saved configuration', async () => {
    const account = anAccount();
    const before = aGroup(account, {
      launchTemplate: { LaunchTemplateId: account.templateId, Version: '2' },
    }).instances;
    account.autoScaling.setLaunchTemplate('nodes', { LaunchTemplateId: account.templateId, Version: '1' });
    startRefresh(account, { preferences: oneByOne });
    await account.until(() => latestRefresh(account).PercentageComplete === 25);
    rollBack(account);
    await account.until(isOver(account));
    const after = account.autoScaling.group('nodes')?.instances.map(({ instanceId }) => instanceId) ?? [];
    expect(before.filter(({ instanceId }) => after.includes(instanceId))).toHaveLength(3);
    expect(imagesOf(account)).toEqual([NEW_AMI, NEW_AMI, NEW_AMI, OLD_AMI]);
  });

  it('happens by itself when the refresh was started with AutoRollback and fails', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: { ...oneByOne, AutoRollback: true } });
    await account.until(() => latestRefresh(account).PercentageComplete === 25);
    account.call('SuspendProcesses', { AutoScalingGroupName: 'nodes', ScalingProcesses: ['Launch'] });
    await account.until(() => latestRefresh(account).Status === 'RollbackInProgress');
    account.call('ResumeProcesses', { AutoScalingGroupName: 'nodes', ScalingProcesses: ['Launch'] });
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('RollbackSuccessful');
    expect(imagesOf(account)).toEqual(Array(4).fill(OLD_AMI));
    expect(statuses(account)).not.toContain('Failed');
  });

  it('fails when it makes no progress for an hour either', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: { ...oneByOne, AutoRollback: true } });
    await account.until(() => latestRefresh(account).PercentageComplete === 25);
    account.call('SuspendProcesses', { AutoScalingGroupName: 'nodes', ScalingProcesses: ['Launch'] });
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('RollbackFailed');
  });

  it.each([
    { case: '$Latest', saved: '$Latest' },
    { case: '$Default', saved: '$Default' },
    { case: 'an SSM parameter', saved: 'ssm' },
  ])('is impossible when the group has saved $case', async ({ saved }) => {
    const account = anAccount();
    aGroup(account);
    account.ec2.addLaunchTemplateVersion(
      { LaunchTemplateId: account.templateId },
      { sourceVersion: '1', data: { ImageId: 'resolve:ssm:/images/win2022' } },
    );
    const version = saved === 'ssm' ? '3' : saved;
    account.autoScaling.setLaunchTemplate('nodes', { LaunchTemplateId: account.templateId, Version: version });
    startRefresh(account, { preferences: oneByOne });
    expect(refusalOf(() => rollBack(account))?.code).toBe('IrreversibleInstanceRefresh');
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('Successful');
  });

  it('is impossible when the saved version has been deleted', () => {
    const account = anAccount();
    aGroup(account);
    account.ec2.addLaunchTemplateVersion({ LaunchTemplateId: account.templateId }, { sourceVersion: '1', data: {} });
    account.autoScaling.setLaunchTemplate('nodes', { LaunchTemplateId: account.templateId, Version: '3' });
    startRefresh(account, { preferences: oneByOne });
    run(account.ec2.service, 'DeleteLaunchTemplateVersions', { LaunchTemplateId: account.templateId, Versions: ['3'] });
    expect(refusalOf(() => rollBack(account))?.code).toBe('IrreversibleInstanceRefresh');
  });

  it('is impossible without a desired configuration', () => {
    const account = anAccount();
    aGroup(account);
    account.call('StartInstanceRefresh', { AutoScalingGroupName: 'nodes' });
    expect(refusalOf(() => rollBack(account))?.code).toBe('IrreversibleInstanceRefresh');
  });

  it('finds nothing to roll back once the refresh is over', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: oneByOne });
    await account.until(isOver(account));
    expect(refusalOf(() => rollBack(account))?.code).toBe('ActiveInstanceRefreshNotFound');
    expect(refusalOf(() => cancel(account))?.code).toBe('ActiveInstanceRefreshNotFound');
  });

  it.each([
    { rollbackWhileBaking: true, code: undefined },
    { rollbackWhileBaking: false, code: 'ActiveInstanceRefreshNotFound' },
  ])('in the bake time is answered with $code when rollbackWhileBaking is $rollbackWhileBaking', async (row) => {
    const account = anAccount({ behaviour: { rollbackWhileBaking: row.rollbackWhileBaking } });
    aGroup(account);
    startRefresh(account, { preferences: { ...oneByOne, BakeTime: 600 } });
    await account.until(() => latestRefresh(account).Status === 'Baking');
    expect(refusalOf(() => rollBack(account))?.code).toBe(row.code);
    await account.until(isOver(account));
    expect(imagesOf(account)).toEqual(Array(4).fill(row.rollbackWhileBaking ? OLD_AMI : NEW_AMI));
  });
});

describe('cancelling a refresh', () => {
  it('keeps what is replaced, and launches from the old configuration again', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: oneByOne });
    await account.until(() => latestRefresh(account).PercentageComplete === 50);
    cancel(account);
    await account.until(isOver(account));
    account.autoScaling.setDesiredCapacity('nodes', 5);
    await account.pass(5 * MINUTE);
    expect(imagesOf(account).toSorted()).toEqual([OLD_AMI, OLD_AMI, OLD_AMI, NEW_AMI, NEW_AMI]);
    expect(latestRefresh(account)).toMatchObject({ Status: 'Cancelled', PercentageComplete: 50 });
    expect(detailTypes(account).at(-1)).toBe('EC2 Auto Scaling Instance Refresh Cancelled');
  });

  it.each([
    { WaitForTransitioningInstances: undefined, waits: true },
    { WaitForTransitioningInstances: false, waits: false },
  ])('waits for instances on their way in: $waits', async ({ WaitForTransitioningInstances, waits }) => {
    const account = anAccount();
    aGroup(account, { hooks: [launchHook] });
    startRefresh(account, { preferences: oneByOne });
    await account.until(
      () => account.autoScaling.group('nodes')?.instances.some(({ state }) => state === 'Pending:Wait') === true,
    );
    cancel(account, { WaitForTransitioningInstances });
    await account.pass(MINUTE);
    expect(latestRefresh(account).Status).toBe(waits ? 'Cancelling' : 'Cancelled');
    await account.pass(20 * MINUTE);
    expect(latestRefresh(account).Status).toBe('Cancelled');
    expect(imagesOf(account)).toEqual(Array(4).fill(OLD_AMI));
  });

  it('launches from the old configuration as soon as it has begun', async () => {
    const account = anAccount();
    aGroup(account, { hooks: [launchHook] });
    startRefresh(account, { preferences: oneByOne });
    await account.until(
      () => account.autoScaling.group('nodes')?.instances.some(({ state }) => state === 'Pending:Wait') === true,
    );
    cancel(account);
    account.autoScaling.setDesiredCapacity('nodes', 6);
    await account.pass(MINUTE);
    expect(latestRefresh(account).Status).toBe('Cancelling');
    expect(account.log('instance.launching').map(({ details }) => details.imageId)).toEqual([NEW_AMI, OLD_AMI]);
  });

  it('works on a rollback too', async () => {
    const account = anAccount();
    aGroup(account);
    startRefresh(account, { preferences: oneByOne });
    await account.until(() => latestRefresh(account).PercentageComplete === 75);
    rollBack(account);
    await account.pass(MINUTE);
    cancel(account);
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('Cancelled');
    expect(imagesOf(account)).toContain(NEW_AMI);
  });
});
