import { describe, expect, it } from 'vitest';
import { aGroup, anAccount, inService, MINUTE, refusalOf } from './an-account.ts';

type Activities = { readonly Activities: readonly { readonly Cause: string; readonly Description: string }[] };

describe('an instance that somebody calls unhealthy', () => {
  const given = (overrides: Parameters<typeof aGroup>[1] = {}) => {
    const account = anAccount();
    const group = aGroup(account, overrides);
    const InstanceId = group.instances[0]?.instanceId ?? '';
    const set = (input: object = {}) =>
      account.call('SetInstanceHealth', { InstanceId, HealthStatus: 'Unhealthy', ...input });
    const ids = () => account.autoScaling.group('nodes')?.instances.map(({ instanceId }) => instanceId);
    return { ...account, account, InstanceId, set, ids };
  };

  it('is replaced, and the activity says why', async () => {
    const { account, set, ids, InstanceId, pass, call } = given();
    set();
    await pass(10 * MINUTE);
    expect(ids()).not.toContain(InstanceId);
    expect(inService(account)).toBe(4);
    const { Activities: told } = call<Activities>('DescribeScalingActivities', { AutoScalingGroupName: 'nodes' });
    expect(told.find(({ Description }) => Description.includes(InstanceId))?.Cause).toContain('a user health-check');
  });

  it('stays while ReplaceUnhealthy is suspended, and when it is called healthy before', async () => {
    const { set, ids, InstanceId, pass, call } = given();
    call('SuspendProcesses', { AutoScalingGroupName: 'nodes', ScalingProcesses: ['ReplaceUnhealthy'] });
    set();
    await pass(10 * MINUTE);
    expect(ids()).toContain(InstanceId);
    set({ HealthStatus: 'Healthy' });
    call('ResumeProcesses', { AutoScalingGroupName: 'nodes' });
    await pass(10 * MINUTE);
    expect(ids()).toContain(InstanceId);
  });

  it('is left alone in its grace period unless the caller does not respect it', async () => {
    const { set, ids, InstanceId, pass } = given({ healthCheckGracePeriod: 200_000 });
    set();
    await pass(10 * MINUTE);
    expect(ids()).toContain(InstanceId);
    set({ ShouldRespectGracePeriod: false });
    await pass(10 * MINUTE);
    expect(ids()).not.toContain(InstanceId);
  });

  it('is refused another state than the two that there are', () => {
    const { set } = given();
    expect(refusalOf(() => set({ HealthStatus: 'Poorly' }))).toMatchObject({ code: 'ValidationError' });
  });
});

it('a group whose template was deleted launches no more, and says so in its activities', async () => {
  const account = anAccount();
  aGroup(account);
  const { ec2, templateId, pass, call } = account;
  const state = ec2.service.operations.DeleteLaunchTemplate as unknown as { run: (input: object) => unknown };
  state.run({ LaunchTemplateId: templateId });
  call('SetDesiredCapacity', { AutoScalingGroupName: 'nodes', DesiredCapacity: 5 });
  await pass(10 * MINUTE);
  expect(inService(account)).toBe(4);
  const { Activities: told } = call<Activities>('DescribeScalingActivities', { AutoScalingGroupName: 'nodes' });
  expect(told[0]).toMatchObject({ StatusCode: 'Failed', StatusMessage: expect.stringContaining(templateId) });
});
