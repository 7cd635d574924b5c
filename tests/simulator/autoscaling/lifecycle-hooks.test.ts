import { describe, expect, it } from 'vitest';
import {
  type Account,
  type AccountOptions,
  aGroup,
  anAccount,
  HOUR,
  inService,
  MINUTE,
  refusalOf,
} from './an-account.ts';

const launching = 'autoscaling:EC2_INSTANCE_LAUNCHING';
const terminating = 'autoscaling:EC2_INSTANCE_TERMINATING';
const aHook = (overrides = {}) => ({
  LifecycleHookName: 'admit',
  LifecycleTransition: launching,
  HeartbeatTimeout: 300,
  DefaultResult: 'ABANDON',
  ...overrides,
});

const states = (account: Account) => account.autoScaling.group('nodes')?.instances.map(({ state }) => state) ?? [];
const idOf = (account: Account, state: string) =>
  account.autoScaling.group('nodes')?.instances.find((instance) => instance.state === state)?.instanceId;
const lifecycleEvents = (account: Account) =>
  account.events.filter((event) => event['detail-type'].endsWith('Lifecycle Action'));
const answer = (account: Account, input: object) =>
  account.call('CompleteLifecycleAction', { AutoScalingGroupName: 'nodes', LifecycleHookName: 'admit', ...input });
const activities = (account: Account) =>
  account.call<{ Activities: { StatusCode: string; StatusMessage?: string; Description: string; Cause: string }[] }>(
    'DescribeScalingActivities',
    { AutoScalingGroupName: 'nodes' },
  ).Activities;

/** A group of one that grows to two, as soon as the new instance waits for its hooks. */
async function aWaitingLaunch(hooks = [aHook()], options: AccountOptions = {}) {
  const account = anAccount(options);
  aGroup(account, { desiredCapacity: 1, hooks });
  account.autoScaling.setDesiredCapacity('nodes', 2);
  await account.until(() => states(account).includes('Pending:Wait'));
  return { account, instanceId: idOf(account, 'Pending:Wait') ?? '' };
}

/** A group of one that shrinks to none, as soon as its instance waits for the hooks. */
async function aWaitingTermination(hooks: ReturnType<typeof aHook>[], options: AccountOptions = {}) {
  const account = anAccount(options);
  aGroup(account, { desiredCapacity: 1, hooks });
  account.autoScaling.setDesiredCapacity('nodes', 0);
  await account.until(() => states(account).includes('Terminating:Wait'));
  return { account, instanceId: idOf(account, 'Terminating:Wait') ?? '' };
}

describe('a launch hook', () => {
  it('raises the documented event, once per hook', async () => {
    const { account, instanceId } = await aWaitingLaunch([
      aHook({ NotificationMetadata: '{"cluster":"demo"}' }),
      aHook({ LifecycleHookName: 'second' }),
    ]);
    expect(
      lifecycleEvents(account).map(({ source, detail, resources, ...event }) => ({
        source,
        type: event['detail-type'],
        detail,
        resources,
      })),
    ).toEqual([
      {
        source: 'aws.autoscaling',
        type: 'EC2 Instance-launch Lifecycle Action',
        resources: [account.autoScaling.group('nodes')?.arn],
        detail: {
          LifecycleActionToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
          AutoScalingGroupName: 'nodes',
          LifecycleHookName: 'admit',
          EC2InstanceId: instanceId,
          LifecycleTransition: launching,
          NotificationMetadata: '{"cluster":"demo"}',
          Origin: 'EC2',
          Destination: 'AutoScalingGroup',
        },
      },
      expect.objectContaining({ detail: expect.objectContaining({ LifecycleHookName: 'second' }) }),
    ]);
  });

  it.each([
    { missingNotificationMetadata: 'absent', has: false },
    { missingNotificationMetadata: 'empty', has: true },
  ] as const)('without metadata has the member in its event: $has', async ({ missingNotificationMetadata, has }) => {
    const { account } = await aWaitingLaunch([aHook()], { behaviour: { missingNotificationMetadata } });
    expect('NotificationMetadata' in (lifecycleEvents(account)[0]?.detail ?? {})).toBe(has);
  });

  it('lets an instance into service after CONTINUE, by token or by instance', async () => {
    for (const by of ['token', 'instance']) {
      const { account, instanceId } = await aWaitingLaunch();
      const token = lifecycleEvents(account)[0]?.detail.LifecycleActionToken;
      answer(account, {
        LifecycleActionResult: 'CONTINUE',
        ...(by === 'token' ? { LifecycleActionToken: token } : { InstanceId: instanceId }),
      });
      expect(states(account)).toEqual(['InService', 'Pending:Proceed']);
      await account.pass(MINUTE);
      expect(states(account)).toEqual(['InService', 'InService']);
    }
  });

  it('keeps an instance waiting until the last hook has answered', async () => {
    const { account, instanceId } = await aWaitingLaunch([aHook(), aHook({ LifecycleHookName: 'second' })]);
    answer(account, { LifecycleActionResult: 'CONTINUE', InstanceId: instanceId });
    expect(states(account)).toContain('Pending:Wait');
    answer(account, { LifecycleHookName: 'second', LifecycleActionResult: 'CONTINUE', InstanceId: instanceId });
    expect(states(account)).toContain('Pending:Proceed');
  });

  it('terminates and replaces an instance after ABANDON, whatever the other hooks would say', async () => {
    const { account, instanceId } = await aWaitingLaunch([aHook(), aHook({ LifecycleHookName: 'second' })]);
    answer(account, { LifecycleActionResult: 'ABANDON', InstanceId: instanceId });
    expect(states(account)).toEqual(['InService', 'Terminating']);
    await account.until(() => states(account).includes('Pending:Wait'));
    expect(idOf(account, 'Pending:Wait')).not.toBe(instanceId);
    const cancelled = activities(account).find(({ StatusCode }) => StatusCode === 'Cancelled');
    expect(cancelled?.StatusMessage).toMatch(/was abandoned: Lifecycle Action Completed with ABANDON Result$/);
    expect(account.events.map((event) => event['detail-type'])).toContain('EC2 Instance Launch Unsuccessful');
  });

  it.each([
    { DefaultResult: 'CONTINUE', inServiceAfter: 2 },
    { DefaultResult: 'ABANDON', inServiceAfter: 1 },
  ])('that times out does as its default result $DefaultResult says', async ({ DefaultResult, inServiceAfter }) => {
    const { account, instanceId } = await aWaitingLaunch([aHook({ DefaultResult })]);
    await account.pass(299_000);
    expect(idOf(account, 'Pending:Wait')).toBe(instanceId);
    await account.pass(10_000);
    expect(inService(account)).toBe(inServiceAfter);
  });

  it('abandons by default, after an hour', () => {
    const account = anAccount();
    aGroup(account);
    account.call('PutLifecycleHook', {
      AutoScalingGroupName: 'nodes',
      LifecycleHookName: 'plain',
      LifecycleTransition: launching,
    });
    expect(account.call('DescribeLifecycleHooks', { AutoScalingGroupName: 'nodes' })).toEqual({
      LifecycleHooks: [
        {
          LifecycleHookName: 'plain',
          AutoScalingGroupName: 'nodes',
          LifecycleTransition: launching,
          HeartbeatTimeout: 3600,
          GlobalTimeout: 172_800,
          DefaultResult: 'ABANDON',
        },
      ],
    });
  });

  it('that is deleted abandons the launches that wait for it', async () => {
    const { account } = await aWaitingLaunch();
    account.call('DeleteLifecycleHook', { AutoScalingGroupName: 'nodes', LifecycleHookName: 'admit' });
    expect(states(account)).toEqual(['InService', 'Terminating']);
    await account.pass(10 * MINUTE);
    expect(states(account)).toEqual(['InService', 'InService']);
  });

  it('slows down launches that are abandoned again and again', async () => {
    const { account } = await aWaitingLaunch([aHook({ HeartbeatTimeout: 30 })], {
      behaviour: { launchBackOff: [60_000, 600_000] },
    });
    await account.pass(2 * HOUR);
    const launches = account.log('instance.launching').map(({ at }) => at);
    const gaps = launches.slice(1).map((at, index) => at - (launches[index] ?? 0));
    expect(gaps.length).toBeGreaterThan(5);
    expect(gaps.slice(0, 3)).toEqual(gaps.slice(0, 3).toSorted((a, b) => a - b));
    expect(Math.max(...gaps)).toBeLessThan(12 * MINUTE);
    expect(gaps.at(-1)).toBeGreaterThan(10 * MINUTE);
  });
});

describe('a heartbeat', () => {
  it('starts the whole time-out again, up to a hundred times the time-out', async () => {
    const { account, instanceId } = await aWaitingLaunch([aHook({ HeartbeatTimeout: 30 })]);
    const began = account.kernel.clock.now();
    const beat = () =>
      account.call('RecordLifecycleActionHeartbeat', {
        AutoScalingGroupName: 'nodes',
        LifecycleHookName: 'admit',
        InstanceId: instanceId,
      });
    while (idOf(account, 'Pending:Wait') === instanceId) {
      beat();
      await account.pass(20_000);
    }
    expect(account.kernel.clock.now() - began).toBeGreaterThanOrEqual(3_000_000);
    expect(account.kernel.clock.now() - began).toBeLessThan(3_030_000);
    expect(refusalOf(beat)).toEqual({
      code: 'ValidationError',
      message: `No active Lifecycle Action found with instance ID ${instanceId}`,
    });
  });
});

describe('answers that come too late', () => {
  it('are refused with the words that clients look for', async () => {
    const { account, instanceId } = await aWaitingLaunch();
    const LifecycleActionToken = lifecycleEvents(account)[0]?.detail.LifecycleActionToken;
    answer(account, { LifecycleActionResult: 'CONTINUE', InstanceId: instanceId });
    expect(refusalOf(() => answer(account, { LifecycleActionResult: 'CONTINUE', LifecycleActionToken }))).toEqual({
      code: 'ValidationError',
      message: `No active Lifecycle Action found with token ${LifecycleActionToken}`,
    });
  });
});

describe('a terminate hook', () => {
  const drain = aHook({ LifecycleHookName: 'admit', LifecycleTransition: terminating });
  const other = aHook({ LifecycleHookName: 'other', LifecycleTransition: terminating });

  it('keeps the machine running until it has answered', async () => {
    const { account, instanceId } = await aWaitingTermination([drain]);
    await account.pass(4 * MINUTE);
    expect(account.ec2.instance(instanceId)?.state).toBe('running');
    answer(account, { LifecycleActionResult: 'CONTINUE', InstanceId: instanceId });
    expect(states(account)).toEqual(['Terminating:Proceed']);
    await account.pass(5 * MINUTE);
    expect(states(account)).toEqual([]);
    expect(account.ec2.instance(instanceId)?.state).toBe('terminated');
    expect(lifecycleEvents(account)[0]).toMatchObject({
      'detail-type': 'EC2 Instance-terminate Lifecycle Action',
      detail: { Origin: 'AutoScalingGroup', Destination: 'EC2', LifecycleTransition: terminating },
    });
  });

  it.each([
    { result: 'CONTINUE', state: 'Terminating:Wait' },
    { result: 'ABANDON', state: 'Terminating:Proceed' },
  ])('that answers $result leaves an instance with another hook in $state', async ({ result, state }) => {
    const { account, instanceId } = await aWaitingTermination([drain, other]);
    answer(account, { LifecycleActionResult: result, InstanceId: instanceId });
    expect(states(account)).toEqual([state]);
  });

  it('ends in termination after its time-out too', async () => {
    const { account } = await aWaitingTermination([drain]);
    await account.pass(10 * MINUTE);
    expect(states(account)).toEqual([]);
  });

  it.each([
    { terminateHooksAfterAbandonedLaunch: true, state: 'Terminating:Wait' },
    { terminateHooksAfterAbandonedLaunch: false, state: 'Terminating' },
  ])('meets an abandoned launch in $state', async ({ terminateHooksAfterAbandonedLaunch, state }) => {
    const hooks = [aHook(), aHook({ LifecycleHookName: 'other', LifecycleTransition: terminating })];
    const { account, instanceId } = await aWaitingLaunch(hooks, { behaviour: { terminateHooksAfterAbandonedLaunch } });
    answer(account, { LifecycleActionResult: 'ABANDON', InstanceId: instanceId });
    expect(states(account)).toEqual(['InService', state]);
  });
});

describe('target groups', () => {
  const arns = ['arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/web/0123456789abcdef'];
  const drain = aHook({ LifecycleHookName: 'drain', LifecycleTransition: terminating });

  it.each([
    { deregistersBeforeTerminateHooks: true, at: 'after their delay', early: 'Terminating', waitedAtHook: 0 },
    { deregistersBeforeTerminateHooks: false, at: 'at once', early: 'Terminating:Wait', waitedAtHook: 1 },
  ])(
    'have an instance meet its terminate hooks $at',
    async ({ deregistersBeforeTerminateHooks, early, waitedAtHook }) => {
      const account = anAccount({ behaviour: { deregistersBeforeTerminateHooks } });
      aGroup(account, { desiredCapacity: 1, hooks: [drain], targetGroups: { arns, deregistrationDelaySeconds: 300 } });
      account.autoScaling.setDesiredCapacity('nodes', 0);
      await account.until(() => states(account).some((state) => state.startsWith('Terminating')));
      await account.pass(4 * MINUTE);
      expect(states(account)).toEqual([early]);
      expect(lifecycleEvents(account)).toHaveLength(waitedAtHook);
      await account.pass(2 * MINUTE);
      expect(lifecycleEvents(account)).toHaveLength(1);
    },
  );

  it('stand in the description of the group', () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 0, targetGroups: { arns, deregistrationDelaySeconds: 300 } });
    const { AutoScalingGroups } = account.call<{ AutoScalingGroups: object[] }>('DescribeAutoScalingGroups', {});
    expect(AutoScalingGroups[0]).toMatchObject({
      TargetGroupARNs: arns,
      TrafficSources: [{ Identifier: arns[0], Type: 'elbv2' }],
    });
  });
});

describe('the definition of a hook', () => {
  it.each([
    { case: 'a heartbeat below 30 seconds', hook: aHook({ HeartbeatTimeout: 29 }), code: 'ValidationError' },
    { case: 'a heartbeat above two hours', hook: aHook({ HeartbeatTimeout: 7201 }), code: 'ValidationError' },
    { case: 'no transition', hook: aHook({ LifecycleTransition: undefined }), code: 'ValidationError' },
    { case: 'an unknown default result', hook: aHook({ DefaultResult: 'RETRY' }), code: 'ValidationError' },
    {
      case: 'a notification target',
      hook: aHook({ NotificationTargetARN: 'arn:aws:sns:us-west-2:111122223333:t' }),
      code: 'NotSimulated',
    },
  ])('is refused for $case', ({ hook, code }) => {
    const account = anAccount();
    aGroup(account);
    expect(refusalOf(() => account.call('PutLifecycleHook', { AutoScalingGroupName: 'nodes', ...hook }))?.code).toBe(
      code,
    );
    expect(account.autoScaling.group('nodes')?.hooks).toEqual([]);
  });

  it('is one of at most fifty', () => {
    const account = anAccount();
    aGroup(account);
    const put = (index: number) =>
      account.call('PutLifecycleHook', {
        AutoScalingGroupName: 'nodes',
        ...aHook({ LifecycleHookName: `hook-${index}` }),
      });
    for (let index = 0; index < 50; index++) put(index);
    expect(refusalOf(() => put(50))?.code).toBe('LimitExceeded');
    expect(refusalOf(() => put(49))).toBeUndefined();
  });
});
