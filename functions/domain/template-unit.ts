import { type Reason, reason } from './errors.ts';
import { ownTemplates } from './mixed-instances.ts';
import { displayName, type Follower, type GroupName, type NodeGroup } from './node-group.ts';
import type { GroupReport } from './report.ts';
import { channelTag } from './tags.ts';

/** What a run would do with a group, before it is known which other groups move with it. */
export type Planned = { readonly group: NodeGroup; readonly report: GroupReport };

/** A group of a unit: how it stands in the plan, if the run is about it. */
type Member = GroupName & { readonly follows: string | undefined; readonly report: GroupReport | undefined } & Pick<
    Follower,
    'channel'
  >;

const isSame = (a: GroupName, b: GroupName): boolean => a.cluster === b.cluster && a.name === b.name;

const nameOf = ({ cluster = '', name }: Pick<NodeGroup, 'cluster' | 'name'>): GroupName => ({ cluster, name });

const followsOf = ({ source }: NodeGroup) => (source.type === 'launch-template' ? source.follows : undefined);

const templateOf = ({ source }: NodeGroup) => (source.type === 'launch-template' ? source.template.id : undefined);

const isEmpty = ({ reason: why }: GroupReport): boolean => why?.error === 'NoInstances';

/** True for groups that get a new version of their template, now or after another group has proved the AMI. */
export const getsVersion = ({ report }: Pick<Planned, 'report'>): boolean =>
  report.outcome === 'planned' || isEmpty(report);

function memberOf(follower: Follower, all: readonly Planned[]): Member {
  const { follows, channel } = follower;
  const name = nameOf(follower);
  return { ...name, follows, channel, report: all.find(({ group }) => isSame(nameOf(group), name))?.report };
}

/** A group that follows an alias by its state file only, because a run that died has left it at a number. */
const leftPinned = (all: readonly Planned[], templateId: string, found: readonly Member[]): Member[] =>
  all
    .filter(({ group }) => followsOf(group) !== undefined && templateOf(group) === templateId)
    .filter(({ group }) => !found.some((each) => isSame(each, nameOf(group))))
    .map(({ group, report }) => ({
      ...nameOf(group),
      ...{ follows: followsOf(group), channel: group.tags[channelTag], report },
    }));

/** Every group that launches whatever the template is at that moment. */
function followersOf(templateId: string, all: readonly Planned[], followers: readonly Follower[]): Member[] {
  const found = followers.filter((each) => each.templateId === templateId).map((each) => memberOf(each, all));
  return [...found, ...leftPinned(all, templateId, found)];
}

const followsLatest = ({ follows }: Member): boolean => follows === '$Latest';

/**
 * The groups that move together with one: all that follow its template, and, while one of them follows `$Latest`, those
 * that name a number, too, because their new versions would move it. Undefined when the group moves alone.
 */
function unitOf({ group }: Planned, all: readonly Planned[], followers: readonly Follower[]): Member[] | undefined {
  const templateId = templateOf(group);
  if (templateId === undefined) return undefined;
  const following = followersOf(templateId, all, followers);
  const movesLatest = following.some(followsLatest);
  if (followsOf(group) === undefined && !movesLatest) return undefined;
  const numbered = all
    .filter((each) => movesLatest && getsVersion(each) && templateOf(each.group) === templateId)
    .map(({ group: other, report }) => ({ ...nameOf(other), follows: undefined, channel: undefined, report }))
    .filter((each) => !following.some((other) => isSame(each, other)));
  return [...following, ...numbered];
}

/** What keeps a group of the unit from going along, with what to do. */
function obstacleOf({ report, channel, ...name }: Member, runChannel: string): string | undefined {
  const who = displayName(name);
  if (report?.outcome === 'planned') return undefined;
  if (report !== undefined && isEmpty(report)) return `${who} has no instances. Scale it out, or give it a number`;
  if (report?.outcome === 'up-to-date') return `${who} is up to date. Give it a number`;
  if (report !== undefined) return report.reason?.cause.replace(/\.$/, '') ?? `${who} is ${report.outcome}`;
  if (channel === runChannel) return `${who} is left out of this run. Name both in "nodeGroups", or neither`;
  if (channel !== undefined) return `${who} follows the channel ${channel}. Give it a number, or the same channel`;
  return `${who} has not opted in. Tag it with ${channelTag} = ${runChannel}, or give it a number`;
}

const shared = ({ group }: Planned, templateId: string, other: Member, why: string): Reason =>
  reason(
    'TemplateShared',
    `${displayName(group)} shares the launch template ${templateId} with ${displayName(other)}, which follows its ` +
      `${other.follows ?? 'new versions'} and would move with it, but cannot go along: ${why}.`,
  );

/** The first group of the unit that does not go along, if there is one. */
function whyNotTogether(planned: Planned, unit: readonly Member[], channel: string): Reason | undefined {
  const own = nameOf(planned.group);
  for (const member of unit.filter((each) => each.follows !== undefined && !isSame(each, own))) {
    const why = obstacleOf(member, channel);
    if (why !== undefined) return shared(planned, templateOf(planned.group) ?? '', member, why);
  }
  return undefined;
}

/** Overrides with launch templates of their own get new versions, too; no group that follows those is ever pinned. */
function whyOverridesMove({ group, ...rest }: Planned, all: readonly Planned[], followers: readonly Follower[]) {
  const others = group.source.type === 'launch-template' ? ownTemplates(group.source.overrides) : [];
  for (const { template } of others) {
    const other = followersOf(template.id, all, followers).find(followsLatest);
    if (other)
      return shared({ group, ...rest }, template.id, other, 'an override cannot wait for it. Give it a number');
  }
  return undefined;
}

/** How many rollouts of a unit there may be: they wait for one another, and a run does not do more at a time. */
const mostMembers = 40;

const tooMany = ({ group }: Planned, count: number): Reason | undefined =>
  count <= mostMembers
    ? undefined
    : reason(
        'TemplateShared',
        `${displayName(group)} shares its launch template with ${count - 1} other groups. Split it.`,
      );

/**
 * The plan, with the groups that share a launch template through `$Latest` or `$Default` as units: each names the others
 * that move with it, and when one of them does not go along, none does.
 *
 * @param followers every group that follows a launch template, opted in or not.
 */
export function joinUnits(all: readonly Planned[], followers: readonly Follower[], channel: string): GroupReport[] {
  return all.map((planned) => {
    const { group, report } = planned;
    if (!getsVersion(planned)) return report;
    const unit = unitOf(planned, all, followers);
    const why =
      whyOverridesMove(planned, all, followers) ??
      (unit && (whyNotTogether(planned, unit, channel) ?? tooMany(planned, unit.length)));
    if (why !== undefined) return { ...report, outcome: 'blocked' as const, reason: { ...why } };
    if (unit === undefined) return report;
    const others = unit.filter((each) => !isSame(each, nameOf(group)));
    return { ...report, unit: others.map(nameOf) };
  });
}

/** Rollouts that wait for one another stand side by side, so that a run that does not do all at once starts them together. */
export function unitsTogether<Entry extends GroupName & Pick<GroupReport, 'unit'>>(entries: readonly Entry[]): Entry[] {
  const first = ({ unit = [], ...own }: Entry): string =>
    [own, ...unit].map(({ cluster, name }) => `${cluster}/${name}`).toSorted()[0] ?? '';
  const place = new Map<string, number>();
  for (const entry of entries) if (!place.has(first(entry))) place.set(first(entry), place.size);
  return entries.toSorted((a, b) => (place.get(first(a)) ?? 0) - (place.get(first(b)) ?? 0));
}
