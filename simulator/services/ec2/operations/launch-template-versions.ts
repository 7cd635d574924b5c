import type {
  DescribeLaunchTemplateVersionsCommandInput,
  DescribeLaunchTemplateVersionsCommandOutput,
  LaunchTemplateVersion as LaunchTemplateVersionShape,
} from '@aws-sdk/client-ec2';
import { type Operation, ServiceError } from '../../../kernel/service.ts';
import type { Ec2State } from '../ec2-state.ts';
import { applyFilters } from '../filters.ts';
import { describeData } from '../launch-template-data.ts';
import type { LaunchTemplate, LaunchTemplateVersion } from '../launch-templates.ts';
import { describePermission, ec2Operation, invalidToken } from '../operation.ts';
import { paginate } from '../paging.ts';
import { notSimulated } from '../refusal.ts';

type Listed = { readonly template: LaunchTemplate; readonly version: LaunchTemplateVersion; readonly tags: object };

export function launchTemplateVersionOperations(state: Ec2State): Record<string, Operation> {
  return {
    DescribeLaunchTemplateVersions: ec2Operation(
      describePermission('DescribeLaunchTemplateVersions'),
      (input: DescribeLaunchTemplateVersionsCommandInput) => describeVersions(state, input),
    ),
  };
}

export function describeVersion(template: LaunchTemplate, version: LaunchTemplateVersion): LaunchTemplateVersionShape {
  return {
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    VersionNumber: version.number,
    ...(version.description !== undefined && { VersionDescription: version.description }),
    CreateTime: new Date(version.createdAt),
    CreatedBy: version.createdBy,
    DefaultVersion: version.number === template.defaultVersion,
    LaunchTemplateData: describeData(version.data),
  };
}

/** Newest first; the versions that are asked for by name come in the order of the question. */
function describeVersions(
  state: Ec2State,
  input: DescribeLaunchTemplateVersionsCommandInput,
): Partial<DescribeLaunchTemplateVersionsCommandOutput> {
  if (input.ResolveAlias === true) {
    throw notSimulated('The simulator does not resolve SSM parameters in DescribeLaunchTemplateVersions.');
  }
  const found = applyFilters('DescribeLaunchTemplateVersions', listedVersions(state, input), input.Filters, {
    'image-id': ({ version }) => [version.data.ImageId],
    'instance-type': ({ version }) => [version.data.InstanceType],
    'is-default-version': ({ template, version }) => [`${version.number === template.defaultVersion}`],
    'create-time': ({ version }) => [new Date(version.createdAt).toISOString()],
    'iam-instance-profile': ({ version }) => [version.data.IamInstanceProfile?.Arn],
  });
  const page = paginate(found, { token: input.NextToken, size: pageSize(input.MaxResults), invalidToken });
  return {
    LaunchTemplateVersions: page.items.map(({ template, version }) => describeVersion(template, version)),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
}

function listedVersions({ templates }: Ec2State, input: DescribeLaunchTemplateVersionsCommandInput) {
  const { Versions: versions, MinVersion, MaxVersion } = input;
  const list = (template: LaunchTemplate, version: LaunchTemplateVersion) => ({ template, version, tags: {} });
  if (input.LaunchTemplateId === undefined && input.LaunchTemplateName === undefined) {
    if (!versions?.length || !versions.every((version) => version === '$Latest' || version === '$Default')) {
      throw new ServiceError(
        'MissingParameter',
        'Without a launch template, the versions must be $Latest, $Default or both.',
      );
    }
    return templates
      .all()
      .flatMap((template) => versions.map((version) => list(template, templates.version(template, version))));
  }
  const template = templates.find(input);
  if (versions?.length) {
    const wanted = versions.map((version) => templates.version(template, version));
    return [...new Set(wanted)].map((version) => list(template, version));
  }
  const [least, most] = [Number(MinVersion ?? 1), Number(MaxVersion ?? Number.POSITIVE_INFINITY)];
  return templates
    .visibleVersions(template)
    .filter(({ number }) => least <= number && number <= most)
    .toReversed()
    .map((version) => list(template, version)) satisfies readonly Listed[];
}

function pageSize(maxResults: number | undefined): number {
  if (maxResults !== undefined && (maxResults < 1 || maxResults > 200)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Value ( ${maxResults} ) for parameter maxResults is invalid. Expecting a value between 1 and 200.`,
    );
  }
  return maxResults ?? 200;
}
