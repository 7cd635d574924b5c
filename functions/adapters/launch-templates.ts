import {
  CreateLaunchTemplateVersionCommand,
  DescribeLaunchTemplateVersionsCommand,
  type LaunchTemplateVersion,
  ModifyLaunchTemplateCommand,
} from '@aws-sdk/client-ec2';
import { AwsUnavailable, LaunchTemplateFull, LaunchTemplateInvalid } from '../domain/errors.ts';
import { shortHash } from '../domain/execution-name.ts';
import type { ReadTemplate } from '../domain/mixed-instances.ts';
import type { Alias, LaunchSource, TemplateVersion } from '../domain/node-group.ts';
import type { TemplateView } from '../domain/unpin.ts';
import { awsCall, isAwsError } from './aws-call.ts';
import { ec2 } from './ec2-client.ts';

const notFound = [
  'InvalidLaunchTemplateId.NotFound',
  'InvalidLaunchTemplateId.VersionNotFound',
  'InvalidLaunchTemplateName.NotFoundException',
];

const subject = ({ id, version }: TemplateVersion): string => `launch template ${id}, version ${version}`;

/** The default is marked as such; the newest has the highest number. */
function pickVersion(versions: readonly LaunchTemplateVersion[], named: TemplateVersion, follows: Alias | undefined) {
  if (follows === '$Default') return versions.find(({ DefaultVersion }) => DefaultVersion);
  if (follows === '$Latest') return versions.toSorted((a, b) => (b.VersionNumber ?? 0) - (a.VersionNumber ?? 0))[0];
  return versions.find(({ VersionNumber }) => VersionNumber === named.version);
}

/** A numbered version as it is now, and by the same call the number of the newest. */
export async function readTemplate(named: TemplateVersion, follows?: Alias): Promise<ReadTemplate> {
  const wanted = follows ?? String(named.version);
  const versions = await awsCall('ec2:DescribeLaunchTemplateVersions', subject(named), () =>
    ec2().send(
      new DescribeLaunchTemplateVersionsCommand({
        LaunchTemplateId: named.id,
        Versions: [...new Set([wanted, '$Latest'])],
      }),
    ),
  ).then(
    ({ LaunchTemplateVersions = [] }) => LaunchTemplateVersions,
    (error: unknown) => {
      if (isAwsError(error, ...notFound)) return [];
      throw error;
    },
  );
  const found = pickVersion(versions, named, follows);
  const template = { id: named.id, version: found?.VersionNumber ?? named.version };
  return {
    template,
    imageId: found?.LaunchTemplateData?.ImageId,
    hasInstanceRequirements: found?.LaunchTemplateData?.InstanceRequirements !== undefined,
    createdBy: found?.CreatedBy,
    newestVersion: Math.max(0, ...versions.map(({ VersionNumber = 0 }) => VersionNumber)),
  };
}

/**
 * What instances are launched from, as the template's numbered version says it now.
 *
 * @param follows what the group names instead of the number, which is then found.
 */
export const readLaunchSource = async (template: TemplateVersion, follows?: Alias): Promise<LaunchSource> => ({
  type: 'launch-template',
  ...(follows && { follows }),
  ...(await readTemplate(template, follows)),
});

/** EC2 says by a code of its own what AWS's other services call a limit; which one is not documented. */
const isQuotaReached = (error: unknown): error is Error =>
  error instanceof Error && /^(?!Request).*LimitExceeded$/.test(error.name);

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

/** EC2 keeps up to 10,000 versions of a template. One that is not found in time is made once more, which does no harm. */
const mostPages = 5;

async function findByMarker(source: TemplateVersion, amiId: string): Promise<LaunchTemplateVersion | undefined> {
  let nextToken: string | undefined;
  let pages = 0;
  do {
    const page = await awsCall('ec2:DescribeLaunchTemplateVersions', subject(source), () =>
      ec2().send(
        new DescribeLaunchTemplateVersionsCommand({
          LaunchTemplateId: source.id,
          MinVersion: String(source.version),
          Filters: [{ Name: 'image-id', Values: [amiId] }],
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
    pages += 1;
  } while (nextToken && pages < mostPages);
  return undefined;
}

type NewVersion = { readonly amiId: string; readonly description: string; readonly token: string };

async function makeVersion(
  source: TemplateVersion,
  { amiId, description, token }: NewVersion,
): Promise<TemplateVersion> {
  const { LaunchTemplateVersion, Warning } = await awsCall('ec2:CreateLaunchTemplateVersion', subject(source), () =>
    ec2().send(
      new CreateLaunchTemplateVersionCommand({
        LaunchTemplateId: source.id,
        SourceVersion: String(source.version),
        VersionDescription: description,
        ClientToken: `reglaze-${shortHash(token)}`,
        LaunchTemplateData: { ImageId: amiId },
      }),
    ),
  ).catch((error: unknown) => {
    if (!isQuotaReached(error)) throw error;
    throw new LaunchTemplateFull(
      `Launch template ${source.id} cannot get a version for ${amiId}: ${error.message} Delete old versions of it, then ` +
        'start the run again.',
      { cause: error },
    );
  });
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

/**
 * The version that is `source` with another AMI and nothing else changed.
 *
 * There is one per source version and AMI: an earlier one is found by its description, and two calls at the same time
 * share a token. It becomes neither the template's default nor the group's own.
 *
 * @throws {AwsUnavailable} EC2 has made the version and does not know it yet; asking again finds it.
 * @throws {LaunchTemplateFull} The template has as many versions as it may have.
 * @throws {LaunchTemplateInvalid} EC2 warns that the version cannot be launched.
 */
export async function deriveVersion(source: TemplateVersion, amiId: string): Promise<TemplateVersion> {
  const existing = await findByMarker(source, amiId);
  if (existing?.VersionNumber !== undefined) return { id: source.id, version: existing.VersionNumber };

  const token = `${source.id}/${source.version}/${amiId}`;
  return makeVersion(source, { amiId, description: marker(source, amiId), token });
}

const copyMarker = (version: number): string => `reglaze: copy of version ${version}`;
const copyPattern = /^reglaze: copy of version (\d+)$/;

/**
 * A version that is `source` again and newer than every other, so that `$Latest` stands for it. Two calls that have seen
 * the same newest version share a token, so they make one copy.
 *
 * @throws {AwsUnavailable} EC2 has made the copy and does not know it yet; looking again finds it.
 */
export const copyOnTop = (source: TemplateVersion, amiId: string, newest: number): Promise<TemplateVersion> =>
  makeVersion(source, {
    ...{ amiId, description: copyMarker(source.version) },
    token: `${source.id}/${source.version}/above/${newest}`,
  });

/** The template as it stands above a version: what was made since, by whom, and which version is the default. */
export async function readTemplateView(since: TemplateVersion): Promise<TemplateView> {
  const newer: LaunchTemplateVersion[] = [];
  let nextToken: string | undefined;
  do {
    const page = await awsCall('ec2:DescribeLaunchTemplateVersions', subject(since), () =>
      ec2().send(
        new DescribeLaunchTemplateVersionsCommand({
          LaunchTemplateId: since.id,
          MinVersion: String(since.version),
          MaxResults: 200,
          ...(nextToken !== undefined && { NextToken: nextToken }),
        }),
      ),
    );
    newer.push(...(page.LaunchTemplateVersions ?? []));
    nextToken = page.NextToken;
  } while (nextToken);
  const { template } = await readTemplate(since, '$Default');
  return {
    defaultVersion: template.version,
    newer: newer
      .filter(({ VersionNumber = 0 }) => VersionNumber > since.version)
      .map(({ VersionNumber = 0, VersionDescription = '' }) => ({
        version: VersionNumber,
        isOurs: VersionDescription.startsWith('reglaze: '),
        copyOf: Number(copyPattern.exec(VersionDescription)?.[1]) || undefined,
      })),
  };
}

/** Makes a version the template's default. Safe twice. */
export async function setDefaultVersion({ id, version }: TemplateVersion): Promise<void> {
  await awsCall('ec2:ModifyLaunchTemplate', subject({ id, version }), () =>
    ec2().send(new ModifyLaunchTemplateCommand({ LaunchTemplateId: id, DefaultVersion: String(version) })),
  );
}
