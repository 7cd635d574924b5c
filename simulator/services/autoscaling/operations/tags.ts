import type {
  CreateOrUpdateTagsCommandInput,
  DeleteTagsCommandInput,
  DescribeTagsCommandInput,
  Filter,
  Tag,
  TagDescription,
} from '@aws-sdk/client-auto-scaling';
import type { Operation, Permission } from '../../../kernel/service.ts';
import { notSimulated } from '../../ec2/refusal.ts';
import { type AutoScalingState, findGroup } from '../autoscaling-state.ts';
import { validationError } from '../errors.ts';
import { describePermission, groupPermission } from '../permissions.ts';
import { describeTags, pageOf } from './description.ts';

const FILTERS: Readonly<Record<string, (tag: TagDescription) => string | undefined>> = {
  'auto-scaling-group': ({ ResourceId }) => ResourceId,
  key: ({ Key }) => Key,
  value: ({ Value }) => Value,
  'propagate-at-launch': ({ PropagateAtLaunch }) => `${PropagateAtLaunch}`,
};

/** Tags of groups. Changing one does not reach instances that run already. */
export function tagOperations(state: AutoScalingState): Record<string, Operation> {
  return {
    CreateOrUpdateTags: {
      needs: (input: CreateOrUpdateTagsCommandInput) => needs(state, 'CreateOrUpdateTags', input.Tags),
      run({ Tags }: CreateOrUpdateTagsCommandInput) {
        const tagged = (Tags ?? []).map((tag) => ({ tag, group: findGroup(state, tag.ResourceId) }));
        const reserved = tagged.find(({ tag }) => tag.Key?.startsWith('aws:'));
        if (reserved !== undefined)
          throw validationError(`aws: prefixed tag key names are not allowed: ${reserved.tag.Key}`);
        for (const { tag, group } of tagged) {
          const propagateAtLaunch = tag.PropagateAtLaunch ?? false;
          group.tags.set(tag.Key ?? '', { value: tag.Value ?? '', propagateAtLaunch });
        }
        return {};
      },
    },
    DeleteTags: {
      needs: (input: DeleteTagsCommandInput) => needs(state, 'DeleteTags', input.Tags),
      run({ Tags }: DeleteTagsCommandInput) {
        for (const { tag, group } of (Tags ?? []).map((one) => ({
          tag: one,
          group: findGroup(state, one.ResourceId),
        }))) {
          const isMeant = tag.Value === undefined || group.tags.get(tag.Key ?? '')?.value === tag.Value;
          if (isMeant) group.tags.delete(tag.Key ?? '');
        }
        return {};
      },
    },
    DescribeTags: {
      needs: describePermission('DescribeTags'),
      run(input: DescribeTagsCommandInput) {
        const tags = [...state.groups.values()]
          .flatMap(describeTags)
          .filter((tag) => (input.Filters ?? []).every((filter) => matchesFilter(tag, filter)));
        const { items, next } = pageOf(tags, input, 50);
        return { Tags: items, ...next };
      },
    },
  };
}

/** One permission per group that the request names. */
function needs(state: AutoScalingState, operation: string, tags: readonly Tag[] | undefined): Permission[] {
  const names = [...new Set((tags ?? []).map(({ ResourceId }) => ResourceId))];
  return names.map((name) => {
    const own = (tags ?? []).filter(({ ResourceId }) => ResourceId === name);
    const requested = Object.fromEntries(own.map(({ Key, Value }) => [Key ?? '', Value ?? '']));
    return groupPermission(state, operation, name, requested);
  });
}

function matchesFilter(tag: TagDescription, { Name = '', Values = [] }: Filter): boolean {
  const read = Object.hasOwn(FILTERS, Name) ? FILTERS[Name] : undefined;
  if (read === undefined) throw notSimulated(`The simulator knows no filter '${Name}' of DescribeTags.`);
  return Values.includes(read(tag) ?? '');
}
