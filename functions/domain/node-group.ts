import * as v from 'valibot';
import { countFromOne, nonEmpty, strictObject } from './shapes.ts';

export const NodeGroupKind = v.picklist(['self-managed', 'managed']);
export type NodeGroupKind = v.InferOutput<typeof NodeGroupKind>;

/** Names one node group in one run: what every step of a rollout gets. */
export const NodeGroupKey = strictObject({
  run: nonEmpty,
  cluster: nonEmpty,
  nodeGroup: nonEmpty,
  kind: NodeGroupKind,
});
export type NodeGroupKey = Readonly<v.InferOutput<typeof NodeGroupKey>>;

/** One numbered version of a launch template. */
export const TemplateVersion = strictObject({ id: nonEmpty, version: countFromOne });
export type TemplateVersion = Readonly<v.InferOutput<typeof TemplateVersion>>;

/** What a node group launches its instances from. */
export type LaunchSource =
  | {
      readonly type: 'launch-template';
      readonly template: TemplateVersion;
      /** As it stands in the template; `resolve:ssm:...` is not resolved. Undefined when the version is gone or has none. */
      readonly imageId: string | undefined;
      readonly hasInstanceRequirements: boolean;
    }
  | { readonly type: 'unpinned'; readonly templateId: string; readonly follows: '$Latest' | '$Default' }
  | { readonly type: 'mixed-instances-policy' }
  | { readonly type: 'launch-configuration'; readonly name: string }
  | { readonly type: 'amazon'; readonly amiType: string };

/** One instance of a node group; `lifecycleState` is Auto Scaling's, whose list grows. */
export type GroupInstance = {
  readonly instanceId: string;
  readonly lifecycleState: string;
  readonly healthy: boolean;
  readonly protectedFromScaleIn: boolean;
  /** Auto Scaling does not say it; undefined until EC2 was asked, and when EC2 does not know the instance any more. */
  readonly imageId: string | undefined;
  readonly launchedAt: Date | undefined;
};

/** A node group of either kind, as AWS describes it now. */
export type NodeGroup = {
  readonly kind: NodeGroupKind;
  /** Undefined when no tag says it. */
  readonly cluster: string | undefined;
  readonly name: string;
  readonly autoScalingGroupName: string;
  readonly tags: Readonly<Record<string, string>>;
  /** `reglaze:` tags that stand where they mean nothing. */
  readonly misplacedTags: readonly string[];
  readonly desiredCapacity: number;
  readonly source: LaunchSource;
  readonly instances: readonly GroupInstance[];
  readonly suspendedProcesses: readonly string[];
  /** `ACTIVE` when the group can be updated; the words are EKS's. */
  readonly status: string;
  /** Of a managed group; `MINIMAL` terminates nodes before it launches new ones. */
  readonly updateStrategy: string | undefined;
};

export const isInService = (instance: GroupInstance): boolean => instance.lifecycleState === 'InService';

/** True for an instance that its owner took out of service for a while. */
export const isStandby = (instance: GroupInstance): boolean => instance.lifecycleState === 'Standby';

const isLeaving = (instance: GroupInstance): boolean => /^(Terminat|Detach)/.test(instance.lifecycleState);

/** True for an instance that a replacement leaves alone, because its owner protected it or took it out of service. */
export const isLeftAlone = (instance: GroupInstance): boolean => instance.protectedFromScaleIn || isStandby(instance);

/** The instances that are or will be nodes: all but those on their way out. */
export const members = (group: Pick<NodeGroup, 'instances'>): GroupInstance[] =>
  group.instances.filter((each) => !isLeaving(each));

/** How many nodes the group has, and how many of them run the AMI. */
export function countPatched(
  group: Pick<NodeGroup, 'instances'>,
  amiId: string,
): { readonly total: number; readonly patched: number } {
  const all = members(group);
  return { total: all.length, patched: all.filter((each) => each.imageId === amiId).length };
}

/** The AMI that the group's own launch template version names, if it names one. */
export const templateImageId = (group: NodeGroup): string | undefined =>
  group.source.type === 'launch-template' ? group.source.imageId : undefined;

/** `demo/win2022`, for sentences. */
export const displayName = ({ cluster, name: groupName }: Pick<NodeGroup, 'cluster' | 'name'>): string =>
  `${cluster ?? '?'}/${groupName}`;
