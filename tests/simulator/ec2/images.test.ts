import { describe, expect, it } from 'vitest';
import { refusalOf } from '../autoscaling/an-account.ts';
import { AMI, anAmi, anEc2, START } from './an-ec2.ts';

const LINUX = 'ami-00000000000000002';
const AMAZON = 'ami-00000000000000003';
const DISABLED = 'ami-00000000000000004';
const DEPRECATED = '2026-05-01T00:00:00.000Z';

function withImages() {
  const account = anEc2();
  account.ec2.addImage(
    anAmi({ imageId: LINUX, platform: 'linux', name: 'linux-1', tags: { CreatedBy: 'EC2 Image Builder' } }),
  );
  account.ec2.addImage(anAmi({ imageId: AMAZON, ownerId: 'amazon', name: 'amazon-1', deprecationTime: DEPRECATED }));
  account.ec2.addImage(anAmi({ imageId: DISABLED, state: 'disabled', deprecationTime: DEPRECATED }));
  const find = (input: object) =>
    account.call<{ Images: { ImageId: string }[] }>('DescribeImages', input).Images.map(({ ImageId }) => ImageId);
  return { account, find };
}

describe('the images that are described', () => {
  it.each([
    { input: {}, found: [AMI, LINUX] },
    { input: { IncludeDeprecated: true }, found: [AMI, LINUX, AMAZON] },
    { input: { IncludeDisabled: true }, found: [AMI, LINUX, DISABLED] },
    { input: { Owners: ['self'] }, found: [AMI, LINUX] },
    { input: { Owners: ['111122223333'], IncludeDisabled: true }, found: [AMI, LINUX, DISABLED] },
    { input: { Owners: ['amazon'], IncludeDeprecated: true }, found: [AMAZON] },
    { input: { ImageIds: [LINUX] }, found: [LINUX] },
    { input: { Filters: [{ Name: 'platform', Values: ['windows'] }] }, found: [AMI] },
    { input: { Filters: [{ Name: 'name', Values: ['linux-?'] }] }, found: [LINUX] },
    { input: { Filters: [{ Name: 'tag:CreatedBy', Values: ['EC2 Image*'] }] }, found: [LINUX] },
    {
      input: {
        Filters: [
          { Name: 'state', Values: ['available'] },
          { Name: 'tag-key', Values: ['none'] },
        ],
      },
      found: [],
    },
  ])('with $input are $found', ({ input, found }) => {
    expect(withImages().find(input)).toEqual(found);
  });

  it('say windows in lower case, and nothing for Linux', () => {
    const { account } = withImages();
    const { Images } = account.call<{ Images: Record<string, unknown>[] }>('DescribeImages');
    expect(Images[0]).toMatchObject({
      Platform: 'windows',
      PlatformDetails: 'Windows',
      UsageOperation: 'RunInstances:0002',
    });
    expect(Images[1]).not.toHaveProperty('Platform');
    expect(Images[1]).toMatchObject({ PlatformDetails: 'Linux/UNIX', UsageOperation: 'RunInstances' });
  });

  it.each([
    { ImageIds: ['ami-0000000000000dead'], code: 'InvalidAMIID.NotFound' },
    { ImageIds: ['image'], code: 'InvalidAMIID.Malformed' },
  ])('cannot be $ImageIds', ({ ImageIds, code }) => {
    expect(refusalOf(() => withImages().find({ ImageIds }))?.code).toBe(code);
  });

  it('first only lack one that was deregistered, then refuse its id', async () => {
    const { account, find } = withImages();
    account.ec2.setImageState(LINUX, 'deregistered');
    expect(find({ ImageIds: [AMI, LINUX] })).toEqual([AMI]);
    await account.pass(3_600_000);
    expect(refusalOf(() => find({ ImageIds: [AMI, LINUX] }))).toEqual({
      code: 'InvalidAMIID.NotFound',
      message: `The image id '[${LINUX}]' does not exist`,
    });
  });

  it('are not quietly unfiltered by what is not simulated', () => {
    const { find } = withImages();
    expect(refusalOf(() => find({ Filters: [{ Name: 'kernel-id', Values: ['x'] }] }))?.code).toBe('NotSimulated');
    expect(refusalOf(() => find({ ExecutableUsers: ['all'] }))?.code).toBe('NotSimulated');
  });
});

describe('the last launch from an image', () => {
  it('is reported a day later', async () => {
    const { account } = withImages();
    const place = { instanceType: 'm5.large', subnetId: 'subnet-0aaaaaaa' };
    account.ec2.launchInstance({ clientToken: 'once', imageId: AMI, ...place });
    const reported = () =>
      account.call<{ Images: { LastLaunchedTime?: string }[] }>('DescribeImages').Images[0]?.LastLaunchedTime;
    await account.pass(24 * 3_600_000 - 1);
    expect(reported()).toBeUndefined();
    await account.pass(1);
    expect(reported()).toBe(new Date(START).toISOString());
  });
});

describe('Fast Launch', () => {
  it('is what was set for an image, and nothing for others', () => {
    const { account } = withImages();
    account.ec2.setFastLaunch({ imageId: AMI, state: 'enabling' });
    account.ec2.setFastLaunch({ imageId: AMI, state: 'enabled' });
    const found = (input: object) => account.call('DescribeFastLaunchImages', input);
    expect(found({ ImageIds: [AMI] })).toMatchObject({
      FastLaunchImages: [{ ImageId: AMI, State: 'enabled', MaxParallelLaunches: 6 }],
    });
    expect(found({ ImageIds: [LINUX] })).toEqual({ FastLaunchImages: [] });
    expect(found({ Filters: [{ Name: 'state', Values: ['enabling'] }] })).toEqual({ FastLaunchImages: [] });
  });
});
