import {
  CreateLaunchTemplateVersionCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeAmi } from '../../functions/adapters/ec2-images.ts';
import { findImageIds, identifyInstance, withImages } from '../../functions/adapters/ec2-instances.ts';
import { deriveVersion, readLaunchSource } from '../../functions/adapters/launch-templates.ts';
import { anInstance } from '../support/builders.ts';

const aws = mockClient(EC2Client);
beforeEach(() => aws.reset());

const awsError = (name: string) => Object.assign(new Error('text'), { name });
const source = { id: 'lt-0a', version: 7 };

describe('an AMI', () => {
  it('is asked for even when it is deprecated or disabled, so that the answer can say so', async () => {
    aws.on(DescribeImagesCommand).resolves({ Images: [{ State: 'disabled', Platform: 'windows' as never }] });
    expect(await describeAmi('ami-0new')).toEqual({ amiId: 'ami-0new', state: 'disabled', platform: 'windows' });
    expect(aws.commandCalls(DescribeImagesCommand)[0]?.args[0].input).toMatchObject({
      IncludeDeprecated: true,
      IncludeDisabled: true,
    });
  });

  it.each([
    { case: 'vanished from the list', answer: () => aws.on(DescribeImagesCommand).resolves({ Images: [] }) },
    { case: 'is unknown', answer: () => aws.on(DescribeImagesCommand).rejects(awsError('InvalidAMIID.NotFound')) },
  ])('that $case is named', async ({ answer }) => {
    answer();
    await expect(describeAmi('ami-0new')).rejects.toMatchObject({
      name: 'AmiNotFound',
      message: expect.stringContaining('ami-0new'),
    });
  });
});

describe('instances', () => {
  const answerAll = () =>
    aws.on(DescribeInstancesCommand).callsFake(({ Filters }) => ({
      Reservations: [
        { Instances: Filters[0].Values.map((InstanceId: string) => ({ InstanceId, ImageId: `ami-of-${InstanceId}` })) },
      ],
    }));

  it('get their AMIs in batches, never one call each', async () => {
    answerAll();
    const instances = Array.from({ length: 450 }, (_, index) =>
      anInstance({ instanceId: `i-${index}`, imageId: undefined }),
    );
    const [group] = await withImages([{ instances }]);
    expect(group?.instances.every(({ instanceId, imageId }) => imageId === `ami-of-${instanceId}`)).toBe(true);
    expect(aws.commandCalls(DescribeInstancesCommand)).toHaveLength(3);
  });

  it('cost no call when there are none', async () => {
    expect(await withImages([{ instances: [] }])).toEqual([{ instances: [] }]);
    expect(aws.commandCalls(DescribeInstancesCommand)).toHaveLength(0);
  });

  it('are identified once, since what is asked never changes', async () => {
    const instance = { InstanceId: 'i-0new', ImageId: 'ami-0new', PrivateDnsName: 'ip-10-0-1-23' };
    aws.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [instance] }] });
    const identity = { imageId: 'ami-0new', privateDnsName: 'ip-10-0-1-23' };
    expect(await identifyInstance('i-0new')).toEqual(identity);
    expect(await identifyInstance('i-0new')).toEqual(identity);
    expect(aws.commandCalls(DescribeInstancesCommand)).toHaveLength(1);
  });

  it('that have no node name yet are asked for again', async () => {
    aws.on(DescribeInstancesCommand).resolves({
      Reservations: [{ Instances: [{ InstanceId: 'i-0early', ImageId: 'ami-0new', PrivateDnsName: '' }] }],
    });
    expect(await identifyInstance('i-0early')).toBeUndefined();
    expect(await identifyInstance('i-0early')).toBeUndefined();
    expect(aws.commandCalls(DescribeInstancesCommand)).toHaveLength(2);
  });

  it('that are terminated have lost their name, but still tell their AMI', async () => {
    aws.on(DescribeInstancesCommand).resolves({
      Reservations: [{ Instances: [{ InstanceId: 'i-0ended', ImageId: 'ami-0new', PrivateDnsName: '' }] }],
    });
    expect(await findImageIds(['i-0ended'])).toEqual(new Map([['i-0ended', 'ami-0new']]));
  });

  it('that EC2 has forgotten are no error', async () => {
    aws.on(DescribeInstancesCommand).resolves({ Reservations: [] });
    expect(await identifyInstance('i-0gone')).toBeUndefined();
    expect(await withImages([{ instances: [anInstance()] }])).toMatchObject([{ instances: [{ imageId: undefined }] }]);
  });
});

describe('a launch template version', () => {
  const made = (VersionNumber: number, VersionDescription: string, ImageId: string) => ({
    VersionNumber,
    VersionDescription,
    LaunchTemplateData: { ImageId },
  });

  /** Nothing is found by its description; a version by its number is known. */
  const knowsNumbers = () =>
    aws
      .on(DescribeLaunchTemplateVersionsCommand)
      .callsFake(({ Versions }) => ({ LaunchTemplateVersions: Versions ? [made(8, '', 'ami-0new')] : [] }));

  it('that EC2 has made and does not know yet is asked for again', async () => {
    aws.on(DescribeLaunchTemplateVersionsCommand).callsFake(({ Versions }) => {
      if (Versions) throw awsError('InvalidLaunchTemplateId.VersionNotFound');
      return { LaunchTemplateVersions: [] };
    });
    aws.on(CreateLaunchTemplateVersionCommand).resolves({ LaunchTemplateVersion: { VersionNumber: 8 } });
    await expect(deriveVersion(source, 'ami-0new')).rejects.toMatchObject({ name: 'AwsUnavailable' });
  });

  it('differs from its source by the AMI alone', async () => {
    knowsNumbers();
    aws.on(CreateLaunchTemplateVersionCommand).resolves({ LaunchTemplateVersion: { VersionNumber: 8 } });
    expect(await deriveVersion(source, 'ami-0new')).toEqual({ id: 'lt-0a', version: 8 });
    expect(aws.commandCalls(CreateLaunchTemplateVersionCommand)[0]?.args[0].input).toMatchObject({
      LaunchTemplateId: 'lt-0a',
      SourceVersion: '7',
      LaunchTemplateData: { ImageId: 'ami-0new' },
    });
  });

  it('is made once: the next time it is found by its description', async () => {
    const versions = new Map<number, ReturnType<typeof made>>();
    aws.on(CreateLaunchTemplateVersionCommand).callsFake(({ VersionDescription, LaunchTemplateData }) => {
      versions.set(8, made(8, VersionDescription, LaunchTemplateData.ImageId));
      return { LaunchTemplateVersion: { VersionNumber: 8 } };
    });
    aws.on(DescribeLaunchTemplateVersionsCommand).callsFake(() => ({ LaunchTemplateVersions: [...versions.values()] }));
    const first = await deriveVersion(source, 'ami-0new');
    expect(await deriveVersion(source, 'ami-0new')).toEqual(first);
    expect(aws.commandCalls(CreateLaunchTemplateVersionCommand)).toHaveLength(1);
  });

  it('is made by one token for one source and AMI, and by another for another', async () => {
    knowsNumbers();
    aws.on(CreateLaunchTemplateVersionCommand).resolves({ LaunchTemplateVersion: { VersionNumber: 8 } });
    for (const amiId of ['ami-0new', 'ami-0new', 'ami-0newer']) await deriveVersion(source, amiId);
    const tokens = aws.commandCalls(CreateLaunchTemplateVersionCommand).map(({ args }) => args[0].input.ClientToken);
    expect(tokens[0]).toBe(tokens[1]);
    expect(tokens[0]).not.toBe(tokens[2]);
  });

  it('that EC2 warns of is refused, with the warning', async () => {
    aws.on(DescribeLaunchTemplateVersionsCommand).resolves({ LaunchTemplateVersions: [] });
    aws.on(CreateLaunchTemplateVersionCommand).resolves({
      LaunchTemplateVersion: { VersionNumber: 8 },
      Warning: { Errors: [{ Code: 'InvalidAMIID.Malformed', Message: 'bad id' }] },
    });
    await expect(deriveVersion(source, 'ami-x')).rejects.toMatchObject({
      name: 'LaunchTemplateInvalid',
      message: expect.stringContaining('bad id'),
    });
  });

  it('that EC2 has no room for is refused, with what to do', async () => {
    aws.on(DescribeLaunchTemplateVersionsCommand).resolves({ LaunchTemplateVersions: [] });
    aws.on(CreateLaunchTemplateVersionCommand).rejects(awsError('VersionLimitExceeded'));
    await expect(deriveVersion(source, 'ami-0new')).rejects.toMatchObject({
      name: 'LaunchTemplateFull',
      message: expect.stringContaining('Delete old versions'),
    });
  });

  it('is looked for among those with the AMI alone, and not through all pages of them', async () => {
    aws.on(CreateLaunchTemplateVersionCommand).resolves({ LaunchTemplateVersion: { VersionNumber: 8 } });
    aws.on(DescribeLaunchTemplateVersionsCommand).callsFake(({ Versions, Filters }) => {
      if (Versions) return { LaunchTemplateVersions: [made(8, '', 'ami-0new')] };
      expect(Filters).toEqual([{ Name: 'image-id', Values: ['ami-0new'] }]);
      return { LaunchTemplateVersions: [made(9, 'by hand', 'ami-0new')], NextToken: 'more' };
    });
    expect(await deriveVersion(source, 'ami-0new')).toEqual({ id: 'lt-0a', version: 8 });
    expect(aws.commandCalls(DescribeLaunchTemplateVersionsCommand).length).toBeLessThan(10);
  });

  it('that is gone names no AMI', async () => {
    aws.on(DescribeLaunchTemplateVersionsCommand).rejects(awsError('InvalidLaunchTemplateId.VersionNotFound'));
    expect(await readLaunchSource(source)).toMatchObject({ imageId: undefined });
  });

  it('tells an unresolved parameter and attribute-based instance types', async () => {
    aws.on(DescribeLaunchTemplateVersionsCommand).resolves({
      LaunchTemplateVersions: [
        { VersionNumber: 7, LaunchTemplateData: { ImageId: 'resolve:ssm:/ami', InstanceRequirements: {} } },
      ],
    });
    expect(await readLaunchSource(source)).toMatchObject({
      imageId: 'resolve:ssm:/ami',
      hasInstanceRequirements: true,
    });
  });
});
