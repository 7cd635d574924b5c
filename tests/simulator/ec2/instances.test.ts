import { describe, expect, it } from 'vitest';
import ec2Model from '../../../simulator/models/ec2.json' with { type: 'json' };
import type { InstanceChange } from '../../../simulator/services/ec2/instances.ts';
import { refusalOf } from '../autoscaling/an-account.ts';
import { AMI, anAmi, anEc2, type Ec2Account, START } from './an-ec2.ts';

const HOUR = 3_600_000;
let launches = 0;
const launch = ({ ec2 }: Ec2Account, overrides: object = {}) => {
  launches += 1;
  return ec2.launchInstance({
    clientToken: `token-${launches}`,
    imageId: AMI,
    instanceType: 'm5.xlarge',
    subnetId: 'subnet-0aaaaaaa',
    ...overrides,
  });
};
const find = (account: Ec2Account, input: object) =>
  account
    .call<{ Reservations: { Instances: { InstanceId: string }[] }[] }>('DescribeInstances', input)
    .Reservations.flatMap(({ Instances }) => Instances.map(({ InstanceId }) => InstanceId));

describe('a machine', () => {
  it('that somebody terminates answers how it was and how it is, also the second time', async () => {
    const account = anEc2();
    const { instanceId } = launch(account);
    await account.pass(30_000);
    const terminate = (InstanceIds: string[]) => account.call('TerminateInstances', { InstanceIds });

    expect(terminate([instanceId])).toEqual({
      TerminatingInstances: [
        {
          InstanceId: instanceId,
          PreviousState: { Code: 16, Name: 'running' },
          CurrentState: { Code: 32, Name: 'shutting-down' },
        },
      ],
    });
    await account.pass(120_000);
    expect(terminate([instanceId])).toMatchObject({ TerminatingInstances: [{ CurrentState: { Name: 'terminated' } }] });
    expect(refusalOf(() => terminate(['i-0123456789abcdef0']))).toMatchObject({ code: 'InvalidInstanceID.NotFound' });
    expect(account.needs('TerminateInstances', { InstanceIds: [instanceId] })).toMatchObject([
      { action: 'ec2:TerminateInstances', resource: `arn:aws:ec2:us-west-2:111122223333:instance/${instanceId}` },
    ]);
  });

  it('goes from pending to running to shutting-down to terminated, and tells every listener', async () => {
    const account = anEc2();
    const heard: string[] = [];
    const stop = account.ec2.onInstance(({ type, instance }: InstanceChange) =>
      heard.push(`${type} ${instance.state}`),
    );
    const { instanceId, state } = launch(account);
    expect(state).toBe('pending');
    await account.pass(30_000);
    account.ec2.terminateInstance(instanceId);
    account.ec2.terminateInstance(instanceId);
    await account.pass(120_000);
    expect(heard).toEqual(['running running', 'shutting-down shutting-down', 'terminated terminated']);
    stop();
    launch(account);
    await account.pass(30_000);
    expect(heard).toHaveLength(3);
  });

  it('that is terminated before it runs never runs', async () => {
    const account = anEc2();
    account.ec2.terminateInstance(launch(account).instanceId);
    await account.pass(HOUR / 2);
    expect(account.kernel.log.entries().map(({ kind }) => kind)).toEqual([
      'instance.launching',
      'instance.shutting-down',
      'instance.terminated',
    ]);
  });

  it('that was placed is up since then, and its listeners know that it was', () => {
    const account = anEc2();
    const heard: InstanceChange[] = [];
    account.ec2.onInstance((change) => heard.push(change));
    const runningSince = new Date(START - HOUR);
    launch(account, { runningSince });
    expect(heard).toMatchObject([
      { type: 'running', settled: true, instance: { state: 'running', launchTime: runningSince } },
    ]);
  });

  it('can be described for an hour after its end', async () => {
    const account = anEc2();
    const { instanceId } = launch(account);
    account.ec2.terminateInstance(instanceId);
    await account.pass(HOUR);
    expect(find(account, { InstanceIds: [instanceId] })).toEqual([instanceId]);
    await account.pass(120_000);
    expect(refusalOf(() => find(account, { InstanceIds: [instanceId] }))).toEqual({
      code: 'InvalidInstanceID.NotFound',
      message: `The instance ID '${instanceId}' does not exist`,
    });
  });

  it.each([
    {
      case: 'an image that does not exist',
      overrides: { imageId: 'ami-0000000000000dead' },
      code: 'InvalidAMIID.NotFound',
    },
    {
      case: 'an image that is disabled',
      overrides: { imageId: 'ami-00000000000000009' },
      code: 'InvalidAMIID.Unavailable',
    },
    { case: 'a subnet that does not exist', overrides: { subnetId: 'subnet-0none' }, code: 'InvalidSubnetID.NotFound' },
    { case: 'no instance type', overrides: { instanceType: undefined }, code: 'MissingParameter' },
    {
      case: 'a parameter that does not exist',
      overrides: { imageId: 'resolve:ssm:/none' },
      code: 'InvalidParameterValue',
    },
  ])('is refused for $case', ({ overrides, code }) => {
    const account = anEc2();
    account.ec2.addImage(anAmi({ imageId: 'ami-00000000000000009', state: 'disabled' }));
    expect(refusalOf(() => launch(account, overrides))?.code).toBe(code);
    expect(account.ec2.instances()).toEqual([]);
  });

  it('takes its image from the SSM parameter of its template', () => {
    const account = anEc2({ ssmParameter: (name) => (name === '/images/win' ? AMI : undefined) });
    const { id } = account.ec2.addLaunchTemplate({ name: 't', data: { ImageId: 'resolve:ssm:/images/win' } });
    expect(launch(account, { imageId: undefined, launchTemplate: { id, version: '1' } }).imageId).toBe(AMI);
  });

  it('needs an instance profile that exists', () => {
    const account = anEc2({
      iam: { roleOfInstanceProfile: (name) => (name === 'node' ? 'arn:aws:iam::111122223333:role/node' : undefined) },
    });
    for (const [Name, code] of [
      ['node', undefined],
      ['other', 'InvalidParameterValue'],
    ] as const) {
      const { id } = account.ec2.addLaunchTemplate({ name: Name, data: { IamInstanceProfile: { Name } } });
      expect(refusalOf(() => launch(account, { launchTemplate: { id, version: '1' } }))?.code).toBe(code);
    }
  });
});

describe('the address of a machine', () => {
  it.each([
    { region: 'us-west-2', name: /^ip-10-0-1-\d+\.us-west-2\.compute\.internal$/ },
    { region: 'us-east-1', name: /^ip-10-0-1-\d+\.ec2\.internal$/ },
  ])('is its name in $region', ({ region, name }) => {
    const { privateDnsName, privateIpAddress } = launch(anEc2({ region }));
    expect(privateDnsName).toMatch(name);
    expect(privateDnsName).toContain(privateIpAddress.replaceAll('.', '-'));
  });

  it('is the same for the same seed and token, and taken once', async () => {
    const [first, second] = [anEc2(), anEc2()].map((account) => launch(account, { clientToken: 'same' }));
    expect(first).toEqual(second);
    const account = anEc2();
    account.ec2.addSubnet({ subnetId: 'subnet-0small', availabilityZone: 'us-west-2b', cidr: '10.0.9.0/28' });
    const machines = Array.from({ length: 11 }, () => launch(account, { subnetId: 'subnet-0small' }));
    const addresses = machines.map(({ privateIpAddress }) => Number(privateIpAddress.split('.')[3]));
    expect(addresses.toSorted((a, b) => a - b)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(refusalOf(() => launch(account, { subnetId: 'subnet-0small' }))?.code).toBe(
      'InsufficientFreeAddressesInSubnet',
    );
    account.ec2.terminateInstance(machines[0]?.instanceId ?? '');
    await account.pass(120_000);
    expect(launch(account, { subnetId: 'subnet-0small' }).privateIpAddress).toBe(machines[0]?.privateIpAddress);
  });
});

describe('the description of instances', () => {
  it('finds by name, state, tag and image', async () => {
    const account = anEc2();
    const first = launch(account, { tags: { Name: 'one' } });
    await account.pass(30_000);
    const second = launch(account);
    const by = (Name: string, ...Values: string[]) => find(account, { Filters: [{ Name, Values }] });
    expect(by('private-dns-name', first.privateDnsName)).toEqual([first.instanceId]);
    expect(by('instance-state-name', 'pending')).toEqual([second.instanceId]);
    expect(by('tag:Name', 'one', 'two')).toEqual([first.instanceId]);
    expect(by('image-id', AMI)).toEqual([first.instanceId, second.instanceId]);
    expect(refusalOf(() => by('dns-name', 'x'))?.code).toBe('NotSimulated');
  });

  it.each([
    { input: { InstanceIds: ['i-0ffffffffffffffff', 'i-0eeeeeeeeeeeeeeee'] }, code: 'InvalidInstanceID.NotFound' },
    { input: { InstanceIds: ['machine'] }, code: 'InvalidInstanceID.Malformed' },
    { input: { InstanceIds: ['i-0ffffffffffffffff'], MaxResults: 5 }, code: 'InvalidParameterCombination' },
    { input: { MaxResults: 4 }, code: 'InvalidParameterValue' },
    { input: { DryRun: true }, code: 'DryRunOperation' },
  ])('with $input is refused with $code', ({ input, code }) => {
    expect(refusalOf(() => find(anEc2(), input))?.code).toBe(code);
  });

  it('checks a machine two minutes after it started to run', async () => {
    const account = anEc2();
    launch(account);
    await account.pass(30_000);
    const status = () =>
      account.call<{ InstanceStatuses: { InstanceStatus: { Status: string } }[] }>('DescribeInstanceStatus')
        .InstanceStatuses[0]?.InstanceStatus.Status;
    expect(status()).toBe('initializing');
    await account.pass(120_000);
    expect(status()).toBe('ok');
  });

  it('leaves out machines that do not run from the status unless asked', () => {
    const account = anEc2();
    launch(account);
    const statuses = (input: object) =>
      account.call<{ InstanceStatuses: unknown[] }>('DescribeInstanceStatus', input).InstanceStatuses;
    expect(statuses({})).toHaveLength(0);
    expect(statuses({ IncludeAllInstances: true })).toHaveLength(1);
  });
});

describe('tags', () => {
  it('are put on and taken off machines, images, templates and subnets', () => {
    const account = anEc2();
    const { instanceId } = launch(account);
    const { id } = account.ec2.addLaunchTemplate({ name: 't', data: {} });
    const Resources = [instanceId, AMI, id, 'subnet-0aaaaaaa'];
    const tags = () => [
      account.ec2.instance(instanceId)?.tags,
      account.ec2.image(AMI)?.tags,
      account.ec2.launchTemplate({ LaunchTemplateId: id }, '1').tags,
      account.ec2.subnet('subnet-0aaaaaaa')?.tags,
    ];
    account.call('CreateTags', { Resources, Tags: [{ Key: 'team', Value: 'core' }] });
    expect(tags()).toEqual(Array(4).fill({ team: 'core' }));
    account.call('DeleteTags', { Resources, Tags: [{ Key: 'team', Value: 'other' }] });
    expect(tags()).toEqual(Array(4).fill({ team: 'core' }));
    account.call('DeleteTags', { Resources, Tags: [{ Key: 'team' }] });
    expect(tags()).toEqual(Array(4).fill({}));
  });

  it.each([
    { case: 'a reserved key', Resources: [AMI], Key: 'aws:team', code: 'InvalidParameterValue' },
    {
      case: 'an image that does not exist',
      Resources: [AMI, 'ami-0000000000000dead'],
      Key: 'team',
      code: 'InvalidAMIID.NotFound',
    },
    {
      case: 'a machine that does not exist',
      Resources: [AMI, 'i-0ffffffffffffffff'],
      Key: 'team',
      code: 'InvalidInstanceID.NotFound',
    },
    {
      case: 'a template that does not exist',
      Resources: [AMI, 'lt-0ffffffffffffffff'],
      Key: 'team',
      code: 'InvalidLaunchTemplateId.NotFound',
    },
    { case: 'a volume', Resources: [AMI, 'vol-0ffffffffffffffff'], Key: 'team', code: 'NotSimulated' },
  ])('are refused for $case and nothing is tagged', ({ Resources, Key, code }) => {
    const account = anEc2();
    expect(refusalOf(() => account.call('CreateTags', { Resources, Tags: [{ Key, Value: 'x' }] }))?.code).toBe(code);
    expect(account.ec2.image(AMI)?.tags).toEqual({});
  });

  it('are at most fifty', () => {
    const account = anEc2();
    const Tags = Array.from({ length: 51 }, (_, index) => ({ Key: `key-${index}`, Value: '' }));
    expect(refusalOf(() => account.call('CreateTags', { Resources: [AMI], Tags }))?.code).toBe('TagLimitExceeded');
  });

  it('need the right to each resource, with its tags and those of the request', () => {
    const account = anEc2();
    account.call('CreateTags', { Resources: [AMI], Tags: [{ Key: 'team', Value: 'core' }] });
    expect(account.needs('CreateTags', { Resources: [AMI], Tags: [{ Key: 'keep', Value: 'yes' }] })).toMatchObject([
      {
        action: 'ec2:CreateTags',
        resource: `arn:aws:ec2:us-west-2::image/${AMI}`,
        context: { 'aws:ResourceTag/team': 'core', 'aws:RequestTag/keep': 'yes', 'aws:TagKeys': ['keep'] },
      },
    ]);
  });
});

describe('the network', () => {
  it('has subnets with their free addresses', () => {
    const account = anEc2();
    launch(account);
    expect(account.call('DescribeSubnets', { SubnetIds: ['subnet-0aaaaaaa'] })).toMatchObject({
      Subnets: [
        {
          AvailabilityZone: 'us-west-2a',
          AvailabilityZoneId: 'usw2-az1',
          CidrBlock: '10.0.1.0/24',
          AvailableIpAddressCount: 250,
        },
      ],
    });
    expect(refusalOf(() => account.call('DescribeSubnets', { SubnetIds: ['subnet-0none'] }))?.code).toBe(
      'InvalidSubnetID.NotFound',
    );
  });

  it('is in one Region', () => {
    const account = anEc2();
    expect(account.call('DescribeRegions')).toMatchObject({ Regions: [{ RegionName: 'us-west-2' }] });
    expect(refusalOf(() => account.call('DescribeRegions', { RegionNames: ['eu-west-1'] }))?.code).toBe(
      'InvalidParameterValue',
    );
  });
});

describe('the operations of EC2', () => {
  it('are those of the model, and every one can be tried without being done', () => {
    const account = anEc2();
    const operations = Object.keys(account.ec2.service.operations);
    expect(operations.toSorted()).toEqual(Object.keys(ec2Model.operations).toSorted());
    for (const operation of operations) {
      expect(refusalOf(() => account.call(operation, { DryRun: true }))?.code).toBe('DryRunOperation');
    }
    expect(account.kernel.log.entries()).toEqual([]);
  });
});
