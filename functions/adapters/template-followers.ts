import {
  type AutoScalingGroup,
  type LaunchTemplateSpecification,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { UnitBusy } from '../domain/errors.ts';
import type { Alias, Follower } from '../domain/node-group.ts';
import { channelTag } from '../domain/tags.ts';
import { autoScaling } from './auto-scaling-client.ts';
import { clusterOf, listAllGroups, tagsOf } from './auto-scaling-groups.ts';
import { awsCall, isAwsError } from './aws-call.ts';

/** Every place in which a group names a launch template. */
function specificationsOf({ LaunchTemplate, MixedInstancesPolicy }: AutoScalingGroup): LaunchTemplateSpecification[] {
  const { LaunchTemplateSpecification: own, Overrides = [] } = MixedInstancesPolicy?.LaunchTemplate ?? {};
  const overrides = Overrides.map(({ LaunchTemplateSpecification }) => LaunchTemplateSpecification);
  return [LaunchTemplate, own, ...overrides].filter((each) => each !== undefined);
}

/** A template that is named without a version is followed through its default. */
const aliasOf = ({ Version = '$Default' }: LaunchTemplateSpecification): Alias | undefined =>
  Version === '$Latest' || Version === '$Default' ? Version : undefined;

function followersIn(group: AutoScalingGroup): Follower[] {
  const tags = tagsOf(group);
  const managedName = tags['eks:nodegroup-name'];
  return specificationsOf(group).flatMap((specification) => {
    const follows = aliasOf(specification);
    const { LaunchTemplateId: templateId } = specification;
    if (follows === undefined || templateId === undefined) return [];
    const cluster = managedName === undefined ? clusterOf(tags) : tags['eks:cluster-name'];
    const name = managedName ?? group.AutoScalingGroupName ?? '';
    return { cluster, name, channel: tags[channelTag], templateId, follows };
  });
}

/** Every Auto Scaling group of the Region that follows a launch template, whoever it belongs to. */
export const listFollowers = async (): Promise<Follower[]> => (await listAllGroups()).flatMap(followersIn);

/**
 * Makes a group launch another version of its template, and changes nothing else. Nothing is replaced by that. Safe twice.
 *
 * @param version a number, or an alias to follow.
 * @throws {UnitBusy} AWS refuses it while an instance refresh to a version runs in the group.
 */
export async function setGroupVersion(
  autoScalingGroupName: string,
  { id, version }: { readonly id: string; readonly version: string },
): Promise<void> {
  try {
    await awsCall('autoscaling:UpdateAutoScalingGroup', autoScalingGroupName, () =>
      autoScaling().send(
        new UpdateAutoScalingGroupCommand({
          AutoScalingGroupName: autoScalingGroupName,
          LaunchTemplate: { LaunchTemplateId: id, Version: version },
        }),
      ),
    );
  } catch (error) {
    if (!isAwsError(error, 'ValidationError') || !/active instance refresh/i.test(error.message)) throw error;
    throw new UnitBusy(`${autoScalingGroupName} cannot be set to version ${version} yet: ${error.message}`, {
      cause: error,
    });
  }
}
