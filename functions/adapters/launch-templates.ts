import {
  CreateLaunchTemplateVersionCommand,
  DescribeLaunchTemplateVersionsCommand,
  type LaunchTemplateVersion,
} from '@aws-sdk/client-ec2';
import { AwsUnavailable, LaunchTemplateInvalid } from '../domain/errors.ts';
import { shortHash } from '../domain/execution-name.ts';
import type { LaunchSource, TemplateVersion } from '../domain/node-group.ts';
import { awsCall, isAwsError } from './aws-call.ts';
import { ec2 } from './ec2-client.ts';

const notFound = [
  'InvalidLaunchTemplateId.NotFound',
  'InvalidLaunchTemplateId.VersionNotFound',
  'InvalidLaunchTemplateName.NotFoundException',
];

const subject = ({ id, version }: TemplateVersion): string => `launch template ${id}, version ${version}`;

/** What instances are launched from, as the template's numbered version says it now. */
export async function readLaunchSource(template: TemplateVersion): Promise<LaunchSource> {
  const found = await awsCall('ec2:DescribeLaunchTemplateVersions', subject(template), () =>
    ec2().send(
      new DescribeLaunchTemplateVersionsCommand({
        LaunchTemplateId: template.id,
        Versions: [String(template.version)],
      }),
    ),
  ).then(
    ({ LaunchTemplateVersions }) => LaunchTemplateVersions?.[0],
    (error: unknown) => {
      if (isAwsError(error, ...notFound)) return undefined;
      throw error;
    },
  );
  return {
    type: 'launch-template',
    template,
    imageId: found?.LaunchTemplateData?.ImageId,
    hasInstanceRequirements: found?.LaunchTemplateData?.InstanceRequirements !== undefined,
  };
}

/**
 * Whether a service refused a version because EC2 has not told it of it yet: EC2 is eventually consistent. Auto Scaling and
 * EKS have no code for that; they pass EC2's words on in a refusal that can mean anything.
 */
export const isVersionUnknown = (error: unknown): error is Error =>
  isAwsError(error, 'InvalidLaunchTemplateId.VersionNotFound') ||
  (isAwsError(error, 'ValidationError', 'InvalidRequestException', 'InvalidParameterException') &&
    /VersionNotFound|could not find the specified version|version .* does not exist/i.test(error.message));

/** Says in a version's description what it was made from and for. It is how the version is found again. */
const marker = (source: TemplateVersion, amiId: string): string => `reglaze: version ${source.version} with ${amiId}`;

async function findByMarker(source: TemplateVersion, amiId: string): Promise<LaunchTemplateVersion | undefined> {
  let nextToken: string | undefined;
  do {
    const page = await awsCall('ec2:DescribeLaunchTemplateVersions', subject(source), () =>
      ec2().send(
        new DescribeLaunchTemplateVersionsCommand({
          LaunchTemplateId: source.id,
          MinVersion: String(source.version),
          MaxResults: 200,
          ...(nextToken !== undefined && { NextToken: nextToken }),
        }),
      ),
    );
    const found = page.LaunchTemplateVersions?.find(
      ({ VersionDescription, LaunchTemplateData }) =>
        VersionDescription === marker(source, amiId) && LaunchTemplateData?.ImageId === amiId,
    );
    if (found) return found;
    nextToken = page.NextToken;
  } while (nextToken);
  return undefined;
}

/**
 * The version that is `source` with another AMI and nothing else changed.
 *
 * There is one per source version and AMI: an earlier one is found by its description, and two calls at the same time
 * share a token. It becomes neither the template's default nor the group's own.
 *
 * @throws {AwsUnavailable} EC2 has made the version and does not know it yet; asking again finds it.
 * @throws {LaunchTemplateInvalid} EC2 warns that the version cannot be launched.
 */
export async function deriveVersion(source: TemplateVersion, amiId: string): Promise<TemplateVersion> {
  const existing = await findByMarker(source, amiId);
  if (existing?.VersionNumber !== undefined) return { id: source.id, version: existing.VersionNumber };

  const { LaunchTemplateVersion, Warning } = await awsCall('ec2:CreateLaunchTemplateVersion', subject(source), () =>
    ec2().send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: source.id,
        SourceVersion: String(source.version),
        VersionDescription: marker(source, amiId),
        ClientToken: `reglaze-${shortHash(`${source.id}/${source.version}/${amiId}`)}`,
        LaunchTemplateData: { ImageId: amiId },
      }),
    ),
  );
  const warning = Warning?.Errors?.[0];
  if (warning !== undefined || LaunchTemplateVersion?.VersionNumber === undefined) {
    throw new LaunchTemplateInvalid(
      `EC2 made a version of ${subject(source)} with ${amiId} that cannot be launched: ` +
        `${warning?.Code ?? 'no version'} ${warning?.Message ?? ''}. Correct the template, then start the run again.`,
    );
  }
  const made = { id: source.id, version: LaunchTemplateVersion.VersionNumber };
  const seen = await readLaunchSource(made);
  if (seen.type === 'launch-template' && seen.imageId !== undefined) return made;
  throw new AwsUnavailable(`EC2 made ${subject(made)} and does not know it yet`);
}
