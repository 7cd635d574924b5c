import type * as v from 'valibot';
import { describeAmi } from '../adapters/ec2-images.ts';
import { getImageBuild } from '../adapters/image-builder.ts';
import {
  type Account,
  type Ami,
  ImageArn,
  type ImageBuild,
  pickAmi,
  refuseUnusableBuild,
  usableImage,
} from '../domain/image.ts';
import { strictObject } from '../domain/shapes.ts';
import { logger, task } from '../runtime/task.ts';

const Input = strictObject({ imageArn: ImageArn });

type Dependencies = {
  readonly getImageBuild: (arn: string) => Promise<ImageBuild>;
  readonly describeAmi: (amiId: string) => Promise<Ami>;
};

/**
 * Step "Resolve image": the AMI that an image became in this account and Region, proved to be one that Windows nodes
 * can be launched from. Only reads, so it may run any number of times.
 */
export const resolveImage =
  ({ getImageBuild, describeAmi }: Dependencies) =>
  async ({ imageArn }: v.InferOutput<typeof Input>, account: Account) => {
    const build = await getImageBuild(imageArn);
    refuseUnusableBuild(build);
    const ami = await describeAmi(pickAmi(build, account));
    const image = usableImage(build, ami);

    logger.info('Resolved image', { answer: image.amiId, image });
    return { image };
  };

export const handler = task(Input, resolveImage({ getImageBuild, describeAmi }));
