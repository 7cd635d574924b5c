import { CreateTagsCommand, DescribeImagesCommand } from '@aws-sdk/client-ec2';
import { AmiNotFound } from '../domain/errors.ts';
import type { Ami } from '../domain/image.ts';
import { failedTestTag } from '../domain/smoke-test.ts';
import { awsCall, isAwsError } from './aws-call.ts';
import { ec2 } from './ec2-client.ts';

/**
 * When AMIs were made, as far as EC2 still knows them. Asked by filter: of ids, one that is gone would refuse them all.
 */
export async function describeAges(amiIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
  if (amiIds.length === 0) return new Map();
  const { Images = [] } = await awsCall('ec2:DescribeImages', amiIds.join(', '), () =>
    ec2().send(
      new DescribeImagesCommand({
        Filters: [{ Name: 'image-id', Values: [...amiIds] }],
        IncludeDeprecated: true,
        IncludeDisabled: true,
      }),
    ),
  );
  return new Map(
    Images.flatMap(({ ImageId, CreationDate }) =>
      ImageId && CreationDate ? [[ImageId, new Date(CreationDate)] as const] : [],
    ),
  );
}

/**
 * One AMI, also when it is deprecated or disabled, so that the answer can say so.
 *
 * @throws {AmiNotFound} It is deregistered or never was.
 */
export async function describeAmi(amiId: string): Promise<Ami> {
  const image = await awsCall('ec2:DescribeImages', amiId, () =>
    ec2().send(new DescribeImagesCommand({ ImageIds: [amiId], IncludeDeprecated: true, IncludeDisabled: true })),
  ).then(
    ({ Images }) => Images?.[0],
    (error: unknown) => {
      if (isAwsError(error, 'InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable')) return undefined;
      throw error;
    },
  );
  if (image === undefined) {
    throw new AmiNotFound(`AMI ${amiId} does not exist (any more). Build the image again, then start the run with it.`);
  }
  const failedSmokeTest = image.Tags?.find(({ Key }) => Key === failedTestTag)?.Value;
  return {
    amiId,
    name: image.Name,
    state: image.State ?? 'unknown',
    platform: image.Platform,
    ...(failedSmokeTest !== undefined && { failedSmokeTest }),
  };
}

/** Gives an AMI a tag. The same tag again is replaced. On an AMI of another account the tag is seen in this one only. */
export async function markImage(amiId: string, tag: { readonly key: string; readonly value: string }): Promise<void> {
  await awsCall('ec2:CreateTags', amiId, () =>
    ec2().send(new CreateTagsCommand({ Resources: [amiId], Tags: [{ Key: tag.key, Value: tag.value }] })),
  );
}
