import { type ImageArnParts, type ImageBuild, parseImageArn } from './image.ts';
import { channelTag } from './tags.ts';

/** The channels that the tags of node groups name, each once, in a fixed order. */
export const channelsIn = (tags: readonly Readonly<Record<string, string>>[]): string[] =>
  [...new Set(tags.flatMap((each) => each[channelTag] ?? []))].toSorted();

export type JudgedBuild = { readonly arn: string; readonly parts: ImageArnParts } | { readonly ignored: string };

/**
 * Whether an image build is worth a run, or why it is ignored.
 *
 * A build of a followed channel is never ignored for what is wrong with it beyond that: the run says it, in red.
 */
export function judgeBuild(build: ImageBuild | 'not-followed' | undefined): JudgedBuild {
  if (build === 'not-followed') return { ignored: 'no node group follows a channel of this name' };
  if (build === undefined) return { ignored: 'Image Builder has no available build' };
  if (build.type !== 'AMI') return { ignored: 'it is a container image' };
  if (build.status !== 'AVAILABLE') return { ignored: `it is ${build.status}` };
  const parts = parseImageArn(build.arn);
  return parts === undefined ? { ignored: `${build.arn} is no image build` } : { arn: build.arn, parts };
}
