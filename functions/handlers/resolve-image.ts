import type * as v from 'valibot';
import { describeAmi } from '../adapters/ec2-images.ts';
import { getImageBuild } from '../adapters/image-builder.ts';
import { findRelease } from '../adapters/releases.ts';
import {
  type Account,
  type Ami,
  type Image,
  ImageArn,
  type ImageBuild,
  pickAmi,
  refuseUnusableBuild,
  usableImage,
} from '../domain/image.ts';
import { type FoundRelease, usableRelease } from '../domain/release.ts';
import { ReleaseLine } from '../domain/release-line.ts';
import { nearestOf, strictObject } from '../domain/shapes.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = nearestOf([strictObject({ imageArn: ImageArn }), strictObject({ release: ReleaseLine })]);
type Input = v.InferOutput<typeof Input>;

type Dependencies = {
  readonly getImageBuild: (arn: string) => Promise<ImageBuild>;
  readonly describeAmi: (amiId: string) => Promise<Ami>;
  readonly findRelease: (line: ReleaseLine) => Promise<FoundRelease | undefined>;
};

/**
 * Step "Resolve image": the AMI that an image became in this account and Region, or that Amazon's newest release of a line
 * has here, proved to be one that Windows nodes can be launched from. Only reads, so it may run any number of times.
 */
export const resolveImage = ({ getImageBuild, describeAmi, findRelease }: Dependencies) => {
  const resolveBuild = async (imageArn: string, account: Account): Promise<Image> => {
    const build = await getImageBuild(imageArn);
    refuseUnusableBuild(build);
    return usableImage(build, await describeAmi(pickAmi(build, account)));
  };

  return async (input: Input, account: Account) => {
    const image =
      'release' in input
        ? usableRelease(input.release, await findRelease(input.release))
        : await resolveBuild(input.imageArn, account);

    logger.info('Resolved image', { answer: image.amiId, image });
    return { image };
  };
};

export const handler = task(Input, resolveImage({ getImageBuild, describeAmi, findRelease }));
