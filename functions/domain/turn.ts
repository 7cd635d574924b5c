import { shortHash } from './execution-name.ts';

/**
 * A slot is held, and a waiting node remembered, for this long after the last visit: longer than the longest visit and
 * the tries after it, and as long as the heartbeat of the drain hook, so that who loses the one has lost the other.
 */
export const turnSeconds = 300;

/** A Lease is written again when so much of its time has passed. */
const renewAfterSeconds = 60;

/** A Lease of ours in a cluster: a slot that a draining node holds, or the place in the queue of one that waits. */
export type TurnLease = {
  readonly name: string;
  readonly role: 'slot' | 'waiting';
  /** The instance; empty when nobody holds it. */
  readonly holder: string;
  /** Since when it is held, or waits. */
  readonly since: Date;
  readonly renewedAt: Date;
  readonly durationSeconds: number;
  /** What a change of it must name, so that nobody else's is overwritten. */
  readonly resourceVersion: string;
};

/** The value of the label by which the Leases of a group are found; names of groups may be longer than labels. */
export const turnGroup = (nodeGroup: string): string => shortHash(nodeGroup);

/** The group as far as the name of an object may tell it, for people. The hash makes it the group's own. */
const namePrefix = (nodeGroup: string): string => {
  const legal = nodeGroup.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return `drain-${legal.slice(0, 40)}-${turnGroup(nodeGroup)}`.replaceAll(/-+/g, '-');
};

/** The name of the Lease of one slot, counted from zero. */
export const slotName = (nodeGroup: string, slot: number): string => `${namePrefix(nodeGroup)}-${slot}`;

/** The name of the Lease by which a node waits. */
export const placeName = (nodeGroup: string, instanceId: string): string => `${namePrefix(nodeGroup)}-${instanceId}`;

/** When the Lease of a holder that does not come back is free. */
export const expiryOf = ({ renewedAt, durationSeconds }: TurnLease): Date =>
  new Date(renewedAt.getTime() + durationSeconds * 1000);

/** Whether the Lease still says something: it has a holder, who was here lately. */
export const isLive = (lease: TurnLease, now: Date): boolean => lease.holder !== '' && now < expiryOf(lease);

/** Whether the Lease has to be written again, for its holder to keep it. */
export const needsRenewal = ({ renewedAt }: TurnLease, now: Date): boolean =>
  now.getTime() - renewedAt.getTime() >= renewAfterSeconds * 1000;

export type TurnRequest = {
  readonly nodeGroup: string;
  /** How many nodes of the group may drain at a time. */
  readonly slots: number;
  /** The instance that asks. */
  readonly holder: string;
  /** Since when it waits: the longest waiting node goes first. */
  readonly waitingSince: Date;
};

export type TurnDecision =
  | { readonly turn: 'ours'; readonly slot: TurnLease; readonly surplus: readonly TurnLease[] }
  /** `over` is what an earlier holder has left there. */
  | { readonly turn: 'free'; readonly slotName: string; readonly over: TurnLease | undefined }
  | {
      readonly turn: 'wait';
      /** How many nodes that have waited for longer go first. */
      readonly ahead: number;
      readonly holders: readonly string[];
      /** When the first of the Leases that are in the way runs out, if its holder does not renew it. */
      readonly lookAgainAt: Date | undefined;
    };

const byAge = (a: TurnLease, b: TurnLease): number =>
  a.since.getTime() - b.since.getTime() || (a.holder < b.holder ? -1 : 1);

/**
 * Whether a node may drain now, from the Leases of its group.
 *
 * Slots that are free belong to the nodes that have waited longest, one for each, so that none of them starves: a node
 * takes one only when there are more free slots than nodes ahead of it, and then the one that nobody ahead takes. What it
 * holds already, it goes on to hold, also past its time when nobody has taken it over. A live slot counts whatever its
 * number, so that a group whose surge has shrunk gets no more turns than it may have now.
 */
export function decideTurn(leases: readonly TurnLease[], request: TurnRequest, now: Date): TurnDecision {
  const { nodeGroup, slots, holder, waitingSince } = request;
  const names = Array.from({ length: slots }, (_, slot) => slotName(nodeGroup, slot));
  const taken = leases.filter(({ role }) => role === 'slot');
  const live = taken.filter((lease) => isLive(lease, now));
  const [own, ...surplus] = taken
    .filter((lease) => lease.holder === holder && (live.includes(lease) || names.includes(lease.name)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (own !== undefined) return { turn: 'ours', slot: own, surplus };

  const free = names.filter((each) => !live.some((lease) => lease.name === each));
  const me = { holder, since: waitingSince } as TurnLease;
  const ahead = leases.filter(
    (lease) => lease.role === 'waiting' && lease.holder !== holder && isLive(lease, now) && byAge(lease, me) < 0,
  );
  const name = ahead.length < slots - live.length ? free[ahead.length] : undefined;
  if (name !== undefined) return { turn: 'free', slotName: name, over: taken.find((lease) => lease.name === name) };
  const inTheWay = [...live, ...ahead].map(expiryOf).toSorted((a, b) => a.getTime() - b.getTime());
  return { turn: 'wait', ahead: ahead.length, holders: live.map((lease) => lease.holder), lookAgainAt: inTheWay[0] };
}

/** Leases that say nothing any more: who waited, or held one, has not been here for longer than a visit takes. */
export const leftBehind = (leases: readonly TurnLease[], now: Date): TurnLease[] =>
  leases.filter((lease) => !isLive(lease, now));
