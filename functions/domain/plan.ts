import { impatientAutoscaler } from './autoscaler.ts';
import { NodeGroupNotFound, type Reason, reason } from './errors.ts';
import { planEstimate } from './estimate.ts';
import { type Image, isNewerBuild, isNewerVersion } from './image.ts';
import { budgetWarnings } from './impossible-budgets.ts';
import { lowestPatchLevel } from './node.ts';
import { countPatched, displayName, launchesImage, members, type NodeGroup, ownImageId } from './node-group.ts';
import { type ClusterView, findObstacle, fullestTemplate, nodesOf } from './preflight.ts';
import { findRegression, regressed } from './regression.ts';
import { isWindowsType, sameLine } from './release-line.ts';
import { type GroupReport, nearlyFullSentence } from './report.ts';
import type { StateFile } from './state-file.ts';
import { channelTag, isOurTag, type NodeGroupTags, parseTags } from './tags.ts';

/** True for tags by which a group follows the channel, or asks for something without saying which channel. */
export const concernsChannel = (tags: Readonly<Record<string, string>>, channel: string): boolean =>
  tags[channelTag] === channel || (tags[channelTag] === undefined && Object.keys(tags).some(isOurTag));

type Decision = { readonly outcome: 'planned' | 'up-to-date' | 'blocked' | 'skipped'; readonly reason?: Reason };

type Context = {
  readonly image: Image;
  readonly cluster: ClusterView | undefined;
  readonly activeReplacement: string | undefined;
  /** The run that holds the group's lease, if one does. */
  readonly leaseHolder: string | undefined;
  /** What the group's last rollout left. */
  readonly last?: StateFile | undefined;
  /** When the AMIs were made that have to be compared with what the last rollout left. */
  readonly madeAt?: ReadonlyMap<string, Date>;
  /** Somebody wants an AMI tried again that a smoke test has blamed. */
  readonly retryFailedAmi?: boolean | undefined;
  readonly now: Date;
};

const isUpToDate = (group: NodeGroup, image: Image): boolean =>
  launchesImage(group, image) && members(group).every(({ imageId }) => imageId === image.amiId);

/** Groups on Amazon's AMI of another type or Kubernetes version have a run of their own. */
const isOfRun = ({ source }: NodeGroup, { release }: Image): boolean =>
  release === undefined || source.type !== 'amazon' || !isWindowsType(source.amiType) || sameLine(source, release);

/** EKS takes no older release than the one that a group has. */
function whyTooOld(group: NodeGroup, { release, version }: Image): Reason | undefined {
  const { source } = group;
  if (release === undefined || source.type !== 'amazon' || !sameLine(source, release)) return undefined;
  if (!isNewerVersion(source.releaseVersion, version)) return undefined;
  return reason('NewerImage', `${displayName(group)} is on the newer release ${source.releaseVersion} already.`);
}

function misplaced(group: NodeGroup): Reason | undefined {
  if (group.misplacedTags.length === 0) return undefined;
  return reason(
    'TagMisplaced',
    `${displayName(group)} is a managed node group, but ${group.misplacedTags.join(', ')} is on its Auto Scaling group ` +
      `${group.autoScalingGroupName}. Move it to the node group ${group.name}.`,
  );
}

function whyHeld(group: NodeGroup, { hold }: NodeGroupTags, now: Date): Reason | undefined {
  if (hold === undefined || now >= hold.until) return undefined;
  const until = hold.until.toISOString().slice(0, 10);
  return reason('Held', `${displayName(group)} is held until ${until}: ${hold.why ?? 'no reason is given'}.`);
}

const whyNotNow = (group: NodeGroup, tags: NodeGroupTags, { image, now }: Context): Reason | undefined =>
  whyTooOld(group, image) ?? whyHeld(group, tags, now);

function whyNotTried(group: NodeGroup, { image, retryFailedAmi }: Context): Reason | undefined {
  if (image.failedSmokeTest === undefined || retryFailedAmi) return undefined;
  return reason(
    'AmiFailedSmokeTest',
    `${displayName(group)} stays as it is: ${image.amiId} has failed a smoke test (${image.failedSmokeTest}). Build the ` +
      'image again, or start the run by hand with "retryFailedAmi": true.',
  );
}

function decide(group: NodeGroup, context: Context): Decision {
  const { image, cluster, activeReplacement, leaseHolder } = context;
  const odd = misplaced(group);
  if (odd) return { outcome: 'blocked', reason: odd };
  const parsed = parseTags(group.tags, group.kind);
  if ('refused' in parsed) return { outcome: 'blocked', reason: parsed.refused };
  if (isUpToDate(group, image)) return { outcome: 'up-to-date' };

  const held = whyNotNow(group, parsed.tags, context);
  if (held) return { outcome: 'skipped', reason: held };
  const failed = whyNotTried(group, context);
  if (failed) return { outcome: 'blocked', reason: failed };
  if (cluster && 'refused' in cluster) return { outcome: 'blocked', reason: cluster.refused };
  // What else forbids it is looked at when the lease is there: until then the group is in the middle of a rollout.
  if (leaseHolder !== undefined) return { outcome: 'planned', reason: leaseHeld(group, leaseHolder) };

  const obstacle = findObstacle({ group, cluster, activeReplacement, target: image });
  if (obstacle) return { outcome: 'blocked', reason: obstacle };
  if (members(group).length > 0) return { outcome: 'planned' };
  return {
    outcome: 'skipped',
    reason: reason(
      'NoInstances',
      `${displayName(group)} has no instances that could prove ${image.amiId}. It gets it after another group has.`,
    ),
  };
}

/** The reason of a group that another run is working on. */
export const leaseHeld = (group: Pick<NodeGroup, 'cluster' | 'name'>, holder: string): Reason =>
  reason('LeaseHeld', `${displayName(group)} is being rolled by the run ${holder}, and is waited for.`);

/**
 * The end of a group that needs no rollout any more when its lease is free: another run has brought it to the AMI, or to
 * that of a newer build of the same image. Undefined when it needs one.
 *
 * @param state what the last rollout of the group left.
 */
export function endWithoutRollout(
  group: NodeGroup,
  image: Image,
  state: StateFile | undefined,
): Pick<GroupReport, 'outcome' | 'reason' | 'nodes'> | undefined {
  if (state?.lease !== undefined) return undefined;
  const nodes = countPatched(group, image.amiId);
  if (isUpToDate(group, image)) return { outcome: 'up-to-date', nodes };
  if (state === undefined || !isNewerBuild(state.image, image) || !isUpToDate(group, state.image)) return undefined;
  const cause = `${displayName(group)} is on ${state.image.amiId} of the newer build ${state.image.version} of the image.`;
  return { outcome: 'skipped', reason: reason('NewerImage', cause), nodes };
}

/** True when the group's last rollout was to this AMI and did not end on it. */
const hasRejected = (last: StateFile | undefined, { amiId }: Image): boolean =>
  last?.image.amiId === amiId && ['rolled-back', 'failed'].includes(last.outcome?.outcome ?? '');

/** What is to be told of the group's past: a planned group without another reason rolls because of it. */
function pastOf(group: NodeGroup, { image, last, madeAt = new Map() }: Context, { outcome, reason: why }: Decision) {
  const regression = findRegression(group, last, madeAt);
  return {
    ...(regression && { regressed: regression }),
    ...(regression && outcome === 'planned' && !why && { reason: regressed(group, regression) }),
    ...(hasRejected(last, image) && { rejected: true as const }),
  };
}

/** What will keep the group from being rolled one day, as long as it still rolls and there is nothing else to say. */
function roomOf(group: NodeGroup, { outcome, reason: why }: Pick<GroupReport, 'outcome' | 'reason'>) {
  const nearlyFull = fullestTemplate(group);
  if (nearlyFull === undefined || outcome !== 'planned') return {};
  const { cluster = '', name } = group;
  const warning = reason('LaunchTemplateNearlyFull', nearlyFullSentence({ cluster, name }, nearlyFull));
  return { nearlyFull, ...(why === undefined && { reason: warning }) };
}

/** A group that rolls with nothing else to be told of it may have to be warned of its autoscaler. */
function withWarning<Judged extends Pick<GroupReport, 'outcome' | 'reason'>>(group: NodeGroup, judged: Judged): Judged {
  if (judged.outcome !== 'planned' || judged.reason !== undefined) return judged;
  const impatient = impatientAutoscaler(group);
  return impatient === undefined ? judged : { ...judged, reason: impatient };
}

/**
 * What a run would do with one node group and why, with what the group runs now.
 *
 * `planned` means that it will roll. Nothing is ever planned that a check forbids, whatever the order of the checks.
 */
export function planGroup(group: NodeGroup, context: Context): GroupReport {
  const decision = decide(group, context);
  const judged = withWarning(group, { ...decision, ...pastOf(group, context, decision) });
  const from = lowestPatchLevel(nodesOf(group, context.cluster));
  const fromAmi = ownImageId(group);
  return {
    cluster: group.cluster ?? '',
    name: group.name,
    kind: group.kind,
    ...judged,
    ...roomOf(group, judged),
    nodes: countPatched(group, context.image.amiId),
    ...(fromAmi !== undefined && { fromAmi }),
    toAmi: context.image.amiId,
    ...(from !== undefined && { fromPatchLevel: from }),
    ...(from !== undefined && decision.outcome === 'up-to-date' && { toPatchLevel: from }),
    ...versionsOf(group, context.image),
    ...warningsOf(group, decision, context),
    ...(decision.outcome === 'planned' && planEstimate(group, context.image.amiId)),
  };
}

/** What the group launches from, and, of Amazon's releases, what it is to get. */
function versionsOf(
  { source }: NodeGroup,
  { version: toVersion }: Image,
): Pick<GroupReport, 'launchTemplate' | 'release'> {
  if (source.type === 'amazon') return { release: { fromVersion: source.releaseVersion, toVersion } };
  if (source.type !== 'launch-template') return {};
  const { template, follows } = source;
  return { launchTemplate: { id: template.id, fromVersion: template.version, ...(follows && { follows }) } };
}

/** What to know of a group before it is rolled. */
function warningsOf(
  group: NodeGroup,
  { outcome }: Decision,
  { image, cluster }: Context,
): Pick<GroupReport, 'warnings'> {
  if (outcome !== 'planned') return {};
  const budgets = cluster && 'nodes' in cluster ? cluster.budgets : undefined;
  const names = new Set(nodesOf(group, cluster).map(({ name }) => name));
  const warnings = [...(image.release ? [noWayBack(group)] : []), ...budgetWarnings(budgets, names)];
  return warnings.length === 0 ? {} : { warnings };
}

const noWayBack = (group: NodeGroup): Reason =>
  reason(
    'NoWayBack',
    `EKS offers no way back from a release of Amazon's AMI: what ${displayName(group)} has replaced stays replaced, also ` +
      'when the new nodes do not work.',
  );

export type GroupName = { readonly cluster: string; readonly name: string };

const isNamed = (group: NodeGroup, { cluster, name }: GroupName): boolean =>
  group.name === name && group.cluster === cluster;

/**
 * The groups that a run is about, each once, in the order of the plan.
 *
 * A managed group whose Auto Scaling group carries misplaced tags is found twice; the finding with the tags stays.
 *
 * @param only limits the run to these groups.
 * @throws {NodeGroupNotFound} No group follows the channel, or `only` names one that does not.
 */
export function selectGroups(
  groups: readonly NodeGroup[],
  image: Image,
  only: readonly GroupName[] | undefined,
): NodeGroup[] {
  const { name: channel } = image;
  const byName = new Map<string, NodeGroup>();
  for (const group of groups.filter((each) => isOfRun(each, image))) {
    const name = displayName(group);
    if (group.misplacedTags.length > 0 || !byName.has(name)) byName.set(name, group);
  }
  const all = [...byName.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  if (all.length === 0) {
    throw new NodeGroupNotFound(
      `No node group follows the channel ${channel}. Tag a node group with ${channelTag} = ${channel}.`,
    );
  }
  if (only === undefined) return all;

  const missing = only.find((wanted) => !all.some((group) => isNamed(group, wanted)));
  if (missing !== undefined) {
    throw new NodeGroupNotFound(
      `No node group ${displayName(missing)} follows the channel ${channel}. ` +
        `Correct "nodeGroups", or tag the group with ${channelTag} = ${channel}.`,
    );
  }
  return all.filter((group) => only.some((wanted) => isNamed(group, wanted)));
}
