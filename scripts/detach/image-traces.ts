import { DeleteTagsCommand, DescribeImagesCommand, type DescribeImagesCommandOutput } from '@aws-sdk/client-ec2';
import { awsCall } from '../../functions/adapters/aws-call.ts';
import { ec2 } from '../../functions/adapters/ec2-client.ts';
import { failedTestTag } from '../../functions/domain/smoke-test.ts';
import type { Trace } from './trace.ts';

const filters = [{ Name: 'tag-key', Values: [failedTestTag] }];

async function listMarked() {
  const images: NonNullable<DescribeImagesCommandOutput['Images']> = [];
  let NextToken: string | undefined;
  do {
    const page: DescribeImagesCommandOutput = await awsCall('ec2:DescribeImages', 'marked AMIs', () =>
      ec2().send(
        new DescribeImagesCommand({
          ...{ Filters: filters, IncludeDeprecated: true, IncludeDisabled: true, MaxResults: 1000 },
          ...(NextToken !== undefined && { NextToken }),
        }),
      ),
    );
    images.push(...(page.Images ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return images;
}

/** The mark of AMIs whose first node failed; they belong to no group, so they are looked for when nothing narrows. */
export async function imageTraces(): Promise<Trace[]> {
  return (await listMarked()).map(({ ImageId = '', Tags = [] }) => ({
    place: 'AMIs',
    lines: [`tag ${failedTestTag} = ${Tags.find(({ Key }) => Key === failedTestTag)?.Value ?? ''} of ${ImageId}`],
    remove: async () => {
      const input = { Resources: [ImageId], Tags: [{ Key: failedTestTag }] };
      await awsCall('ec2:DeleteTags', ImageId, () => ec2().send(new DeleteTagsCommand(input)));
      return undefined;
    },
  }));
}
