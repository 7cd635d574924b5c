import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { awsCall } from '../../functions/adapters/aws-call.ts';
import { clientSettings } from '../../functions/adapters/client-settings.ts';
import { WrongUsage } from '../command-line.ts';

/**
 * The run bucket of the stage in this Region, which stays when the stack is removed; undefined when there is none.
 * CloudFormation makes its name from those of the stack and of the resource.
 *
 * @throws {WrongUsage} There are several, as after a stack that was removed and deployed again.
 */
export async function findRunBucket(stage: string): Promise<string | undefined> {
  const region = process.env.AWS_REGION;
  const { Buckets = [] } = await awsCall('s3:ListAllMyBuckets', 'the buckets', () =>
    new S3Client(clientSettings()).send(
      new ListBucketsCommand({ Prefix: `reglaze-${stage}-runbucket-`, BucketRegion: region, MaxBuckets: 100 }),
    ),
  );
  const names = Buckets.flatMap(({ Name }) => Name ?? []);
  if (names.length > 1) {
    throw new WrongUsage(`There are several run buckets: ${names.join(', ')}. Name one of them with --bucket.`);
  }
  return names[0];
}
