import type { HookMetadata } from './admission.ts';
import type { DrainMetadata, TerminateHook } from './drain-hook.ts';
import type { Follower, LaunchVersion, NodeGroup, NodeGroupKey, TemplateVersion } from './node-group.ts';
import type { ReleaseVersion } from './release-line.ts';
import type { Replacement } from './replacement.ts';
import type { Attempt, StateFile, TemplateBefore } from './state-file.ts';
import type { RolloutPolicy } from './tags.ts';

/** What a group is to be replaced with, and how. */
export type ReplacementOrder = {
  readonly key: NodeGroupKey;
  readonly group: Pick<NodeGroup, 'autoScalingGroupName' | 'desiredCapacity' | 'source'>;
  readonly target: LaunchVersion;
  /** Of the launch templates that overrides have for themselves. */
  readonly overrides?: readonly TemplateVersion[];
  readonly policy: RolloutPolicy;
  /** One node proves the AMI before the others follow. */
  readonly firstAlone: boolean;
  /** Already written to the state file: the try that this start belongs to. */
  readonly attempt: Attempt;
};

type Tags = Readonly<Record<string, string>>;

/** A group that carries any of our tags, and which of Amazon's releases it says to run, if it runs one for Windows. */
export type TaggedGroup = { readonly tags: Tags; readonly release?: ReleaseVersion | undefined };

/** What decides by whom, and how, the nodes of a group are drained. */
export type DrainSituation = {
  /** How many nodes the group is to have. */
  readonly nodes: number;
  readonly tagKeys: readonly string[];
  readonly terminateHooks: readonly TerminateHook[];
};

/** What reglaze does with a node group, whatever its kind. Both kinds pass the same tests. */
export type NodeGroupDriver = {
  /** Whether a running replacement can be turned around. */
  readonly reversible: boolean;
  /** Every group of this kind that carries any of our tags. */
  readonly listTagged: () => Promise<TaggedGroup[]>;
  /** The groups of this kind whose tags are wanted. */
  readonly discover: (isWanted: (tags: Tags) => boolean) => Promise<NodeGroup[]>;
  /** @throws NodeGroupNotFound */
  readonly describe: (key: Pick<NodeGroupKey, 'cluster' | 'nodeGroup'>) => Promise<NodeGroup>;
  /** The replacement that runs now, whoever started it, in words. */
  readonly findActive: (group: NodeGroup) => Promise<string | undefined>;
  /** Every group of this kind that follows `$Latest` or `$Default` of a launch template, opted in or not. */
  readonly listFollowers: () => Promise<Follower[]>;
  /**
   * Makes a group name another version of its launch template, by number or alias; nothing is replaced by that. Safe twice.
   *
   * @throws UnitBusy somebody's replacement keeps the version from being changed.
   */
  readonly setVersion: (
    autoScalingGroupName: string,
    version: { readonly id: string; readonly version: string },
  ) => Promise<void>;
  /** Whether new instances are held by our hook; otherwise AWS waits for their nodes by itself. */
  readonly admitsByHook: boolean;
  /** Holds new instances until they are answered for. Safe twice. */
  readonly openAdmission: (autoScalingGroupName: string, metadata: HookMetadata) => Promise<void>;
  readonly closeAdmission: (autoScalingGroupName: string) => Promise<void>;
  /** Who drains the nodes that leave, now. Only where `admitsByHook`; elsewhere EKS drains. */
  readonly readDrains: (autoScalingGroupName: string) => Promise<DrainSituation>;
  /** Has us drain the nodes that leave from now on, or, without metadata, not any more. Safe twice. */
  readonly setDrainHook: (autoScalingGroupName: string, metadata: DrainMetadata | undefined) => Promise<void>;
  /** The newest replacement there is, to be remembered before a new one is started. */
  readonly newestReplacementId: (autoScalingGroupName: string) => Promise<string | undefined>;
  /**
   * Starts a replacement, or finds the one that an earlier try of the same attempt has started; answers its id.
   *
   * @throws ReplacementByOthers somebody else's runs; it is neither cancelled nor adopted.
   */
  readonly start: (order: ReplacementOrder) => Promise<string>;
  /** The replacement of an attempt, also when its id was never learnt; undefined when it was not started. */
  readonly findReplacement: (
    state: StateFile,
    attempt: Attempt,
    target: LaunchVersion,
  ) => Promise<Replacement | undefined>;
  /** Turns the running replacement around. Only where `reversible`. */
  readonly reverse: (autoScalingGroupName: string) => Promise<void>;
  /** The version by which the group gets its old AMI back. Of Amazon's AMI there is none. */
  readonly versionBack: (before: TemplateBefore) => Promise<TemplateVersion>;
};
