import type { DescribeTagsCommandInput, ResourceType, TagDescription } from '@aws-sdk/client-ec2';
import { type Operation, ServiceError } from '../../../kernel/service.ts';
import type { Ec2State } from '../ec2-state.ts';
import { applyFilters } from '../filters.ts';
import { describePermission, ec2Operation, invalidToken } from '../operation.ts';
import { paginate } from '../paging.ts';
import type { Tags } from '../tags.ts';

type Described = { readonly description: TagDescription; readonly tags: Tags };

/** The tags of everything that the account owns and EC2 has here. */
export function describedTagOperations(state: Ec2State): Record<string, Operation> {
  return {
    DescribeTags: ec2Operation(describePermission('DescribeTags'), (input: DescribeTagsCommandInput) => {
      const found = applyFilters('DescribeTags', allTags(state), input.Filters, {
        key: ({ description }) => [description.Key],
        value: ({ description }) => [description.Value],
        'resource-id': ({ description }) => [description.ResourceId],
        'resource-type': ({ description }) => [description.ResourceType],
      });
      const page = paginate(found, { token: input.NextToken, size: pageSize(input.MaxResults), invalidToken });
      return {
        Tags: page.items.map(({ description }) => description),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    }),
  };
}

function allTags({ kernel, instances, images, templates, subnets }: Ec2State): readonly Described[] {
  const { accountId } = kernel.identity;
  const own = images.all().filter(({ ownerId }) => ownerId === accountId);
  return [
    ...instances.all().flatMap(({ instanceId, tags }) => tagsOf(instanceId, 'instance', tags)),
    ...own.flatMap(({ imageId, tags }) => tagsOf(imageId, 'image', tags)),
    ...templates.all().flatMap(({ id, tags }) => tagsOf(id, 'launch-template', tags)),
    ...subnets.all().flatMap(({ subnetId, tags }) => tagsOf(subnetId, 'subnet', tags)),
  ];
}

const tagsOf = (ResourceId: string, type: ResourceType, tags: Tags): Described[] =>
  Object.entries(tags).map(([Key, Value]) => ({
    description: { ResourceId, ResourceType: type, Key, Value },
    tags: { [Key]: Value },
  }));

/** Source: EC2 API Reference, DescribeTags, MaxResults. */
function pageSize(maxResults: number | undefined): number {
  if (maxResults === undefined || (maxResults >= 5 && maxResults <= 1000)) return maxResults ?? 1000;
  throw new ServiceError(
    'InvalidParameterValue',
    `Value ( ${maxResults} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.`,
  );
}
