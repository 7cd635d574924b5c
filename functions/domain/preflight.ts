import { type Reason, reason } from './errors.ts';
import type { BudgetsView } from './impossible-budgets.ts';
import { hasRequirements, overridesProblem, ownTemplates } from './mixed-instances.ts';
import { nodeServerLine, type WindowsNode } from './node.ts';
import { displayName, type LaunchSource, members, type NodeGroup, templateImageId } from './node-group.ts';
import { amazonsChannel, isWindowsType, type ReleaseLine } from './release-line.ts';
import type { FullTemplate } from './report.ts';
import { channelTag, needsPods } from './tags.ts';

/** The nodes of a cluster, or why they cannot be read; and why its nodes could not be drained, if they could not. */
export type ClusterView =
  | {
      readonly nodes: readonly WindowsNode[];
      readonly moverRefused?: Reason | undefined;
      /** The budgets that no eviction can pass; missing when nobody has looked. */
      readonly budgets?: BudgetsView | undefined;
      /** Why pods cannot be watched, where a group needs that. */
      readonly podsRefused?: Reason | undefined;
    }
  | { readonly refused: Reason };

export type Candidate = {
  readonly group: NodeGroup;
  /** Undefined when the group's tags name no cluster. */
  readonly cluster: ClusterView | undefined;
  /** The instance refresh or update that runs now, whoever started it, in words. */
  readonly activeReplacement: string | undefined;
  readonly target: {
    readonly amiId: string;
    readonly serverLine: string;
    /** Set when it is Amazon's own AMI. */
    readonly release?: ReleaseLine | undefined;
  };
};

type Check = (candidate: Candidate) => Reason | undefined;

/** The nodes that the group's instances became. */
export function nodesOf(group: NodeGroup, cluster: ClusterView | undefined): readonly WindowsNode[] {
  if (cluster === undefined || 'refused' in cluster) return [];
  const ids = new Set(group.instances.map(({ instanceId }) => instanceId));
  return cluster.nodes.filter(({ instanceId }) => instanceId !== undefined && ids.has(instanceId));
}

const clusterKnown: Check = ({ group, cluster }) => {
  if (cluster === undefined || group.cluster === undefined) {
    return reason(
      'ClusterUnknown',
      `No tag of ${group.name} names its cluster. Tag the Auto Scaling group with kubernetes.io/cluster/NAME = owned.`,
    );
  }
  return 'refused' in cluster ? cluster.refused : undefined;
};

/** EKS drains the nodes of managed groups by itself. */
const drainable: Check = ({ group, cluster }) =>
  group.kind === 'managed' || cluster === undefined || 'refused' in cluster ? undefined : cluster.moverRefused;

const podsReadable: Check = ({ group, cluster }) =>
  needsPods(group.tags) && cluster !== undefined && 'nodes' in cluster ? cluster.podsRefused : undefined;

const sourceRefusals: { readonly [Type in LaunchSource['type']]: (name: string, source: LaunchSource) => Reason } = {
  'launch-template': (name) =>
    reason('LaunchTemplateMissing', `The launch template version of ${name} is gone or names no AMI. Restore it.`),
  'mixed-instances-policy': (name) =>
    reason(
      'MixedInstancesPolicy',
      `The mixed instances policy of ${name} follows $Latest or $Default of a launch template. Name versions by number.`,
    ),
  'launch-configuration': (name, source) =>
    reason(
      'LaunchConfiguration',
      `${name} uses the launch configuration ${source.type === 'launch-configuration' ? source.name : ''}, which has ` +
        'no versions. Move the group to a launch template.',
    ),
  amazon: (name) =>
    reason(
      'AmazonsOwnAmi',
      `${name} runs Amazon's own AMI. Tag it with ${channelTag} = ${amazonsChannel}, or make a node group with a launch ` +
        'template of your own that names an AMI.',
    ),
};

/** Whether a group can run one of Amazon's releases: of another line than the run's it is in no plan. */
function releaseUsable(group: NodeGroup): Reason | undefined {
  const { source } = group;
  const name = displayName(group);
  if (source.type !== 'amazon') {
    return reason(
      'NotAmazonsAmi',
      `${name} follows the channel ${amazonsChannel}, but has an AMI of its own, which EKS does not replace by Amazon's. ` +
        'Let it follow the channel of the image that its AMI is made from.',
    );
  }
  if (isWindowsType(source.amiType)) return undefined;
  return reason('NotWindows', `${name} runs ${source.amiType}, which is not Windows. Take its reglaze tags away.`);
}

const sourceUsable: Check = ({ group, target }) => {
  const { source } = group;
  const name = displayName(group);
  if (target.release !== undefined) return releaseUsable(group);
  if (source.type !== 'launch-template' || source.imageId === undefined)
    return sourceRefusals[source.type](name, source);
  if (source.imageId.startsWith('resolve:ssm:')) {
    return reason(
      'AmiFromParameter',
      `The launch template of ${name} takes its AMI from ${source.imageId}, and AWS refuses to roll such a group back. ` +
        'Put an AMI id into the template.',
    );
  }
  const { overrides, imageId } = source;
  if (!source.hasInstanceRequirements && !hasRequirements(overrides)) return overridesProblem(name, imageId, overrides);
  return reason(
    'AttributeBasedInstanceTypes',
    `The launch template or an override of ${name} chooses instance types by attributes, with which AWS refuses a desired ` +
      'configuration. Name instance types.',
  );
};

/** A managed group needs a second version for the way back. */
const versionsNeeded = ({ kind }: NodeGroup): number => (kind === 'managed' ? 2 : 1);

/** Of the group's launch templates that are near their quota the one that may get the fewest versions. */
export function fullestTemplate({ source }: NodeGroup): FullTemplate | undefined {
  if (source.type !== 'launch-template') return undefined;
  const counted = [source, ...ownTemplates(source.overrides)].flatMap(({ template, versionsLeft }) =>
    versionsLeft === undefined ? [] : { id: template.id, versionsLeft },
  );
  return counted.toSorted((a, b) => a.versionsLeft - b.versionsLeft)[0];
}

const templateHasRoom: Check = ({ group }) => {
  const fullest = fullestTemplate(group);
  if (fullest === undefined || fullest.versionsLeft >= versionsNeeded(group)) return undefined;
  return reason(
    'LaunchTemplateFull',
    `The launch template ${fullest.id} of ${displayName(group)} may get ${fullest.versionsLeft} more versions, of ` +
      `which ${versionsNeeded(group)} are needed. Delete old ones.`,
  );
};

/**
 * EKS replaces the nodes of a managed group; what an update does with those that wait in its pool is told nowhere
 * (https://docs.aws.amazon.com/eks/latest/userguide/warm-pools-managed-node-groups.html).
 */
const poolReplaced: Check = ({ group }) =>
  group.warmPool && group.kind === 'managed'
    ? reason(
        'WarmPool',
        `${displayName(group)} has a warm pool, and nothing says that an update of EKS replaces what waits there. Delete ` +
          'the warm pool before the rollout and make it again afterwards.',
      )
    : undefined;

const needed = ['Launch', 'Terminate', 'InstanceRefresh'];

const processesRun: Check = ({ group }) => {
  const suspended = group.suspendedProcesses.filter((process) => needed.includes(process));
  if (suspended.length === 0) return undefined;
  const list = suspended.join(', ');
  return reason(
    'ProcessesSuspended',
    `${displayName(group)} has suspended ${list}, so nothing would be replaced. Resume.`,
  );
};

const updatable: Check = ({ group, activeReplacement }) => {
  if (group.updateStrategy === 'MINIMAL') {
    return reason(
      'MinimalUpdateStrategy',
      `${displayName(group)} has the update strategy MINIMAL, which terminates nodes before new ones are there. Set DEFAULT.`,
    );
  }
  if (group.status === 'ACTIVE' || group.status === 'DEGRADED' || activeReplacement) return undefined;
  return reason(
    'NodeGroupNotActive',
    `${displayName(group)} is ${group.status}. Start the run again when it is ACTIVE.`,
  );
};

const nothingElseRuns: Check = ({ group, activeReplacement }) =>
  activeReplacement === undefined
    ? undefined
    : reason(
        'ReplacementByOthers',
        `${activeReplacement} of ${displayName(group)} was not started by this run. Start again when it has ended.`,
      );

const sameServerLine: Check = ({ group, cluster, target }) => {
  const other = nodesOf(group, cluster).find((node) => {
    const line = nodeServerLine(node);
    return line !== undefined && line !== target.serverLine;
  });
  if (other === undefined) return undefined;
  return reason(
    'OtherServerLine',
    `Node ${other.name} of ${displayName(group)} runs Windows Server ${nodeServerLine(other)}, but ${target.amiId} is ` +
      `Windows Server ${target.serverLine}. Let the group follow a channel of its own Server line.`,
  );
};

/** Why the group could not be brought back to one AMI, if it could not. */
export function instancesDiffer(group: NodeGroup, targetAmiId: string): Reason | undefined {
  // There is no way back from a release of Amazon in any case.
  if (group.source.type === 'amazon') return undefined;
  const own = templateImageId(group);
  const allowed = own === targetAmiId ? [own] : [own, targetAmiId];
  const odd = members(group).filter(({ imageId }) => imageId !== undefined && !allowed.includes(imageId));
  if (odd.length === 0) return undefined;
  const list = odd.map(({ instanceId, imageId }) => `${instanceId} (${imageId})`).join(', ');
  return reason(
    'InstancesDiffer',
    `${displayName(group)} launches ${own}, but some of its instances run something else, which could not be brought ` +
      `back: ${list}. Replace them first.`,
  );
}

const instancesMatch: Check = ({ group, target }) => instancesDiffer(group, target.amiId);

/** In the order in which an operator would want to hear of them. */
const checks: readonly Check[] = [
  clusterKnown,
  podsReadable,
  drainable,
  sourceUsable,
  templateHasRoom,
  poolReplaced,
  processesRun,
  updatable,
  nothingElseRuns,
  sameServerLine,
  instancesMatch,
];

/** The first thing that forbids to roll the group, or undefined when it may be rolled. */
export function findObstacle(candidate: Candidate): Reason | undefined {
  for (const check of checks) {
    const found = check(candidate);
    if (found !== undefined) return found;
  }
  return undefined;
}
