import {
  decideTurn,
  leftBehind,
  needsRenewal,
  placeName,
  type TurnDecision,
  type TurnLease,
  type TurnRequest,
  turnGroup,
  turnSeconds,
} from '../domain/turn.ts';
import type { ApiServer } from './api-server.ts';
import { refusedChange } from './refused-change.ts';

/** Made by infrastructure/kubernetes/mover.yml; nothing but our Leases is in it. */
const collection = '/apis/coordination.k8s.io/v1/namespaces/reglaze/leases';
const groupLabel = 'reglaze.dev/node-group';
const roleLabel = 'reglaze.dev/turn';

/** A Lease as the API server writes it; its times have exactly six decimals. */
type LeaseObject = {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
  };
};

const microTime = (time: Date): string => time.toISOString().replace('Z', '000Z');
const never = new Date(0).toISOString();

const translateLease = ({ metadata, spec }: LeaseObject): TurnLease => ({
  name: metadata.name,
  role: metadata.labels?.[roleLabel] === 'slot' ? 'slot' : 'waiting',
  holder: spec?.holderIdentity ?? '',
  since: new Date(spec?.acquireTime ?? never),
  renewedAt: new Date(spec?.renewTime ?? never),
  durationSeconds: spec?.leaseDurationSeconds ?? 0,
  resourceVersion: metadata.resourceVersion ?? '',
});

type NewLease = Pick<TurnLease, 'name' | 'role' | 'holder' | 'since'> & { readonly nodeGroup: string };

const leaseObject = ({ name, role, holder, since, nodeGroup }: NewLease, now: Date, resourceVersion?: string) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: {
    name,
    labels: { [groupLabel]: turnGroup(nodeGroup), [roleLabel]: role },
    // The label is a hash; this is for people.
    annotations: { [groupLabel]: nodeGroup },
    ...(resourceVersion !== undefined && { resourceVersion }),
  },
  spec: {
    holderIdentity: holder,
    leaseDurationSeconds: turnSeconds,
    acquireTime: microTime(since),
    renewTime: microTime(now),
  },
});

type Writer = Pick<ApiServer, 'clusterName' | 'send'>;

/** Writes a Lease where there is none, or over exactly the one that was read; false when somebody else was first. */
async function write(api: Writer, lease: NewLease, over: TurnLease | undefined, now: Date): Promise<boolean> {
  const body = leaseObject(lease, now, over?.resourceVersion);
  const request =
    over === undefined
      ? { method: 'POST' as const, path: collection, body }
      : { method: 'PUT' as const, path: `${collection}/${lease.name}`, body };
  const answer = await api.send(request);
  if (answer.status === 200 || answer.status === 201) return true;
  // Somebody has changed it, made it, or taken away what was to be overwritten.
  if (answer.status === 409 || (answer.status === 404 && over !== undefined)) return false;
  throw refusedChange(api, request, answer);
}

/** Deletes a Lease if it still is what was read. One that is gone, or is somebody else's now, is as good as deleted. */
async function remove(api: Writer, { name, resourceVersion }: TurnLease): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion } };
  const request = { method: 'DELETE' as const, path: `${collection}/${name}`, body };
  const answer = await api.send(request);
  if (![200, 202, 404, 409].includes(answer.status)) throw refusedChange(api, request, answer);
}

const pathOf = (nodeGroup: string) =>
  `${collection}?labelSelector=${encodeURIComponent(`${groupLabel}=${turnGroup(nodeGroup)}`)}`;

/** The Leases of a group, and the version of the whole from which they can be watched. */
export async function listTurns(api: Pick<ApiServer, 'get'>, nodeGroup: string) {
  const list = (await api.get(pathOf(nodeGroup))) as {
    readonly metadata?: { readonly resourceVersion?: string };
    readonly items?: readonly LeaseObject[];
  };
  return { leases: (list.items ?? []).map(translateLease), resourceVersion: list.metadata?.resourceVersion ?? '' };
}

export type Turn =
  | { readonly turn: 'taken'; readonly slot: string }
  | {
      readonly turn: 'waiting';
      readonly ahead: number;
      readonly holders: readonly string[];
      /** From when on it makes sense to ask again although nothing has changed; undefined: not before that. */
      readonly lookAgainAt: Date | undefined;
      readonly seen: { readonly leases: readonly TurnLease[]; readonly resourceVersion: string };
    };

type Asking = {
  readonly request: TurnRequest;
  readonly seen: Extract<Turn, { turn: 'waiting' }>['seen'];
  readonly now: Date;
};

const placeOf = ({ request, seen }: Asking): TurnLease | undefined =>
  seen.leases.find((lease) => lease.role === 'waiting' && lease.holder === request.holder);

async function wait(api: Writer, asking: Asking, decision: Extract<TurnDecision, { turn: 'wait' }>): Promise<Turn> {
  const { request, seen, now } = asking;
  const { nodeGroup, holder, waitingSince: since } = request;
  const place = placeOf(asking);
  if (place === undefined || needsRenewal(place, now)) {
    await write(api, { name: placeName(nodeGroup, holder), role: 'waiting', holder, since, nodeGroup }, place, now);
  }
  return { ...decision, turn: 'waiting', seen };
}

type Holding = Exclude<TurnDecision, { turn: 'wait' }>;

/** The Lease as it is to be, and as it is now. */
const claim = (decision: Holding, now: Date) =>
  decision.turn === 'ours'
    ? { name: decision.slot.name, since: decision.slot.since, over: decision.slot, surplus: decision.surplus }
    : { name: decision.slotName, since: now, over: decision.over, surplus: [] };

async function hold(api: Writer, asking: Asking, decision: Holding): Promise<Turn> {
  const { request, seen, now } = asking;
  const { holder, nodeGroup } = request;
  const { name, since, over, surplus } = claim(decision, now);
  const isRenewed = decision.turn === 'ours' && !needsRenewal(decision.slot, now);
  const isHeld = isRenewed || (await write(api, { name, role: 'slot', holder, since, nodeGroup }, over, now));
  if (!isHeld) return { turn: 'waiting', ahead: 0, holders: [], lookAgainAt: now, seen };

  const place = placeOf(asking);
  for (const each of [...surplus, ...(place ? [place] : [])]) await remove(api, each);
  return { turn: 'taken', slot: name };
}

type Api = Pick<ApiServer, 'clusterName' | 'get' | 'send' | 'watch'>;

/**
 * Takes a slot of the group for the node, or a place in the queue.
 *
 * Each slot is one Lease, made or taken over on the condition that it still is what was read, so that however many ask at
 * the same moment, no slot has two holders. A node that asks again finds the slot that it holds; if two of its own visits
 * at once took two, the surplus is given back. Who comes too late for a slot is to ask again at once. Leases that say
 * nothing any more are cleared away.
 *
 * @throws {ClusterAccessDenied} The mover role may not, or the namespace is missing.
 */
export async function takeTurn(api: Omit<Api, 'watch'>, request: TurnRequest, now: Date): Promise<Turn> {
  const seen = await listTurns(api, request.nodeGroup);
  const asking = { request, seen, now };
  const decision = decideTurn(seen.leases, request, now);
  const needed = decision.turn === 'free' ? decision.over?.name : undefined;
  const litter = leftBehind(seen.leases, now).filter(
    ({ name, holder }) => name !== needed && holder !== request.holder,
  );
  for (const each of litter) await remove(api, each);
  return decision.turn === 'wait' ? wait(api, asking, decision) : hold(api, asking, decision);
}

/**
 * Watches the Leases of the group until the node may ask for a turn with hope, for so many seconds at most. What it
 * answers is only when to ask: a turn is taken by {@link takeTurn}.
 */
export async function watchTurns(
  api: Pick<Api, 'watch'>,
  request: TurnRequest,
  { leases, resourceVersion }: { readonly leases: readonly TurnLease[]; readonly resourceVersion: string },
  { seconds, now }: { readonly seconds: number; readonly now: () => Date },
): Promise<'ask' | 'wait'> {
  const current = new Map(leases.map((lease) => [lease.name, lease]));
  const path = `${pathOf(request.nodeGroup)}&resourceVersion=${resourceVersion}`;
  for await (const { type, object } of api.watch(path, seconds)) {
    const lease = translateLease(object as LeaseObject);
    if (type === 'DELETED') current.delete(lease.name);
    else current.set(lease.name, lease);
    if (decideTurn([...current.values()], request, now()).turn !== 'wait') return 'ask';
  }
  return 'wait';
}

/**
 * Keeps the node's slot for longer; `lost` when it is not (or no longer) the node's, because its Lease ran out and was
 * taken over, or somebody deleted it. Safe twice, and often: what was renewed lately is only read.
 */
export async function renewTurn(
  api: Omit<Api, 'watch'>,
  slot: string,
  holder: string,
  now: Date,
): Promise<'renewed' | 'lost'> {
  const path = `${collection}/${slot}`;
  const object = (await api.get(path)) as LeaseObject | undefined;
  if (object?.spec?.holderIdentity !== holder) return 'lost';
  if (!needsRenewal(translateLease(object), now)) return 'renewed';
  const body = { ...object, spec: { ...object.spec, renewTime: microTime(now) } };
  const request = { method: 'PUT' as const, path, body };
  const answer = await api.send(request);
  if (answer.status === 200) return 'renewed';
  // Another visit of the same node may have renewed it meanwhile, which is as good.
  if (answer.status === 404 || answer.status === 409) return renewTurn(api, slot, holder, now);
  throw refusedChange(api, request, answer);
}

/** Gives back whatever the node holds or waits by: slots and places. Safe twice, and when there is nothing. */
export async function returnTurn(
  api: Omit<Api, 'watch'>,
  { nodeGroup, holder }: { readonly nodeGroup: string; readonly holder: string },
): Promise<void> {
  const { leases } = await listTurns(api, nodeGroup);
  for (const lease of leases.filter((each) => each.holder === holder)) await remove(api, lease);
}
