import { DeleteTagsCommand } from '@aws-sdk/client-auto-scaling';
import { UntagResourceCommand } from '@aws-sdk/client-eks';
import { autoScaling } from '../../functions/adapters/auto-scaling-client.ts';
import { awsCall } from '../../functions/adapters/aws-call.ts';
import { eks } from '../../functions/adapters/eks-client.ts';
import { deleteAdmitHook, deleteDrainHook } from '../../functions/adapters/lifecycle-hooks.ts';
import { drainHookName } from '../../functions/domain/drain-hook.ts';
import { type AttachedGroup, placeOf } from './attached-groups.ts';
import type { Trace } from './trace.ts';

const words = (tags: Readonly<Record<string, string>>): string[] =>
  Object.entries(tags).map(([key, text]) => `tag ${key} = ${text}`);

async function deleteGroupTags(group: AttachedGroup): Promise<undefined> {
  const { autoScalingGroupName: ResourceId, autoScalingTags } = group;
  const Tags = Object.keys(autoScalingTags).map((Key) => ({ ResourceId, ResourceType: 'auto-scaling-group', Key }));
  await awsCall('autoscaling:DeleteTags', ResourceId, () => autoScaling().send(new DeleteTagsCommand({ Tags })));
}

async function deleteNodegroupTags({ nodegroupArn, nodegroupTags }: AttachedGroup): Promise<undefined> {
  await awsCall('eks:UntagResource', nodegroupArn ?? '', () =>
    eks().send(new UntagResourceCommand({ resourceArn: nodegroupArn, tagKeys: Object.keys(nodegroupTags) })),
  );
}

/** The tags by which the group opted in, also those that stand where they mean nothing. */
export function tagTraces(group: AttachedGroup): Trace[] {
  const own = { place: placeOf(group), lines: words(group.autoScalingTags), remove: () => deleteGroupTags(group) };
  const managed = { ...own, lines: words(group.nodegroupTags), remove: () => deleteNodegroupTags(group) };
  return [own, managed].filter(({ lines }) => lines.length > 0);
}

/** Our hooks. Instances that wait at them go on: a new one is turned away, one that leaves is terminated. */
export const hookTraces = (group: AttachedGroup): Trace[] =>
  group.hooks.map((hook) => ({
    place: placeOf(group),
    lines: [`hook ${hook}`],
    remove: async () => {
      await (hook === drainHookName ? deleteDrainHook : deleteAdmitHook)(group.autoScalingGroupName);
      return undefined;
    },
  }));
