import { ReleaseNotFound } from './errors.ts';
import { type Ami, type Image, isNewerVersion, refuseUnusableAmi } from './image.ts';
import type { TaggedGroup } from './node-group-driver.ts';
import {
  amazonsChannel,
  lineName,
  parametersOf,
  type ReleaseLine,
  type ReleaseVersion,
  sameLine,
  serverLineOfRelease,
} from './release-line.ts';
import { channelTag } from './tags.ts';

/** What is found about the newest release of a line, before its AMI is judged. */
export type FoundRelease = { readonly ami: Ami; readonly parameter: string | undefined };

const numbersOf = (version: string): string => version.split(/\D+/).filter(Boolean).map(Number).join('.');

/**
 * The release that an AMI is. Its name tells (`…-EKS_Optimized-1.35-2026.04.18`), with separators that vary; the parameter
 * has EKS's own spelling, but is written apart from the one with the AMI, and may tell of another release for a moment.
 *
 * @param parameter what AWS's parameter says, if it is there.
 */
export function readReleaseVersion(amiName: string | undefined, parameter: string | undefined): string | undefined {
  const named = /-EKS_Optimized-(\d+\.\d+-\d.*)$/.exec(amiName ?? '')?.[1];
  if (named === undefined || parameter === undefined) return named ?? parameter;
  return numbersOf(named) === numbersOf(parameter) ? parameter : named;
}

/**
 * The release that node groups of a line are rolled to.
 *
 * @throws the named error of the first thing that forbids it.
 */
export function usableRelease(line: ReleaseLine, found: FoundRelease | undefined): Image {
  if (found === undefined) {
    throw new ReleaseNotFound(
      `AWS names no AMI of ${lineName(line)} in this Region: the parameter ${parametersOf(line).imageId} does not exist. ` +
        'Check type and version.',
    );
  }
  const { ami } = found;
  const version = readReleaseVersion(ami.name, found.parameter);
  if (version === undefined) {
    throw new ReleaseNotFound(
      `Neither the name of ${ami.amiId} (${ami.name ?? 'none'}) nor a parameter tells which release of ${lineName(line)} ` +
        'it is.',
    );
  }
  refuseUnusableAmi(ami, `Amazon's release ${version}`, 'Start the run again when there is a newer release.');
  const { amiId, failedSmokeTest } = ami;
  return {
    name: amazonsChannel,
    ...{ version, release: { ...line }, amiId, serverLine: serverLineOfRelease(line) },
    ...(failedSmokeTest && { failedSmokeTest }),
  };
}

/** What the groups of Amazon's channel run, those that say it. */
const releasesIn = (groups: readonly TaggedGroup[]): ReleaseVersion[] =>
  groups.flatMap(({ tags, release }) => (tags[channelTag] === amazonsChannel && release ? [release] : []));

/** The lines of Amazon's releases that groups follow, each once. */
export function linesIn(groups: readonly TaggedGroup[]): ReleaseLine[] {
  const lines: ReleaseLine[] = [];
  for (const { amiType, kubernetesVersion } of releasesIn(groups)) {
    const line = { amiType, kubernetesVersion };
    if (!lines.some((each) => sameLine(each, line))) lines.push(line);
  }
  return lines;
}

/** Whether a group of the line says that it runs an older release than the newest one. */
export const isAnyBehind = (groups: readonly TaggedGroup[], line: ReleaseLine, newest: string): boolean =>
  releasesIn(groups).some((each) => sameLine(each, line) && isNewerVersion(newest, each.releaseVersion));
