import type {
  CreateLaunchTemplateCommandInput,
  CreateLaunchTemplateVersionCommandInput,
  DeleteLaunchTemplateCommandInput,
  DeleteLaunchTemplateVersionsCommandInput,
  DescribeLaunchTemplatesCommandInput,
  DescribeLaunchTemplatesCommandOutput,
  ModifyLaunchTemplateCommandInput,
  ValidationWarning,
} from '@aws-sdk/client-ec2';
import { onResource, requestTagContext } from '../../../iam/dependent-actions.ts';
import type { Operation, Permission } from '../../../kernel/service.ts';
import { ec2Arn } from '../arns.ts';
import type { Ec2State } from '../ec2-state.ts';
import { applyFilters } from '../filters.ts';
import { inheritData } from '../launch-template-data.ts';
import { type LaunchTemplate, type TemplateReference, versionNotFound } from '../launch-templates.ts';
import { describePermission, ec2Operation, invalidToken } from '../operation.ts';
import { paginate } from '../paging.ts';
import { mergeTags, tagListOf, tagsOf } from '../tags.ts';
import { describeVersion } from './launch-template-versions.ts';

/** Operations that change launch templates, and the list of templates. */
export function launchTemplateOperations(state: Ec2State): Record<string, Operation> {
  const { templates, idempotency, kernel } = state;

  return {
    CreateLaunchTemplate: ec2Operation(
      (input: CreateLaunchTemplateCommandInput) => creationNeeds(state, input),
      (input: CreateLaunchTemplateCommandInput, { caller }) =>
        idempotency.once('CreateLaunchTemplate', input.ClientToken, input, () => {
          const template = templates.create(input.LaunchTemplateName ?? '', requestTagsOf(input), {
            data: input.LaunchTemplateData ?? {},
            description: input.VersionDescription,
            createdBy: caller.arn,
          });
          kernel.log.write('launch-template.created', { launchTemplateId: template.id, name: template.name });
          return {
            LaunchTemplate: describeTemplate(state, template),
            ...warningFor(state, input.LaunchTemplateData?.ImageId),
          };
        }),
    ),
    CreateLaunchTemplateVersion: ec2Operation(
      onTemplate<CreateLaunchTemplateVersionCommandInput>(state, 'CreateLaunchTemplateVersion'),
      (input: CreateLaunchTemplateVersionCommandInput, { caller }) =>
        idempotency.once('CreateLaunchTemplateVersion', input.ClientToken, input, () => {
          const template = templates.find(input);
          const given = input.LaunchTemplateData ?? {};
          const source = input.SourceVersion === undefined ? undefined : sourceOf(state, template, input.SourceVersion);
          const data = source === undefined ? given : inheritData(source, given);
          const version = templates.addVersion(template, {
            data,
            description: input.VersionDescription,
            createdBy: caller.arn,
          });
          kernel.log.write('launch-template.version', {
            launchTemplateId: template.id,
            version: version.number,
            imageId: data.ImageId,
          });
          return {
            LaunchTemplateVersion: describeVersion(template, version),
            ...warningFor(state, data.ImageId),
          };
        }),
    ),
    ModifyLaunchTemplate: ec2Operation(
      onTemplate<ModifyLaunchTemplateCommandInput>(state, 'ModifyLaunchTemplate'),
      (input: ModifyLaunchTemplateCommandInput) =>
        idempotency.once('ModifyLaunchTemplate', input.ClientToken, input, () => {
          const template = templates.find(input);
          if (input.DefaultVersion !== undefined) {
            template.defaultVersion = templates.version(template, input.DefaultVersion).number;
            kernel.log.write('launch-template.default', {
              launchTemplateId: template.id,
              version: template.defaultVersion,
            });
          }
          return { LaunchTemplate: describeTemplate(state, template) };
        }),
    ),
    DeleteLaunchTemplate: ec2Operation(
      onTemplate<DeleteLaunchTemplateCommandInput>(state, 'DeleteLaunchTemplate'),
      (input: DeleteLaunchTemplateCommandInput) => {
        const template = templates.find(input);
        const LaunchTemplate = describeTemplate(state, template);
        templates.remove(template);
        kernel.log.write('launch-template.deleted', { launchTemplateId: template.id, name: template.name });
        return { LaunchTemplate };
      },
    ),
    DeleteLaunchTemplateVersions: ec2Operation(
      onTemplate<DeleteLaunchTemplateVersionsCommandInput>(state, 'DeleteLaunchTemplateVersions'),
      (input: DeleteLaunchTemplateVersionsCommandInput) => deleteVersions(state, input),
    ),
    DescribeLaunchTemplates: ec2Operation(
      describePermission('DescribeLaunchTemplates'),
      (input: DescribeLaunchTemplatesCommandInput) => describeTemplates(state, input),
    ),
  };
}

function sourceOf({ templates, behaviour }: Ec2State, template: LaunchTemplate, sourceVersion: string) {
  if (sourceVersion.startsWith('$') && behaviour.sourceVersionAliases === 'refuse') {
    throw versionNotFound(template, sourceVersion);
  }
  return templates.version(template, sourceVersion).data;
}

function describeTemplate({ templates }: Ec2State, template: LaunchTemplate) {
  return {
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    CreateTime: new Date(template.createdAt),
    CreatedBy: template.createdBy,
    DefaultVersionNumber: template.defaultVersion,
    LatestVersionNumber: templates.visibleVersions(template).at(-1)?.number ?? template.defaultVersion,
    Tags: tagListOf(template.tags),
  };
}

function describeTemplates(
  state: Ec2State,
  input: DescribeLaunchTemplatesCommandInput,
): Partial<DescribeLaunchTemplatesCommandOutput> {
  const { templates } = state;
  const named = [
    ...(input.LaunchTemplateIds ?? []).map((id) => templates.find({ LaunchTemplateId: id })),
    ...(input.LaunchTemplateNames ?? []).map((name) => templates.find({ LaunchTemplateName: name })),
  ];
  const listed = named.length > 0 ? named : templates.all();
  const found = applyFilters('DescribeLaunchTemplates', listed, input.Filters, {
    'launch-template-name': ({ name }) => [name],
    'create-time': ({ createdAt }) => [new Date(createdAt).toISOString()],
  });
  const page = paginate(found, { token: input.NextToken, size: input.MaxResults ?? 200, invalidToken });
  return {
    LaunchTemplates: page.items.map((template) => describeTemplate(state, template)),
    ...(page.nextToken && { NextToken: page.nextToken }),
  };
}

function deleteVersions({ templates, kernel }: Ec2State, input: DeleteLaunchTemplateVersionsCommandInput) {
  const template = templates.find(input);
  const name = { LaunchTemplateId: template.id, LaunchTemplateName: template.name };
  const numbers = (input.Versions ?? []).map(Number);
  const failures = numbers.flatMap((number) => {
    const problem = deletionProblem(template, number);
    return problem === undefined ? [] : [{ ...name, VersionNumber: number, ResponseError: problem }];
  });
  const deleted = numbers.filter((number) => deletionProblem(template, number) === undefined);
  for (const number of deleted) {
    template.versions.delete(number);
    kernel.log.write('launch-template.version-deleted', { launchTemplateId: template.id, version: number });
  }
  return {
    SuccessfullyDeletedLaunchTemplateVersions: deleted.map((number) => ({ ...name, VersionNumber: number })),
    UnsuccessfullyDeletedLaunchTemplateVersions: failures,
  };
}

/** That the default version cannot be deleted is documented; with which code it is refused is not. */
function deletionProblem(template: LaunchTemplate, number: number) {
  if (!template.versions.has(number)) {
    return {
      Code: 'launchTemplateVersionDoesNotExist' as const,
      Message: `Could not find the specified version ${number} for the launch template with ID ${template.id}.`,
    };
  }
  if (number !== template.defaultVersion) return undefined;
  return {
    Code: 'unexpectedError' as const,
    Message: `The default version ${number} of the launch template with ID ${template.id} cannot be deleted.`,
  };
}

/** Invalid data is only a warning: the version exists all the same. */
function warningFor({ images, behaviour }: Ec2State, imageId: string | undefined): { Warning?: ValidationWarning } {
  const isFine =
    imageId === undefined || imageId.startsWith('resolve:ssm:') || images.get(imageId)?.state === 'available';
  if (isFine || !behaviour.warnAboutMissingImages) return {};
  return {
    Warning: { Errors: [{ Code: 'InvalidAMIID.NotFound', Message: `The image id '[${imageId}]' does not exist` }] },
  };
}

function requestTagsOf({ TagSpecifications }: CreateLaunchTemplateCommandInput) {
  const specification = TagSpecifications?.find(({ ResourceType }) => ResourceType === 'launch-template');
  return mergeTags({}, tagsOf(specification?.Tags));
}

function creationNeeds({ kernel }: Ec2State, input: CreateLaunchTemplateCommandInput): readonly Permission[] {
  const resource = ec2Arn(kernel.identity, 'launch-template', '*');
  const context = requestTagContext(requestTagsOf(input));
  const create = onResource('ec2:CreateLaunchTemplate', resource, context);
  if (Object.keys(context).length === 0) return [create];
  return [create, onResource('ec2:CreateTags', resource, { ...context, 'ec2:CreateAction': 'CreateLaunchTemplate' })];
}

/** The template's own ARN and tags; a template that is not there is looked for by the operation itself. */
function onTemplate<Input extends TemplateReference>({ templates, kernel }: Ec2State, operation: string) {
  return ({ LaunchTemplateId: id, LaunchTemplateName: name }: Input): readonly Permission[] => {
    const template = templates.all().find((one) => (id === undefined ? one.name === name : one.id === id));
    const arn = ec2Arn(kernel.identity, 'launch-template', template?.id ?? id ?? '*');
    return [onResource(`ec2:${operation}`, { arn, tags: template?.tags ?? {} })];
  };
}
