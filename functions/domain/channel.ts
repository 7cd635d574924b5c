import { type ImageArnParts, type ImageBuild, parseImageArn } from './image.ts';
import type { TaggedGroup } from './node-group-driver.ts';
import { type FoundRelease, isAnyBehind, usableRelease } from './release.ts';
import { amazonsChannel, type ReleaseLine } from './release-line.ts';
import { channelTag } from './tags.ts';

/** The channels of images that the tags of node groups name, each once, in a fixed order. */
export const channelsIn = (tags: readonly Readonly<Record<string, string>>[]): string[] =>
  [...new Set(tags.flatMap((each) => each[channelTag] ?? []))].filter((each) => each !== amazonsChannel).toSorted();

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

/**
 * Whether Amazon's newest release of a line is worth a run, or why it is ignored: it is when a group that follows the
 * channel runs an older one.
 *
 * @throws when the release cannot be used; each error says why.
 */
export function judgeRelease(
  line: ReleaseLine,
  found: FoundRelease | undefined,
  groups: readonly TaggedGroup[],
): { readonly version: string } | { readonly ignored: string } {
  if (found === undefined) return { ignored: 'AWS names no AMI of this type and Kubernetes version' };
  const { version } = usableRelease(line, found);
  return isAnyBehind(groups, line, version) ? { version } : { ignored: `no node group is behind ${version}` };
}
