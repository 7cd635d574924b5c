import type { CreateTagsCommandInput, DeleteTagsCommandInput } from '@aws-sdk/client-ec2';
import { onResource, requestTagContext } from '../../../iam/dependent-actions.ts';
import type { Operation, Permission } from '../../../kernel/service.ts';
import { type Ec2ResourceType, ec2Arn, resourceTypeOf } from '../arns.ts';
import type { Ec2State } from '../ec2-state.ts';
import { imageNotFound } from '../images.ts';
import { instanceNotFound } from '../instances.ts';
import { ec2Operation } from '../operation.ts';
import { notSimulated } from '../refusal.ts';
import { subnetNotFound } from '../subnets.ts';
import { mergeTags, type Tags, tagsOf, withoutTags } from '../tags.ts';

type Tagged = { readonly tags: Tags; readonly setTags: (tags: Tags) => void };

export function tagOperations(state: Ec2State): Record<string, Operation> {
  return {
    CreateTags: ec2Operation(
      (input: CreateTagsCommandInput) => needs(state, 'CreateTags', input.Resources, tagsOf(input.Tags)),
      (input: CreateTagsCommandInput) => {
        const changes = (input.Resources ?? []).map((resourceId) => {
          const resource = findTagged(state, resourceId);
          return { resource, tags: mergeTags(resource.tags, tagsOf(input.Tags)) };
        });
        for (const { resource, tags } of changes) resource.setTags(tags);
        return {};
      },
    ),
    DeleteTags: ec2Operation(
      (input: DeleteTagsCommandInput) => needs(state, 'DeleteTags', input.Resources, tagsOf(input.Tags)),
      (input: DeleteTagsCommandInput) => {
        for (const resource of (input.Resources ?? []).map((resourceId) => findTagged(state, resourceId))) {
          resource.setTags(withoutTags(resource.tags, input.Tags));
        }
        return {};
      },
    ),
  };
}

/** One permission per resource, as IAM is asked once for each. */
function needs(
  state: Ec2State,
  operation: 'CreateTags' | 'DeleteTags',
  resourceIds: readonly string[] | undefined,
  tags: Tags,
): readonly Permission[] {
  return (resourceIds ?? []).map((resourceId) => {
    const type = resourceTypeOf(resourceId);
    const arn = type === undefined ? '*' : ec2Arn(state.kernel.identity, type, resourceId);
    const existing = lookUp(state, type, resourceId)?.tags ?? {};
    return onResource(`ec2:${operation}`, { arn, tags: existing }, requestTagContext(tags));
  });
}

function findTagged(state: Ec2State, resourceId: string): Tagged {
  const type = resourceTypeOf(resourceId);
  if (type === undefined) {
    throw notSimulated(`The simulator has no EC2 resource of the kind that '${resourceId}' names, so it has no tags.`);
  }
  const found = lookUp(state, type, resourceId);
  if (found === undefined) throw missing(state, type, resourceId);
  return found;
}

function lookUp(state: Ec2State, type: Ec2ResourceType | undefined, resourceId: string): Tagged | undefined {
  const { instances, images, templates, subnets } = state;
  const template = templates.all().find(({ id }) => id === resourceId);
  const found = { instance: instances.get(resourceId), image: images.get(resourceId), subnet: subnets.get(resourceId) };
  switch (type) {
    case 'instance':
      return found.instance && { tags: found.instance.tags, setTags: (tags) => instances.setTags(resourceId, tags) };
    case 'image':
      return found.image && { tags: found.image.tags, setTags: (tags) => images.change(resourceId, { tags }) };
    case 'subnet':
      return found.subnet && { tags: found.subnet.tags, setTags: (tags) => subnets.setTags(resourceId, tags) };
    case 'launch-template':
      return (
        template && {
          tags: template.tags,
          setTags: (tags) => {
            template.tags = tags;
          },
        }
      );
    default:
      return undefined;
  }
}

function missing({ templates }: Ec2State, type: Ec2ResourceType, resourceId: string): Error {
  if (type === 'instance') return instanceNotFound([resourceId]);
  if (type === 'image') return imageNotFound([resourceId]);
  if (type === 'subnet') return subnetNotFound(resourceId);
  templates.find({ LaunchTemplateId: resourceId });
  return new Error(`Launch template ${resourceId} appeared in the middle of a call.`);
}
