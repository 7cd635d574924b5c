import type { FoundRelease } from '../domain/release.ts';
import { parametersOf, type ReleaseLine } from '../domain/release-line.ts';
import { describeAmi } from './ec2-images.ts';
import { findParameter } from './parameters.ts';

/**
 * What AWS says of the newest release of a line in this Region: by public parameters, which tell the AMI and, not everywhere,
 * the release, and by the AMI itself, whose name tells it too. Undefined when there is no such AMI.
 */
export async function findRelease(line: ReleaseLine): Promise<FoundRelease | undefined> {
  const { imageId, releaseVersion } = parametersOf(line);
  const ami = await findParameter(imageId);
  if (ami === undefined) return undefined;
  const [described, version] = await Promise.all([describeAmi(ami.value), findParameter(releaseVersion)]);
  return { ami: described, parameter: version?.value };
}
