import * as v from 'valibot';
import { NodeGroupChanged } from './errors.ts';
import type { Image } from './image.ts';
import { type LaunchOverride, ownTemplates, type ReadTemplate } from './mixed-instances.ts';
import type { ReleaseVersion } from './release-line.ts';
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

/** What a group can be brought to: a version of its own launch template, or a release of Amazon's AMI. */
export const LaunchVersion = v.union([TemplateVersion, strictObject({ release: nonEmpty })]);
export type LaunchVersion = Readonly<v.InferOutput<typeof LaunchVersion>>;

/**
 * The version of a launch template that is meant.
 *
 * @throws {NodeGroupChanged} A release is meant, which a group with a template of its own cannot be brought to.
 */
export function templateVersion(version: LaunchVersion): TemplateVersion {
  if ('id' in version) return version;
  throw new NodeGroupChanged(`A group with a launch template of its own cannot be brought to ${versionName(version)}.`);
}

/** `version 8 of lt-0a` or `release 1.35-2026.04.18`, for sentences. */
export const versionName = (version: LaunchVersion): string =>
  'release' in version ? `release ${version.release}` : `version ${version.version} of ${version.id}`;

/** What a group may name instead of a number: the version that is the newest, or the default, at each launch. */
export const Alias = v.picklist(['$Latest', '$Default']);
export type Alias = v.InferOutput<typeof Alias>;

export const GroupName = strictObject({ cluster: nonEmpty, name: nonEmpty });
export type GroupName = Readonly<v.InferOutput<typeof GroupName>>;

/** A group that moves whenever its launch template does, whether it opted in or not. */
export type Follower = {
  readonly cluster: string | undefined;
  readonly name: string;
  /** The channel that its tags name, if they do. */
  readonly channel: string | undefined;
  readonly templateId: string;
  readonly follows: Alias;
};

/** What a node group launches its instances from. */
export type LaunchSource =
  | (ReadTemplate & {
      readonly type: 'launch-template';
      /** Undefined when the group names a number; otherwise the version is what the alias stands for now. */
      readonly follows?: Alias | undefined;
      /** Set when the template stands in a mixed instances policy. */
      readonly overrides?: readonly LaunchOverride[];
    })
  /** One that names a launch template otherwise than by a version's number. */
  | { readonly type: 'mixed-instances-policy' }
  | { readonly type: 'launch-configuration'; readonly name: string }
  /** Amazon's own AMI, which EKS brings; a launch template of the group's own names none. */
  | ({ readonly type: 'amazon' } & ReleaseVersion);

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
  /** Whether instances wait in a warm pool before they come into the group. */
  readonly warmPool?: boolean;
  /** How many do. */
  readonly poolSize?: number;
  /** Whether load balancers know its instances, by target groups or otherwise. */
  readonly isBalanced?: boolean;
  /** `ACTIVE` when the group can be updated; the words are EKS's. */
  readonly status: string;
  /** Of a managed group; `MINIMAL` terminates nodes before it launches new ones. */
  readonly updateStrategy: string | undefined;
};

export const isInService = (instance: GroupInstance): boolean => instance.lifecycleState === 'InService';

/** True for an instance that its owner took out of service for a while. */
export const isStandby = (instance: GroupInstance): boolean => instance.lifecycleState === 'Standby';

/** On its way out, or in a warm pool, where it is no node. */
const isNoMember = (instance: GroupInstance): boolean => /^(Terminat|Detach|Warmed)/.test(instance.lifecycleState);

/** True for an instance that a replacement leaves alone, because its owner protected it or took it out of service. */
export const isLeftAlone = (instance: GroupInstance): boolean => instance.protectedFromScaleIn || isStandby(instance);

/** The instances that are or will be nodes: all but those on their way out and those in a warm pool. */
export const members = (group: Pick<NodeGroup, 'instances'>): GroupInstance[] =>
  group.instances.filter((each) => !isNoMember(each));

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

/** The AMI that the group launched so far: what its template names, or what its first instance runs when EKS chooses. */
export const ownImageId = (group: NodeGroup): string | undefined =>
  group.source.type === 'amazon' ? members(group)[0]?.imageId : templateImageId(group);

/** Whether the AMI is the only one that the group launches, whichever of its launch templates is taken. */
export const launchesOnly = ({ source }: Pick<NodeGroup, 'source'>, amiId: string): boolean =>
  source.type === 'launch-template' &&
  [source, ...ownTemplates(source.overrides)].every(({ imageId }) => imageId === amiId);

/** Whether the group would launch nothing but the image's AMI. EKS tells of its own AMIs by their release. */
export const launchesImage = (group: Pick<NodeGroup, 'source'>, image: Pick<Image, 'version' | 'amiId'>): boolean =>
  group.source.type === 'amazon' ? group.source.releaseVersion === image.version : launchesOnly(group, image.amiId);

/** `demo/win2022`, for sentences. */
export const displayName = ({ cluster, name: groupName }: Pick<NodeGroup, 'cluster' | 'name'>): string =>
  `${cluster ?? '?'}/${groupName}`;
