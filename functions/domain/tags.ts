import * as v from 'valibot';
import { midnightOf } from './calendar-date.ts';
import { type Reason, reason } from './errors.ts';
import { JoinRequirements, parseCondition, parseDaemonSets, parseLabel } from './join-requirements.ts';
import type { NodeGroupKind } from './node-group.ts';
import { countFromOne, countFromZero, strictObject } from './shapes.ts';

/** The tag that opts a node group in; its value names the channel. */
export const channelTag = 'reglaze:channel';

/** Long enough for budgets that let one pod go at a time. */
const usualDrainSeconds = 5400;

export const RolloutPolicy = strictObject({
  joinTimeoutSeconds: countFromOne,
  bakeSeconds: countFromZero,
  /** How many nodes more than desired there may be: a number of nodes or a share of the group. */
  maxSurge: strictObject({ count: countFromOne, unit: v.picklist(['nodes', 'percent']) }),
  /** Of a managed group EKS's own `force`; otherwise pods that are left at the drain deadline are deleted. */
  force: v.boolean(),
  /** How long a node may take to be drained before `force`, or the alert, counted from its turn. */
  drainTimeoutSeconds: v.optional(countFromOne, usualDrainSeconds),
  /** How long load balancers take to let an instance go, when a tag says it. */
  deregistrationSeconds: v.optional(countFromZero),
  /** The terminate hook of another tool that drains the group's nodes. */
  foreignDrainHook: v.optional(v.string()),
  /** What a new node needs beyond being able to run pods. */
  joining: v.optional(JoinRequirements),
  /** Only when the first new node shall not be tested. */
  smokeTest: v.optional(v.literal('off')),
});
/** How one node group wants to be rolled, from its tags. */
export type RolloutPolicy = Readonly<v.InferOutput<typeof RolloutPolicy>>;

export type NodeGroupTags = {
  readonly channel: string;
  readonly policy: RolloutPolicy;
  readonly hold: { readonly until: Date; readonly why: string | undefined } | undefined;
};

const secondsPer = { s: 1, m: 60, h: 3600 } as const;

/** Seconds of a duration such as `90m`; undefined when the text is none. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  return count && unit ? Number(count) * secondsPer[unit as keyof typeof secondsPer] : undefined;
}

const duration = (least: number, most: number) => (text: string) => {
  const seconds = parseDuration(text);
  return seconds !== undefined && seconds >= least && seconds <= most ? seconds : undefined;
};

function parseSurge(text: string): RolloutPolicy['maxSurge'] | undefined {
  const [, digits, percent] = /^(\d{1,3})( percent)?$/.exec(text) ?? [];
  const count = Number(digits);
  if (!count || (percent && count > 100)) return undefined;
  return { count, unit: percent ? 'percent' : 'nodes' };
}

const oneOf =
  (...allowed: readonly string[]) =>
  (text: string) =>
    allowed.includes(text) ? text : undefined;
const anyText = (text: string) => (text.trim() === '' ? undefined : text);

/** Half of the day that a rollout may take: what is left is for replacing the nodes. */
export const longestBakeSeconds = 12 * 3600;

/** Half of what an admission may take: a node that is late is turned away, long before its admission runs out of time. */
export const longestJoinSeconds = 4 * 3600;

/** A node that has to be Ready for longer is watched for longer than is worth waiting for. */
const longestReadySeconds = 3600;

/** What the wait for a turn may take of the longest time that Auto Scaling lets an instance wait at a hook: two days. */
export const turnReserveSeconds = 3600;
export const longestDrainSeconds = 172_800 - turnReserveSeconds;

/** Elastic Load Balancing allows no longer delay. */
const longestDeregistrationSeconds = 3600;

/** Every tag that reglaze knows: how its value is read, what a good value is, and which kinds can honour it. */
const knownTags = {
  'reglaze:channel': { read: anyText, expects: 'the name of a channel', kinds: ['self-managed', 'managed'] },
  'reglaze:ring': {
    read: oneOf('broad'),
    expects: '"broad", the only ring so far',
    kinds: ['self-managed', 'managed'],
  },
  'reglaze:window': { read: anyText, expects: 'the name of a window', kinds: [] },
  'reglaze:drain-timeout': {
    read: duration(60, longestDrainSeconds),
    expects: 'a duration from 1m to 47h',
    kinds: ['self-managed'],
  },
  'reglaze:on-drain-timeout': {
    read: oneOf('wait', 'force'),
    expects: '"wait" or "force"',
    kinds: ['self-managed', 'managed'],
  },
  'reglaze:deregistration-delay': {
    read: duration(0, longestDeregistrationSeconds),
    expects: 'a duration up to 1h, that of the target groups',
    kinds: ['self-managed'],
  },
  'reglaze:foreign-drain-hook': {
    read: anyText,
    expects: 'the name of a lifecycle hook',
    kinds: ['self-managed'],
  },
  'reglaze:bake-time': {
    read: duration(0, longestBakeSeconds),
    expects: 'a duration up to 12h',
    kinds: ['self-managed'],
  },
  'reglaze:max-surge': {
    read: parseSurge,
    expects: 'a number of nodes such as 2, or a share such as "25 percent" (tag values cannot contain %)',
    kinds: ['self-managed'],
  },
  'reglaze:join-timeout': {
    read: duration(60, longestJoinSeconds),
    expects: 'a duration from 1m to 4h',
    kinds: ['self-managed'],
  },
  'reglaze:ready-for': {
    read: duration(1, longestReadySeconds),
    expects: 'a duration from 1s to 1h',
    kinds: ['self-managed'],
  },
  'reglaze:require-daemonsets': {
    read: parseDaemonSets,
    expects: 'DaemonSets such as kube-system/kube-proxy-windows, separated by spaces',
    kinds: ['self-managed'],
  },
  'reglaze:require-label': { read: parseLabel, expects: 'key=value, or a key', kinds: ['self-managed'] },
  'reglaze:require-condition': {
    read: parseCondition,
    expects: 'Type=Status, such as NetworkUnavailable=False',
    kinds: ['self-managed'],
  },
  'reglaze:smoke-test': { read: oneOf('off'), expects: '"off", or remove it', kinds: ['self-managed'] },
  // Held until the day begins in UTC.
  'reglaze:hold-until': { read: midnightOf, expects: 'a date such as 2026-12-24', kinds: ['self-managed', 'managed'] },
  'reglaze:hold-reason': { read: anyText, expects: 'a text', kinds: ['self-managed', 'managed'] },
} as const satisfies Record<
  string,
  { read: (text: string) => unknown; expects: string; kinds: readonly NodeGroupKind[] }
>;

type TagName = keyof typeof knownTags;

/**
 * The keys by which Auto Scaling groups are found, since its filters match whole keys only. A group whose every key has a
 * typo is not found; one with a typo in its channel is when another of its tags is right.
 */
export const knownTagNames = Object.keys(knownTags) as readonly TagName[];

/** True for a tag key that is meant for reglaze, known or not. */
export const isOurTag = (key: string): boolean => key.toLowerCase().startsWith('reglaze:');

/** Whether the group asks for something of which only the pods on a new node tell. */
export const needsPods = (tags: Readonly<Record<string, string>>): boolean =>
  tags['reglaze:require-daemonsets'] !== undefined;

const whyNotSupported: Record<NodeGroupKind, string> = {
  'self-managed': 'this version of reglaze cannot honour it for self-managed node groups',
  managed: 'EKS decides this for managed node groups',
};

function refuse(key: string, text: string, kind: NodeGroupKind): Reason | undefined {
  if (!Object.hasOwn(knownTags, key)) {
    return reason('TagInvalid', `The tag ${key} is unknown. Correct it to one of ${knownTagNames.join(', ')}.`);
  }
  const tag = knownTags[key as TagName];
  if (tag.read(text) === undefined) {
    return reason('TagInvalid', `The tag ${key} has the value "${text}". Set it to ${tag.expects}.`);
  }
  if ((tag.kinds as readonly string[]).includes(kind)) return undefined;
  const why = key === 'reglaze:window' ? 'this version of reglaze has no windows yet' : whyNotSupported[kind];
  return reason('TagNotSupported', `The tag ${key} is set, but ${why}. Remove the tag.`);
}

const read = <Name extends TagName>(tags: Readonly<Record<string, string>>, name: Name) => {
  const text = tags[name];
  return text === undefined ? undefined : (knownTags[name].read(text) as ReturnType<(typeof knownTags)[Name]['read']>);
};

/** EKS gives up on a new node after fifteen minutes, whatever anybody wants. */
const joinTimeoutSeconds: Record<NodeGroupKind, number> = { 'self-managed': 1800, managed: 900 };

function joiningOf(tags: Readonly<Record<string, string>>): JoinRequirements | undefined {
  const asked = {
    daemonSets: read(tags, 'reglaze:require-daemonsets'),
    label: read(tags, 'reglaze:require-label'),
    condition: read(tags, 'reglaze:require-condition'),
    readyForSeconds: read(tags, 'reglaze:ready-for'),
  };
  const given = Object.entries(asked).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** What the tags say of a rollout, once they are known to be good. */
function policyOf(tags: Readonly<Record<string, string>>, kind: NodeGroupKind): RolloutPolicy {
  const foreignDrainHook = read(tags, 'reglaze:foreign-drain-hook');
  const joining = joiningOf(tags);
  const deregistrationSeconds = read(tags, 'reglaze:deregistration-delay');
  return {
    joinTimeoutSeconds: read(tags, 'reglaze:join-timeout') ?? joinTimeoutSeconds[kind],
    bakeSeconds: read(tags, 'reglaze:bake-time') ?? 0,
    maxSurge: read(tags, 'reglaze:max-surge') ?? { count: 10, unit: 'percent' },
    force: read(tags, 'reglaze:on-drain-timeout') === 'force',
    drainTimeoutSeconds: read(tags, 'reglaze:drain-timeout') ?? usualDrainSeconds,
    ...(deregistrationSeconds !== undefined && { deregistrationSeconds }),
    ...(foreignDrainHook !== undefined && { foreignDrainHook }),
    ...(joining && { joining }),
    ...(read(tags, 'reglaze:smoke-test') === 'off' && { smokeTest: 'off' as const }),
  };
}

/**
 * What an operator asked for by tags, with the defaults for the rest; or the reason why the tags cannot be obeyed.
 *
 * A tag that is misspelt, has a bad value or cannot be honoured is never the same as no tag. Tags of others are ignored.
 */
export function parseTags(
  tags: Readonly<Record<string, string>>,
  kind: NodeGroupKind,
): { readonly tags: NodeGroupTags } | { readonly refused: Reason } {
  const ours = Object.entries(tags).filter(([key]) => isOurTag(key));
  for (const [key, text] of ours.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const refused = refuse(key, text, kind);
    if (refused) return { refused };
  }

  const channel = read(tags, channelTag);
  if (channel === undefined) {
    return { refused: reason('TagInvalid', `There are reglaze tags, but no ${channelTag}. Add it or remove them.`) };
  }
  const until = read(tags, 'reglaze:hold-until');
  const why = read(tags, 'reglaze:hold-reason');
  if (why !== undefined && until === undefined) {
    return {
      refused: reason('TagInvalid', 'The tag reglaze:hold-reason holds nothing without reglaze:hold-until. Add that.'),
    };
  }
  return { tags: { channel, policy: policyOf(tags, kind), hold: until && { until, why } } };
}
