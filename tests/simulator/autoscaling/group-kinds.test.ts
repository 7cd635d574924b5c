import { describe, expect, it } from 'vitest';
import {
  type Account,
  aGroup,
  anAccount,
  imagesOf,
  inService,
  latestRefresh,
  MINUTE,
  NEW_AMI,
  refusalOf,
  startRefresh,
} from './an-account.ts';

type Described = { readonly AutoScalingGroups: readonly Record<string, unknown>[] };

const described = (account: Account) => account.call<Described>('DescribeAutoScalingGroups', {}).AutoScalingGroups[0];

const policyOf = (account: Account, Overrides: object[], Version = '1') => ({
  LaunchTemplate: { LaunchTemplateSpecification: { LaunchTemplateId: account.templateId, Version }, Overrides },
});

/** A group whose template is in a policy with these overrides. */
const mixedGroup = (account: Account, overrides: object[], more: object = {}) =>
  aGroup(account, { launchTemplate: undefined, mixedInstancesPolicy: policyOf(account, overrides), ...more });

const refresh = (account: Account, overrides: object[], preferences: object = {}) =>
  account.call('StartInstanceRefresh', {
    AutoScalingGroupName: 'nodes',
    DesiredConfiguration: { MixedInstancesPolicy: policyOf(account, overrides, '2') },
    Preferences: preferences,
  });

describe('weights', () => {
  const heavy = [{ InstanceType: 'm5.2xlarge', WeightedCapacity: '2' }];

  it('make an instance count for several units of capacity, and are described', () => {
    const account = anAccount();
    mixedGroup(account, heavy);
    expect(inService(account)).toBe(2);
    expect(described(account)?.Instances).toMatchObject([{ WeightedCapacity: '2' }, { WeightedCapacity: '2' }]);
  });

  it('launch what is missing, over the capacity if need be, and never leave less than it', async () => {
    const account = anAccount();
    mixedGroup(account, heavy);
    account.autoScaling.setDesiredCapacity('nodes', 5);
    await account.until(() => inService(account) === 3);
    account.autoScaling.setDesiredCapacity('nodes', 5);
    await account.pass(10 * MINUTE);
    expect(inService(account)).toBe(3);
    account.autoScaling.setDesiredCapacity('nodes', 3);
    await account.pass(10 * MINUTE);
    expect(inService(account)).toBe(2);
  });

  it('are whole numbers from 1 to 999', () => {
    const account = anAccount();
    const withWeight = (WeightedCapacity: string) => () => mixedGroup(account, [{ WeightedCapacity }]);
    for (const weight of ['0', '1.5', '1000', 'two'])
      expect(refusalOf(withWeight(weight))?.code).toBe('ValidationError');
  });

  it('are refused in a refresh, unless all are 1', () => {
    const account = anAccount();
    mixedGroup(account, heavy);
    expect(refusalOf(() => refresh(account, heavy))?.code).toBe('NotSimulated');
    const light = anAccount();
    const ones = [{ InstanceType: 'm5.large', WeightedCapacity: '1' }];
    mixedGroup(light, ones);
    expect(refusalOf(() => refresh(light, ones))).toBeUndefined();
  });
});

describe('instance types by attributes', () => {
  const attributes = [{ InstanceRequirements: { VCpuCount: { Min: 8, Max: 8 }, MemoryMiB: { Min: 32_768 } } }];

  it('are those that have them, the smallest first', () => {
    const account = anAccount();
    mixedGroup(account, attributes);
    expect(described(account)?.Instances).toMatchObject(Array(4).fill({ InstanceType: 'm5.2xlarge' }));
  });

  it('are also taken from the launch template', () => {
    const account = anAccount();
    const { id } = account.ec2.addLaunchTemplate({
      name: 'by-attributes',
      data: { ImageId: NEW_AMI, InstanceRequirements: { VCpuCount: { Min: 2, Max: 2 }, MemoryMiB: { Min: 8192 } } },
    });
    aGroup(account, { launchTemplate: { LaunchTemplateId: id, Version: '1' } });
    expect(described(account)?.Instances).toMatchObject(Array(4).fill({ InstanceType: 'm5.large' }));
  });

  it('exclude a desired configuration and skip matching, and nothing else', () => {
    const account = anAccount();
    mixedGroup(account, attributes);
    const start = (input: object) => () =>
      account.call('StartInstanceRefresh', { AutoScalingGroupName: 'nodes', ...input });
    expect(refusalOf(() => refresh(account, attributes))?.code).toBe('ValidationError');
    expect(refusalOf(() => startRefresh(account))?.code).toBe('ValidationError');
    expect(refusalOf(start({ Preferences: { SkipMatching: true } }))?.code).toBe('ValidationError');
    expect(refusalOf(start({}))).toBeUndefined();
  });

  it('other than vCPUs and memory are not simulated, nor is a name beside them allowed', () => {
    const account = anAccount();
    const others = [{ InstanceRequirements: { ...attributes[0]?.InstanceRequirements, BareMetal: 'included' } }];
    expect(refusalOf(() => mixedGroup(account, others))?.code).toBe('NotSimulated');
    const both = [{ ...attributes[0], InstanceType: 'm5.large' }];
    expect(refusalOf(() => mixedGroup(anAccount(), both))?.code).toBe('ValidationError');
  });
});

describe('a mixed instances policy', () => {
  it('is the whole desired configuration: the group has it afterwards, override templates and all', async () => {
    const account = anAccount();
    const { id } = account.ec2.addLaunchTemplate({
      name: 'other',
      data: { ImageId: NEW_AMI, InstanceType: 'm5.large' },
    });
    const own = { LaunchTemplateSpecification: { LaunchTemplateId: id, Version: '1' }, InstanceType: 'r5.large' };
    mixedGroup(account, [{ InstanceType: 'm5.large' }]);
    refresh(account, [own], { SkipMatching: true });
    await account.until(() => latestRefresh(account).Status === 'Successful');
    expect(imagesOf(account)).toEqual(Array(4).fill(NEW_AMI));
    expect(account.autoScaling.group('nodes')?.mixedInstancesPolicy).toMatchObject(policyOf(account, [own], '2'));
  });

  it('names a template by its id or by its name, not by both', () => {
    const account = anAccount();
    mixedGroup(account, [{ InstanceType: 'm5.large' }]);
    const described = account.autoScaling.group('nodes')?.mixedInstancesPolicy;
    const start = () =>
      account.call('StartInstanceRefresh', {
        AutoScalingGroupName: 'nodes',
        DesiredConfiguration: { MixedInstancesPolicy: described },
      });
    expect(refusalOf(start)?.code).toBe('ValidationError');
  });
});

describe('a group without instances', () => {
  it('is refreshed at once, and has the desired configuration then', async () => {
    const account = anAccount();
    aGroup(account, { desiredCapacity: 0 });
    startRefresh(account, { preferences: { SkipMatching: true } });
    await account.pass(MINUTE);
    expect(latestRefresh(account).Status).toBe('Successful');
    expect(account.autoScaling.group('nodes')?.launchTemplate).toMatchObject({ Version: '2' });
  });
});
