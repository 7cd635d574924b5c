import type {
  DescribeAutoScalingGroupsCommandInput,
  DescribeAutoScalingInstancesCommandInput,
  Filter,
  UpdateAutoScalingGroupCommandInput,
} from '@aws-sdk/client-auto-scaling';
import type { Operation, Permission } from '../../../kernel/service.ts';
import { notSimulated } from '../../ec2/refusal.ts';
import { type AutoScalingState, findGroup } from '../autoscaling-state.ts';
import type { Group } from '../group.ts';
import { updateGroup } from '../group-update.ts';
import { describePermission, groupPermission, type InstanceProfiles, launchPermissions } from '../permissions.ts';
import { describeGroup, describeMember, pageOf } from './description.ts';

/** The sizes that a request names, as policies can test them (Service Authorization Reference, EC2 Auto Scaling). */
const withSizes = (
  permission: Permission,
  { MinSize, MaxSize }: Pick<UpdateAutoScalingGroupCommandInput, 'MinSize' | 'MaxSize'>,
): Permission => ({
  ...permission,
  context: {
    ...permission.context,
    ...(MinSize !== undefined && { 'autoscaling:MinSize': String(MinSize) }),
    ...(MaxSize !== undefined && { 'autoscaling:MaxSize': String(MaxSize) }),
  },
});

/** Reading groups, and changing their settings. */
export function groupOperations(state: AutoScalingState, profiles?: InstanceProfiles): Record<string, Operation> {
  return {
    DescribeAutoScalingGroups: {
      needs: describePermission('DescribeAutoScalingGroups'),
      run(input: DescribeAutoScalingGroupsCommandInput) {
        const { AutoScalingGroupNames: names, Filters, IncludeInstances } = input;
        const groups = [...state.groups.values()]
          .filter(({ name }) => !names?.length || names.includes(name))
          .filter((group) => (Filters ?? []).every((filter) => matchesFilter(group, filter)));
        const { items, next } = pageOf(groups, input, 50);
        return {
          AutoScalingGroups: items.map((group) => describeGroup(state, group, IncludeInstances !== false)),
          ...next,
        };
      },
    },
    DescribeAutoScalingInstances: {
      needs: describePermission('DescribeAutoScalingInstances'),
      run(input: DescribeAutoScalingInstancesCommandInput) {
        const members = [...state.groups.values()].flatMap((group) =>
          [...group.instances.values()].map((instance) => ({ group, instance })),
        );
        const wanted = members.filter(
          ({ instance }) => !input.InstanceIds?.length || input.InstanceIds.includes(instance.instanceId),
        );
        const { items, next } = pageOf(wanted, input, 50);
        return { AutoScalingInstances: items.map(({ group, instance }) => describeMember(group, instance)), ...next };
      },
    },
    UpdateAutoScalingGroup: {
      needs: (input: UpdateAutoScalingGroupCommandInput) => [
        withSizes(groupPermission(state, 'UpdateAutoScalingGroup', input.AutoScalingGroupName), input),
        ...launchPermissions(state, profiles, state.groups.get(input.AutoScalingGroupName ?? ''), input),
      ],
      run(input: UpdateAutoScalingGroupCommandInput) {
        updateGroup(state, findGroup(state, input.AutoScalingGroupName), input);
        return {};
      },
    },
  };
}

function matchesFilter(group: Group, { Name = '', Values = [] }: Filter): boolean {
  if (Name === 'tag-key') return Values.some((key) => group.tags.has(key));
  if (Name === 'tag-value') return [...group.tags.values()].some(({ value }) => Values.includes(value));
  if (!Name.startsWith('tag:')) {
    throw notSimulated(`The simulator knows no filter '${Name}' of DescribeAutoScalingGroups.`);
  }
  const tag = group.tags.get(Name.slice('tag:'.length));
  return tag !== undefined && Values.includes(tag.value);
}
