import type {
  DescribeFastLaunchImagesCommandInput,
  DescribeImagesCommandInput,
  Image,
  PlatformValues,
} from '@aws-sdk/client-ec2';
import type { Operation } from '../../../kernel/service.ts';
import type { Ec2State } from '../ec2-state.ts';
import { applyFilters } from '../filters.ts';
import { imageNotFound, type MachineImage, malformedImageId } from '../images.ts';
import { describePermission, ec2Operation, invalidToken } from '../operation.ts';
import { paginate } from '../paging.ts';
import { notSimulated } from '../refusal.ts';
import { tagListOf } from '../tags.ts';

const REPORTING_DELAY = 24 * 3_600_000;

export function imageOperations(state: Ec2State): Record<string, Operation> {
  return {
    DescribeImages: ec2Operation(describePermission('DescribeImages'), (input: DescribeImagesCommandInput) =>
      describeImages(state, input),
    ),
    DescribeFastLaunchImages: ec2Operation(
      describePermission('DescribeFastLaunchImages'),
      (input: DescribeFastLaunchImagesCommandInput) => describeFastLaunches(state, input),
    ),
  };
}

function describeImages(state: Ec2State, input: DescribeImagesCommandInput) {
  if (input.ExecutableUsers?.length) {
    throw notSimulated('The simulator keeps no launch permissions: DescribeImages takes no ExecutableUsers here.');
  }
  const { accountId } = state.kernel.identity;
  const listed = listedImages(state, input)
    .filter((image) => isOwnedByOneOf(image, input.Owners, accountId))
    .filter((image) => input.IncludeDisabled === true || image.state !== 'disabled')
    .filter((image) => input.IncludeDeprecated === true || image.ownerId === accountId || !isDeprecated(state, image));
  const found = applyFilters('DescribeImages', listed, input.Filters, {
    'image-id': ({ imageId }) => [imageId],
    name: ({ name }) => [name],
    state: (image) => [image.state],
    platform: ({ platform }) => [platform === 'windows' ? 'windows' : undefined],
    'owner-id': ({ ownerId }) => [ownerId],
    'owner-alias': ({ ownerId }) => [ownerId === 'amazon' ? 'amazon' : undefined],
    description: ({ description }) => [description],
    'creation-date': ({ creationDate }) => [creationDate],
    'source-image-id': ({ sourceImageId }) => [sourceImageId],
    architecture: () => ['x86_64'],
    'image-type': () => ['machine'],
    'root-device-type': () => ['ebs'],
    'virtualization-type': () => ['hvm'],
    'is-public': ({ ownerId }) => [`${ownerId === 'amazon'}`],
  });
  const page = paginate(found, {
    token: input.NextToken,
    size: input.MaxResults ?? Number.POSITIVE_INFINITY,
    invalidToken,
  });
  return {
    Images: page.items.map((image) => describeImage(state, image)),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
}

/**
 * Naming an image that does not exist is an error. One that was deregistered a moment ago is first only
 * missing from the list.
 */
function listedImages(
  { images, behaviour, kernel }: Ec2State,
  { ImageIds }: DescribeImagesCommandInput,
): MachineImage[] {
  const existing = images.all().filter(({ state }) => state !== 'deregistered');
  if (!ImageIds?.length) return existing;
  const malformed = ImageIds.find((imageId) => !/^ami-[0-9a-f]{8,17}$/.test(imageId));
  if (malformed !== undefined) throw malformedImageId(malformed);
  const missing = ImageIds.filter((imageId) => {
    const image = images.get(imageId);
    if (image?.deregisteredAt === undefined) return image === undefined;
    return image.deregisteredAt + behaviour.deregisteredSilentFor <= kernel.clock.now();
  });
  if (missing.length > 0) throw imageNotFound(missing);
  return existing.filter(({ imageId }) => ImageIds.includes(imageId));
}

function isOwnedByOneOf({ ownerId }: MachineImage, owners: readonly string[] | undefined, accountId: string): boolean {
  if (!owners?.length) return true;
  return owners.some((owner) => ownerId === (owner === 'self' ? accountId : owner));
}

function isDeprecated({ kernel }: Ec2State, { deprecationTime }: MachineImage): boolean {
  return deprecationTime !== undefined && Date.parse(deprecationTime) <= kernel.clock.now();
}

/** `Platform` comes in lower case, unlike the SDK's type, and is missing for Linux. */
function describeImage(state: Ec2State, image: MachineImage): Image {
  const isWindows = image.platform === 'windows';
  return {
    Architecture: 'x86_64',
    CreationDate: image.creationDate,
    ImageId: image.imageId,
    ImageLocation: `${image.ownerId}/${image.name}`,
    ImageType: 'machine',
    Public: image.ownerId === 'amazon',
    OwnerId: image.ownerId,
    ...(image.ownerId === 'amazon' && { ImageOwnerAlias: 'amazon' }),
    ...(isWindows && { Platform: 'windows' as PlatformValues }),
    PlatformDetails: isWindows ? 'Windows' : 'Linux/UNIX',
    UsageOperation: isWindows ? 'RunInstances:0002' : 'RunInstances',
    State: image.state,
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/sda1',
        Ebs: {
          DeleteOnTermination: true,
          SnapshotId: image.snapshotId,
          VolumeSize: image.volumeGibibytes ?? 100,
          VolumeType: 'gp3',
          Encrypted: true,
        },
      },
    ],
    ...(image.description !== undefined && { Description: image.description }),
    EnaSupport: true,
    Hypervisor: 'xen',
    Name: image.name,
    RootDeviceName: '/dev/sda1',
    RootDeviceType: 'ebs',
    Tags: tagListOf(image.tags),
    VirtualizationType: 'hvm',
    ...(image.deprecationTime !== undefined && { DeprecationTime: image.deprecationTime }),
    ...lastLaunch(state, image),
    ...(image.sourceImageId !== undefined && { SourceImageId: image.sourceImageId }),
  };
}

/** A launch is reported 24 hours later. */
function lastLaunch({ kernel }: Ec2State, { launches }: MachineImage): Pick<Image, 'LastLaunchedTime'> {
  const reported = launches.findLast((at) => at + REPORTING_DELAY <= kernel.clock.now());
  return reported === undefined ? {} : { LastLaunchedTime: new Date(reported).toISOString() };
}

function describeFastLaunches({ images, kernel }: Ec2State, input: DescribeFastLaunchImagesCommandInput) {
  const { accountId } = kernel.identity;
  const wanted = images
    .fastLaunches()
    .filter(({ imageId }) => !input.ImageIds?.length || input.ImageIds.includes(imageId))
    .map((one) => ({ ...one, tags: {} }));
  const found = applyFilters('DescribeFastLaunchImages', wanted, input.Filters, {
    state: ({ state }) => [state],
    'owner-id': () => [accountId],
    'resource-type': () => ['snapshot'],
  });
  const page = paginate(found, { token: input.NextToken, size: input.MaxResults || 200, invalidToken });
  return {
    FastLaunchImages: page.items.map((one) => ({
      ImageId: one.imageId,
      ResourceType: 'snapshot' as const,
      SnapshotConfiguration: { TargetResourceCount: one.targetResourceCount ?? 5 },
      MaxParallelLaunches: one.maxParallelLaunches ?? 6,
      OwnerId: accountId,
      State: one.state,
      ...(one.reason !== undefined && { StateTransitionReason: one.reason }),
      StateTransitionTime: new Date(one.changedAt),
    })),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
}
