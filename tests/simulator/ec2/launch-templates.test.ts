import { describe, expect, it } from 'vitest';
import { refusalOf } from '../autoscaling/an-account.ts';
import { AMI, anEc2, type Ec2Account } from './an-ec2.ts';

type Version = {
  readonly VersionNumber: number;
  readonly DefaultVersion: boolean;
  readonly LaunchTemplateData: Record<string, unknown>;
};
type Created = {
  readonly LaunchTemplateVersion: Version;
  readonly Warning?: { readonly Errors: { readonly Code: string }[] };
};

const data = {
  ImageId: AMI,
  InstanceType: 'm5.xlarge' as const,
  UserData: 'PHA+',
  BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { SnapshotId: 'snap-1', VolumeSize: 100 } }],
  MetadataOptions: { HttpTokens: 'required' as const },
};

function withTemplate(account: Ec2Account = anEc2()) {
  const { id } = account.ec2.addLaunchTemplate({ name: 'win2022', data, tags: { team: 'core' } });
  const create = (input: object) =>
    account.call<Created>('CreateLaunchTemplateVersion', { LaunchTemplateId: id, ...input });
  const versions = (input: object = {}) =>
    account
      .call<{ LaunchTemplateVersions: Version[] }>('DescribeLaunchTemplateVersions', { LaunchTemplateId: id, ...input })
      .LaunchTemplateVersions.map(({ VersionNumber }) => VersionNumber);
  return { account, id, create, versions };
}

describe('a new launch template version', () => {
  it('inherits from its source version all but what is given and the snapshots', () => {
    const { create } = withTemplate();
    const { LaunchTemplateVersion } = create({
      SourceVersion: '1',
      LaunchTemplateData: { ImageId: 'ami-00000000000000002' },
    });
    expect(LaunchTemplateVersion).toMatchObject({ VersionNumber: 2, DefaultVersion: false });
    expect(LaunchTemplateVersion.LaunchTemplateData).toEqual({
      ImageId: 'ami-00000000000000002',
      InstanceType: 'm5.xlarge',
      UserData: 'PHA+',
      BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 100 } }],
      MetadataOptions: { State: 'applied', HttpTokens: 'required' },
    });
  });

  it('contains only what is given without a source version', () => {
    const { create } = withTemplate();
    expect(create({ LaunchTemplateData: { ImageId: AMI } }).LaunchTemplateVersion.LaunchTemplateData).toEqual({
      ImageId: AMI,
    });
  });

  it('does not become the default', () => {
    const { account, id, create } = withTemplate();
    create({ SourceVersion: '1', LaunchTemplateData: {} });
    expect(account.call('DescribeLaunchTemplates', { LaunchTemplateIds: [id] })).toMatchObject({
      LaunchTemplates: [{ DefaultVersionNumber: 1, LatestVersionNumber: 2, Tags: [{ Key: 'team', Value: 'core' }] }],
    });
  });

  it.each([
    {
      case: 'a missing AMI',
      ImageId: 'ami-0000000000000dead',
      warnAboutMissingImages: true,
      codes: ['InvalidAMIID.NotFound'],
    },
    {
      case: 'a missing AMI where that is not checked',
      ImageId: 'ami-0000000000000dead',
      warnAboutMissingImages: false,
      codes: undefined,
    },
    { case: 'an AMI that exists', ImageId: AMI, warnAboutMissingImages: true, codes: undefined },
    { case: 'an SSM parameter', ImageId: 'resolve:ssm:/x', warnAboutMissingImages: true, codes: undefined },
  ])('with $case is created, with the warnings $codes', ({ ImageId, warnAboutMissingImages, codes }) => {
    const { create, versions } = withTemplate(anEc2({ behaviour: { warnAboutMissingImages } }));
    expect(create({ LaunchTemplateData: { ImageId } }).Warning?.Errors.map(({ Code }) => Code)).toEqual(codes);
    expect(versions()).toEqual([2, 1]);
  });

  it.each([
    { SourceVersion: '9', aliases: 'accept', code: 'InvalidLaunchTemplateId.VersionNotFound' },
    { SourceVersion: '$Latest', aliases: 'refuse', code: 'InvalidLaunchTemplateId.VersionNotFound' },
    { SourceVersion: '$Latest', aliases: 'accept', code: undefined },
  ] as const)(
    'from source version $SourceVersion ends with $code when aliases are to $aliases',
    ({ SourceVersion, aliases, code }) => {
      const { create } = withTemplate(anEc2({ behaviour: { sourceVersionAliases: aliases } }));
      expect(refusalOf(() => create({ SourceVersion, LaunchTemplateData: {} }))?.code).toBe(code);
    },
  );

  it('is one of at most ten thousand', () => {
    const { account, id, create, versions } = withTemplate();
    for (let count = 1; count < 10_000; count++)
      account.ec2.addLaunchTemplateVersion({ LaunchTemplateId: id }, { data: {} });
    expect(refusalOf(() => create({ LaunchTemplateData: {} }))?.code).toBe('VersionLimitExceeded');
    account.call('DeleteLaunchTemplateVersions', { LaunchTemplateId: id, Versions: ['7'] });
    expect(create({ LaunchTemplateData: {} }).LaunchTemplateVersion.VersionNumber).toBe(10_001);
    expect(versions({ MinVersion: '6', MaxVersion: '8' })).toEqual([8, 6]);
  });
});

describe('the quota of versions', () => {
  it('may be another one in an account', () => {
    const { create } = withTemplate(anEc2({ quotas: { launchTemplateVersions: 2 } }));
    expect(create({ LaunchTemplateData: {} }).LaunchTemplateVersion.VersionNumber).toBe(2);
    expect(refusalOf(() => create({ LaunchTemplateData: {} }))?.code).toBe('VersionLimitExceeded');
  });
});

describe('a client token', () => {
  const request = { ClientToken: 'once', SourceVersion: '1', LaunchTemplateData: { ImageId: AMI } };

  it('gets the first answer again for the same request', () => {
    const { create, versions } = withTemplate();
    expect(create(request)).toEqual(create(request));
    expect(versions()).toEqual([2, 1]);
  });

  it('is refused for another request', () => {
    const { create } = withTemplate();
    create(request);
    const other = () => create({ ...request, LaunchTemplateData: {} });
    expect(refusalOf(other)?.code).toBe('IdempotentParameterMismatch');
  });

  it('is forgotten after the time for which the account keeps it', async () => {
    const { account, create, versions } = withTemplate(anEc2({ behaviour: { clientTokenRetention: 60_000 } }));
    create(request);
    await account.pass(60_000);
    create(request);
    expect(versions()).toEqual([3, 2, 1]);
  });
});

describe('a version in an account that is eventually consistent', () => {
  it('is not found at first, by nobody', async () => {
    const { account, id, create, versions } = withTemplate(anEc2({ behaviour: { launchTemplateVisibleAfter: 5000 } }));
    create({ SourceVersion: '1', LaunchTemplateData: {} });
    expect(versions()).toEqual([1]);
    expect(refusalOf(() => versions({ Versions: ['2'] }))?.code).toBe('InvalidLaunchTemplateId.VersionNotFound');
    expect(account.ec2.launchTemplate({ LaunchTemplateId: id }, '$Latest').version).toBe(1);
    await account.pass(5000);
    expect(versions({ Versions: ['2'] })).toEqual([2]);
  });
});

describe('the description of versions', () => {
  function withFive() {
    const context = withTemplate();
    for (const instanceType of ['m5.large', 'm5.large', 'm5.xlarge', 'm5.xlarge'] as const) {
      context.create({ SourceVersion: '1', LaunchTemplateData: { InstanceType: instanceType } });
    }
    return context;
  }

  it.each([
    { input: {}, found: [5, 4, 3, 2, 1] },
    { input: { Versions: ['2', '$Latest', '$Default'] }, found: [2, 5, 1] },
    { input: { Versions: ['5', '$Latest'] }, found: [5] },
    { input: { MinVersion: '2', MaxVersion: '3' }, found: [3, 2] },
    { input: { MinVersion: '4' }, found: [5, 4] },
    { input: { Filters: [{ Name: 'instance-type', Values: ['m5.l*'] }] }, found: [3, 2] },
    { input: { Filters: [{ Name: 'is-default-version', Values: ['true'] }] }, found: [1] },
  ])('with $input finds $found', ({ input, found }) => {
    expect(withFive().versions(input)).toEqual(found);
  });

  it('loses nothing between pages', () => {
    const { account, id } = withFive();
    const page = (NextToken?: string) =>
      account.call<{ LaunchTemplateVersions: Version[]; NextToken?: string }>('DescribeLaunchTemplateVersions', {
        LaunchTemplateId: id,
        MaxResults: 2,
        NextToken,
      });
    const first = page();
    const second = page(first.NextToken);
    const third = page(second.NextToken);
    expect(
      [first, second, third].flatMap(({ LaunchTemplateVersions: list }) =>
        list.map(({ VersionNumber }) => VersionNumber),
      ),
    ).toEqual([5, 4, 3, 2, 1]);
    expect(third.NextToken).toBeUndefined();
    expect(refusalOf(() => page('forged'))?.code).toBe('InvalidNextToken');
  });

  it('without a template covers the aliases of all templates', () => {
    const { account } = withFive();
    account.ec2.addLaunchTemplate({ name: 'linux', data: {} });
    const list = (Versions: string[]) =>
      account
        .call<{ LaunchTemplateVersions: (Version & { LaunchTemplateName: string })[] }>(
          'DescribeLaunchTemplateVersions',
          { Versions },
        )
        .LaunchTemplateVersions.map((version) => [version.LaunchTemplateName, version.VersionNumber]);
    expect(list(['$Latest'])).toEqual([
      ['win2022', 5],
      ['linux', 1],
    ]);
    expect(refusalOf(() => list(['1']))?.code).toBe('MissingParameter');
  });
});

describe('the default version', () => {
  it('is changed by number, and cannot be deleted', () => {
    const { account, id, create, versions } = withTemplate();
    create({ SourceVersion: '1', LaunchTemplateData: {} });
    account.call('ModifyLaunchTemplate', { LaunchTemplateId: id, DefaultVersion: '2' });
    expect(versions({ Versions: ['$Default'] })).toEqual([2]);
    expect(
      account.call('DeleteLaunchTemplateVersions', { LaunchTemplateId: id, Versions: ['1', '2', '9'] }),
    ).toMatchObject({
      SuccessfullyDeletedLaunchTemplateVersions: [{ VersionNumber: 1 }],
      UnsuccessfullyDeletedLaunchTemplateVersions: [
        { VersionNumber: 2 },
        { VersionNumber: 9, ResponseError: { Code: 'launchTemplateVersionDoesNotExist' } },
      ],
    });
    expect(versions()).toEqual([2]);
  });
});

describe('a template that is asked for', () => {
  it.each([
    { reference: { LaunchTemplateId: 'lt-0ffffffffffffffff' }, code: 'InvalidLaunchTemplateId.NotFound' },
    { reference: { LaunchTemplateId: 'template' }, code: 'InvalidLaunchTemplateId.Malformed' },
    { reference: { LaunchTemplateName: 'nothing' }, code: 'InvalidLaunchTemplateName.NotFoundException' },
    { reference: { LaunchTemplateId: 'lt-1', LaunchTemplateName: 'win2022' }, code: 'InvalidParameterCombination' },
    { reference: {}, code: 'MissingParameter' },
  ])('by $reference is refused with $code', ({ reference, code }) => {
    const { account } = withTemplate();
    expect(
      refusalOf(() => account.call('CreateLaunchTemplateVersion', { ...reference, LaunchTemplateData: {} }))?.code,
    ).toBe(code);
  });

  it('is created once per name, with its tags', () => {
    const account = anEc2();
    const create = () =>
      account.call('CreateLaunchTemplate', {
        LaunchTemplateName: 'nodes',
        LaunchTemplateData: data,
        TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'team', Value: 'core' }] }],
      });
    expect(create()).toMatchObject({
      LaunchTemplate: {
        LaunchTemplateName: 'nodes',
        DefaultVersionNumber: 1,
        LatestVersionNumber: 1,
        Tags: [{ Key: 'team', Value: 'core' }],
      },
    });
    expect(refusalOf(create)?.code).toBe('InvalidLaunchTemplateName.AlreadyExistsException');
  });

  it('needs its own ARN and tags of the caller', () => {
    const { account, id } = withTemplate();
    const expected = {
      action: 'ec2:CreateLaunchTemplateVersion',
      resource: `arn:aws:ec2:us-west-2:111122223333:launch-template/${id}`,
      context: { 'aws:ResourceTag/team': 'core', 'ec2:ResourceTag/team': 'core' },
    };
    expect(account.needs('CreateLaunchTemplateVersion', { LaunchTemplateName: 'win2022' })).toEqual([expected]);
    expect(account.needs('CreateLaunchTemplateVersion', { LaunchTemplateId: id })).toEqual([expected]);
  });
});
