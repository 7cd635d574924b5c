import {
  type LaunchTemplateUse,
  onEverything,
  onResource,
  requestTagContext,
  useLaunchTemplate,
} from '../../iam/dependent-actions.ts';
import { type Permission, ServiceError } from '../../kernel/service.ts';
import { tagsOf } from '../ec2/tags.ts';
import type { AutoScalingState } from './autoscaling-state.ts';
import type { Group } from './group.ts';
import {
  type LaunchOption,
  type LaunchSource,
  launchOptions,
  launchSourceOf,
  type SourceInput,
} from './launch-source.ts';

/** What Auto Scaling asks IAM about instance profiles. */
export type InstanceProfiles = { readonly roleOfInstanceProfile: (arnOrName: string) => string | undefined };

export function groupArn({ kernel: { identity, random } }: Pick<AutoScalingState, 'kernel'>, name: string): string {
  const { partition, region, accountId } = identity;
  const id = random.uuid('auto-scaling-group', name);
  return `arn:${partition}:autoscaling:${region}:${accountId}:autoScalingGroup:${id}:autoScalingGroupName/${name}`;
}

/** Describe operations of Auto Scaling take no resource: their policy must allow `*`. */
export function describePermission(operation: string): () => readonly Permission[] {
  const permission = onEverything(`autoscaling:${operation}`);
  return () => [permission];
}

/** The operation on one group, with the group's tags and those that the request brings. */
export function groupPermission(
  state: AutoScalingState,
  operation: string,
  groupName: string | undefined,
  requestTags: Readonly<Record<string, string>> = {},
): Permission {
  const name = groupName ?? '';
  const group = state.groups.get(name);
  const arn = group?.arn ?? groupArn(state, name);
  return onResource(`autoscaling:${operation}`, { arn, tags: tagsOfGroup(group) }, requestTagContext(requestTags));
}

/** What a caller needs besides the operation when it makes a group launch from templates. */
export function launchPermissions(
  state: AutoScalingState,
  profiles: InstanceProfiles | undefined,
  group: Group | undefined,
  input: SourceInput | undefined,
): readonly Permission[] {
  if (input?.LaunchTemplate === undefined && input?.MixedInstancesPolicy === undefined) return [];
  const source = sourceOrNothing(state, input);
  return (source === undefined ? [] : launchOptions(state.ec2, source))
    .flatMap((option) => useOf(state, profiles, group, option))
    .flatMap((use) => useLaunchTemplate(state.kernel.identity, use));
}

/** A template that does not exist is the operation's own error, not a missing right. */
function sourceOrNothing({ ec2 }: AutoScalingState, input: SourceInput): LaunchSource | undefined {
  try {
    return launchSourceOf(ec2, input);
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

function useOf(
  { kernel: { identity }, ec2 }: AutoScalingState,
  profiles: InstanceProfiles | undefined,
  group: Group | undefined,
  { template, imageId, instanceType }: LaunchOption,
): LaunchTemplateUse[] {
  if (template === undefined) return [];
  const { data, tags, id } = ec2.launchTemplate({ LaunchTemplateId: template.id }, template.version);
  const image = imageId ?? data.ImageId ?? '*';
  const type = instanceType ?? data.InstanceType;
  const arn = `arn:${identity.partition}:ec2:${identity.region}:${identity.accountId}:launch-template/${id}`;
  return [
    {
      template: { arn, tags, launchTemplateId: id },
      imageId: image,
      imageTags: ec2.image(image)?.tags ?? {},
      ...(type !== undefined && { instanceType: type }),
      subnetIds: group?.subnetIds ?? [],
      securityGroupIds: data.SecurityGroupIds ?? [],
      ...(data.KeyName !== undefined && { keyName: data.KeyName }),
      ...profileOf(data.IamInstanceProfile, profiles),
      tagSpecifications: tagSpecificationsOf(data.TagSpecifications),
    },
  ];
}

function profileOf(
  profile: { readonly Arn?: string | undefined; readonly Name?: string | undefined } | undefined,
  profiles: InstanceProfiles | undefined,
): Pick<LaunchTemplateUse, 'instanceRoleArn' | 'instanceProfileArn'> {
  if (profile === undefined) return {};
  const role = profiles?.roleOfInstanceProfile(profile.Arn ?? profile.Name ?? '');
  return {
    ...(role !== undefined && { instanceRoleArn: role }),
    ...(profile.Arn !== undefined && { instanceProfileArn: profile.Arn }),
  };
}

function tagSpecificationsOf(
  specifications: readonly { ResourceType?: string | undefined; Tags?: Parameters<typeof tagsOf>[0] }[] | undefined,
): NonNullable<LaunchTemplateUse['tagSpecifications']> {
  const types = ['instance', 'volume', 'network-interface'] as const;
  return Object.fromEntries(
    types.flatMap((type) => {
      const tags = tagsOf(specifications?.find(({ ResourceType }) => ResourceType === type)?.Tags);
      return Object.keys(tags).length === 0 ? [] : [[type, tags]];
    }),
  );
}

function tagsOfGroup(group: Group | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries([...(group?.tags ?? [])].map(([key, { value }]) => [key, value]));
}
