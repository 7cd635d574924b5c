import { GetImageCommand, type GetImageCommandOutput, ImagebuilderClient } from '@aws-sdk/client-imagebuilder';
import { ImageNotFound } from '../domain/errors.ts';
import type { ImageBuild } from '../domain/image.ts';
import { awsCall, isAwsError, once } from './aws-call.ts';
import { clientSettings } from './client-settings.ts';

const client = once(() => new ImagebuilderClient(clientSettings()));

function translate(arn: string, { image }: GetImageCommandOutput): ImageBuild {
  return {
    arn: image?.arn ?? arn,
    type: image?.type ?? 'AMI',
    name: image?.name ?? '',
    version: image?.version ?? '',
    platform: image?.platform ?? '',
    osVersion: image?.osVersion,
    status: image?.state?.status ?? 'UNKNOWN',
    statusReason: image?.state?.reason,
    amis: (image?.outputResources?.amis ?? []).flatMap(({ region, accountId, image: amiId }) =>
      region && accountId && amiId ? [{ region, accountId, amiId }] : [],
    ),
  };
}

/** One image build, or undefined when there is none. A version with wildcards means the newest available build. */
export async function findImageBuild(arn: string): Promise<ImageBuild | undefined> {
  try {
    return await awsCall('imagebuilder:GetImage', arn, async () =>
      translate(arn, await client().send(new GetImageCommand({ imageBuildVersionArn: arn }))),
    );
  } catch (error) {
    // Both are seen for a missing image; the model declares only the second.
    if (isAwsError(error, 'ResourceNotFoundException', 'InvalidRequestException')) return undefined;
    throw error;
  }
}

/** @throws {ImageNotFound} Image Builder knows no such image build. */
export async function getImageBuild(arn: string): Promise<ImageBuild> {
  const build = await findImageBuild(arn);
  if (build !== undefined) return build;
  throw new ImageNotFound(`Image ${arn} does not exist in Image Builder. Check the ARN and the account.`);
}
