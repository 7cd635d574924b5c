import { describe, expect, it } from 'vitest';
import {
  type Account,
  aGroup,
  anAccount,
  type GroupOverrides,
  HOUR,
  imagesOf,
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
const launching = 'autoscaling:EC2_INSTANCE_LAUNCHING';
const terminating = 'autoscaling:EC2_INSTANCE_TERMINATING';
const admit = { LifecycleHookName: 'admit', LifecycleTransition: launching, HeartbeatTimeout: 3600 };
const drain = { LifecycleHookName: 'drain', LifecycleTransition: terminating, HeartbeatTimeout: 3600 };

const pooled = (account: Account) => account.autoScaling.group('nodes')?.warmPool ?? [];
const poolStates = (account: Account) => pooled(account).map(({ state }) => state);
const groupStates = (account: Account) =>
  (account.autoScaling.group('nodes')?.instances ?? []).map(({ state }) => state);

/** A group of two with a pool of two, whatever the pool is otherwise. */
async function aPool(pool: object = {}, overrides: GroupOverrides = {}, account = anAccount()): Promise<Account> {
  aGroup(account, {
    ...{ desiredCapacity: 2, maxSize: 6, warmPool: { MinSize: 0, MaxGroupPreparedCapacity: 4, ...pool } },
    ...overrides,
  });
  await account.pass(30 * MINUTE);
  return account;
}

const lifecycleEvents = (account: Account) =>
  account.events
    .filter((event) => event['detail-type'].endsWith('Lifecycle Action'))
    .map((event) => event.detail as Record<string, string>);

const routes = (account: Account) =>
  lifecycleEvents(account).map(({ Origin, Destination }) => `${Origin} ${Destination}`);

/** Answers every hook that an instance waits at. */
function answerAll(account: Account, LifecycleActionResult = 'CONTINUE', hooks = ['admit', 'drain']): number {
  const waiting = [...pooled(account), ...(account.autoScaling.group('nodes')?.instances ?? [])].filter(({ state }) =>
    state.endsWith(':Wait'),
  );
  for (const { instanceId: InstanceId } of waiting) {
    for (const LifecycleHookName of hooks) {
      const input = { ...named, InstanceId, LifecycleHookName, LifecycleActionResult };
      refusalOf(() => account.call('CompleteLifecycleAction', input));
    }
  }
  return waiting.length;
}

describe('a warm pool', () => {
  it.each([
    { PoolState: 'Stopped', rest: 'Warmed:Stopped', machine: 'stopped' },
    { PoolState: 'Running', rest: 'Warmed:Running', machine: 'running' },
  ])(
    'of state $PoolState fills up to the prepared capacity, beside the group',
    async ({ PoolState, rest, machine }) => {
      const account = await aPool({ PoolState });
      expect(poolStates(account)).toEqual([rest, rest]);
      expect(pooled(account).map(({ instanceId }) => account.ec2.instance(instanceId)?.state)).toEqual([
        machine,
        machine,
      ]);
      expect(inService(account)).toBe(2);

      const { Instances, WarmPoolConfiguration } = account.call<Record<string, object[]>>('DescribeWarmPool', named);
      expect(WarmPoolConfiguration).toEqual({ MinSize: 0, MaxGroupPreparedCapacity: 4, PoolState });
      expect(Instances).toMatchObject([{ LifecycleState: rest }, { LifecycleState: rest }]);
      const { AutoScalingGroups } = account.call<Record<string, object[]>>('DescribeAutoScalingGroups', named);
      expect(AutoScalingGroups).toMatchObject([{ WarmPoolSize: 2, Instances: [{}, {}] }]);
    },
  );

  it.each([
    {
      case: 'the difference between MaxSize and the desired capacity',
      pool: { MaxGroupPreparedCapacity: -1 },
      size: 4,
    },
    { case: 'nothing above the prepared capacity', pool: { MaxGroupPreparedCapacity: 1 }, size: 0 },
    { case: 'its minimum, whatever is prepared', pool: { MaxGroupPreparedCapacity: 1, MinSize: 3 }, size: 3 },
  ])('has $case', async ({ pool, size }) => {
    expect(poolStates(await aPool(pool))).toHaveLength(size);
  });

  it('gives what it has when the group grows, and is filled again', async () => {
    const account = await aPool({ MinSize: 2 });
    const before = pooled(account).map(({ instanceId }) => instanceId);
    account.autoScaling.setDesiredCapacity('nodes', 5);
    await account.until(() => inService(account) === 5);
    const members = (account.autoScaling.group('nodes')?.instances ?? []).map(({ instanceId }) => instanceId);
    expect(before.filter((instanceId) => members.includes(instanceId))).toEqual(before);
    expect(before.map((instanceId) => account.ec2.instance(instanceId)?.state)).toEqual(['running', 'running']);
    await account.pass(30 * MINUTE);
    expect(poolStates(account)).toEqual(['Warmed:Stopped', 'Warmed:Stopped']);
  });

  it('lets an instance wait for launch hooks on the way in and again on the way out, by another token', async () => {
    const account = await aPool({}, { hooks: [admit] });
    expect(poolStates(account)).toEqual(['Warmed:Pending:Wait', 'Warmed:Pending:Wait']);
    expect(routes(account)).toEqual(['EC2 WarmPool', 'EC2 WarmPool']);
    expect(answerAll(account)).toBe(2);
    await account.pass(10 * MINUTE);
    expect(poolStates(account)).toEqual(['Warmed:Stopped', 'Warmed:Stopped']);

    account.autoScaling.setDesiredCapacity('nodes', 3);
    await account.until(() => groupStates(account).includes('Pending:Wait'));
    const again = lifecycleEvents(account).at(-1);
    const first = lifecycleEvents(account).find(({ EC2InstanceId }) => EC2InstanceId === again?.EC2InstanceId);
    expect(routes(account).slice(2)).toEqual(['WarmPool AutoScalingGroup']);
    expect(again?.LifecycleActionToken).not.toBe(first?.LifecycleActionToken);
    answerAll(account);
    await account.until(() => inService(account) === 3);
  });

  it('loses an instance whose launch is abandoned, through the terminate hooks, and launches another', async () => {
    const account = await aPool({}, { hooks: [admit, drain] });
    const before = pooled(account).map(({ instanceId }) => instanceId);
    answerAll(account, 'ABANDON', ['admit']);
    await account.until(() => poolStates(account).includes('Warmed:Terminating:Wait'));
    expect(routes(account).slice(2)).toEqual(['WarmPool EC2', 'WarmPool EC2']);
    answerAll(account);
    await account.until(() => before.every((id) => account.ec2.instance(id)?.state === 'terminated'));
    await account.pass(HOUR / 2);
    expect(pooled(account).filter(({ instanceId }) => !before.includes(instanceId))).toHaveLength(2);
  });

  it.each([
    { ReuseOnScaleIn: true, kept: 2, route: 'AutoScalingGroup WarmPool' },
    { ReuseOnScaleIn: false, kept: 0, route: 'AutoScalingGroup EC2' },
  ])(
    'takes instances back on scale-in by its reuse policy: $ReuseOnScaleIn',
    async ({ ReuseOnScaleIn, kept, route }) => {
      const pool = { InstanceReusePolicy: { ReuseOnScaleIn }, MaxGroupPreparedCapacity: 4 };
      const account = await aPool(pool, { desiredCapacity: 4, hooks: [drain] });
      const before = (account.autoScaling.group('nodes')?.instances ?? []).map(({ instanceId }) => instanceId);
      account.autoScaling.setDesiredCapacity('nodes', 2);
      await account.until(() => lifecycleEvents(account).length === 2);
      expect(routes(account)).toEqual([route, route]);
      const waiting = ReuseOnScaleIn ? poolStates(account) : groupStates(account);
      const wait = ReuseOnScaleIn ? 'Warmed:Pending:Wait' : 'Terminating:Wait';
      expect(waiting.filter((state) => state === wait)).toHaveLength(2);
      for (let minutes = 0; minutes < 60; minutes += 1) {
        answerAll(account);
        await account.pass(MINUTE);
      }
      expect(poolStates(account)).toEqual(['Warmed:Stopped', 'Warmed:Stopped']);
      expect(pooled(account).filter(({ instanceId }) => before.includes(instanceId))).toHaveLength(kept);
    },
  );

  it('replaces an instance that somebody terminates', async () => {
    const account = await aPool();
    const [lost] = pooled(account);
    account.ec2.terminateInstance(lost?.instanceId ?? '');
    await account.pass(HOUR);
    expect(poolStates(account)).toEqual(['Warmed:Stopped', 'Warmed:Stopped']);
    expect(pooled(account).map(({ instanceId }) => instanceId)).not.toContain(lost?.instanceId);
  });

  it.each([false, true])('is deleted with its instances (forced: %s)', async (ForceDelete) => {
    const account = await aPool();
    account.call('DeleteWarmPool', { ...named, ForceDelete });
    expect(account.call('DescribeWarmPool', named)).toMatchObject({
      WarmPoolConfiguration: { Status: 'PendingDelete' },
    });
    await account.pass(HOUR);
    expect(account.call('DescribeWarmPool', named)).toEqual({ Instances: [] });
    expect(inService(account)).toBe(2);
  });
});

describe('an instance refresh of a group with a warm pool', () => {
  const preferences = { MinHealthyPercentage: 100, MaxHealthyPercentage: 150, SkipMatching: true };

  it('replaces the instances in service first and then those in the pool, with progress of its own for each', async () => {
    const account = await aPool();
    startRefresh(account, { preferences });
    await account.until(() => imagesOf(account).every((image) => image === NEW_AMI) && inService(account) === 2);
    expect(pooled(account).map(({ imageId }) => imageId)).toEqual([OLD_AMI, OLD_AMI]);
    await account.until(() => latestRefresh(account).ProgressDetails?.LivePoolProgress?.PercentageComplete === 100);
    expect(latestRefresh(account)).toMatchObject({
      ...{ Status: 'InProgress', InstancesToUpdate: 2, PercentageComplete: 99 },
      ProgressDetails: { WarmPoolProgress: { PercentageComplete: 0, InstancesToUpdate: 2 } },
    });
    await account.until(isOver(account));
    expect(latestRefresh(account)).toMatchObject({
      ...{ Status: 'Successful', PercentageComplete: 100, InstancesToUpdate: 0 },
      ProgressDetails: { WarmPoolProgress: { PercentageComplete: 100, InstancesToUpdate: 0 } },
    });
    expect(pooled(account).map(({ imageId, state }) => `${imageId} ${state}`)).toEqual([
      `${NEW_AMI} Warmed:Stopped`,
      `${NEW_AMI} Warmed:Stopped`,
    ]);
  });

  it('never has fewer instances at rest in the pool than its minimum says', async () => {
    const account = await aPool();
    startRefresh(account, { preferences });
    let least = 2;
    const watch = () => {
      least = Math.min(least, poolStates(account).filter((state) => state === 'Warmed:Stopped').length);
      if (latestRefresh(account).EndTime === undefined) account.kernel.clock.after(10_000, watch);
    };
    watch();
    await account.until(isOver(account));
    expect(least).toBe(2);
  });

  it.each([
    { refreshTakesFromWarmPool: false, taken: 0 },
    { refreshTakesFromWarmPool: true, taken: 1 },
  ])('takes matching instances from the pool or none: $refreshTakesFromWarmPool', async (behaviour) => {
    const { refreshTakesFromWarmPool, taken } = behaviour;
    const account = anAccount({ behaviour: { refreshTakesFromWarmPool } });
    await aPool({ MinSize: 1, MaxGroupPreparedCapacity: 1 }, {}, account);
    const LaunchTemplate = { LaunchTemplateId: account.templateId, Version: '2' };
    account.call('DeleteWarmPool', { ...named, ForceDelete: true });
    await account.pass(HOUR);
    account.autoScaling.setLaunchTemplate('nodes', LaunchTemplate);
    account.call('PutWarmPool', { ...named, MinSize: 1, MaxGroupPreparedCapacity: 1 });
    await account.pass(HOUR);
    const [warm] = pooled(account);
    expect(warm?.imageId).toBe(NEW_AMI);
    startRefresh(account, { preferences });
    await account.until(isOver(account));
    const members = (account.autoScaling.group('nodes')?.instances ?? []).map(({ instanceId }) => instanceId);
    expect(members.filter((instanceId) => instanceId === warm?.instanceId)).toHaveLength(taken);
  });

  it('that goes back brings the pool back too', async () => {
    const account = await aPool();
    startRefresh(account, { preferences });
    await account.until(() => pooled(account).some(({ imageId }) => imageId === NEW_AMI));
    account.call('RollbackInstanceRefresh', named);
    await account.until(isOver(account));
    expect(latestRefresh(account).Status).toBe('RollbackSuccessful');
    expect(pooled(account).map(({ imageId }) => imageId)).toEqual([OLD_AMI, OLD_AMI]);
    expect(imagesOf(account)).toEqual([OLD_AMI, OLD_AMI]);
  });
});

describe('a warm pool is refused', () => {
  it.each([
    { case: 'hibernation', spec: { PoolState: 'Hibernated' }, code: 'NotSimulated' },
    { case: 'another state of one that has instances', spec: { PoolState: 'Running' }, code: 'NotSimulated' },
  ])('for $case', async ({ spec, code }) => {
    const account = await aPool();
    expect(refusalOf(() => account.call('PutWarmPool', { ...named, ...spec }))?.code).toBe(code);
  });

  it('while an instance refresh is on', async () => {
    const account = await aPool();
    startRefresh(account);
    expect(refusalOf(() => account.call('PutWarmPool', named))?.code).toBe('InstanceRefreshInProgress');
  });

  it('while it is being deleted, and when there is none to delete', async () => {
    const account = await aPool();
    account.call('DeleteWarmPool', named);
    expect(refusalOf(() => account.call('PutWarmPool', named))?.code).toBe('ScalingActivityInProgress');
    await account.pass(HOUR);
    expect(refusalOf(() => account.call('DeleteWarmPool', named))?.code).toBe('ValidationError');
  });

  it('in a group whose instances have weights', () => {
    const account = anAccount();
    const LaunchTemplateSpecification = { LaunchTemplateId: account.templateId, Version: '1' };
    const Overrides = [{ InstanceType: 'm5.xlarge', WeightedCapacity: '2' }];
    aGroup(account, {
      launchTemplate: undefined,
      mixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification, Overrides } },
    });
    expect(refusalOf(() => account.call('PutWarmPool', named))?.code).toBe('ValidationError');
  });
});
