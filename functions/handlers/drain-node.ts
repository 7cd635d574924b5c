import type { V1Node, V1Pod, V1PodList, V1Status } from '@kubernetes/client-node';
import { type ApiServer, connectApiServer } from '../adapters/api-server.ts';
import { type DrainRecords, drainRecordsIn, type StoredDrain } from '../adapters/drain-records.ts';
import { identifyInstance } from '../adapters/ec2-instances.ts';
import { translateNode } from '../adapters/kubernetes.ts';
import { keepLeavingWaiting } from '../adapters/lifecycle-hooks.ts';
import { refusedChange } from '../adapters/refused-change.ts';
import { renewTurn } from '../adapters/turns.ts';
import { DrainInput } from '../domain/drain-input.ts';
import type { DrainRecord } from '../domain/drain-record.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly keepWaiting: typeof keepLeavingWaiting;
  readonly identifyInstance: typeof identifyInstance;
  readonly connect: (clusterName: string) => Promise<ApiServer>;
  readonly records: Pick<DrainRecords, 'find'>;
  readonly now: () => Date;
};

const pauseSeconds = 10;

const pathOf = ({ metadata }: V1Pod) => `/api/v1/namespaces/${metadata?.namespace}/pods/${metadata?.name}`;
const nameOf = ({ metadata }: V1Pod) => ({ namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' });
const ownerOf = ({ metadata }: V1Pod) => metadata?.ownerReferences?.find(({ controller }) => controller);

/** What stays on a node that is drained: pods of daemonsets, and those that the kubelet runs by itself. */
const stays = (pod: V1Pod): boolean =>
  ownerOf(pod)?.kind === 'DaemonSet' || pod.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined;

const isFinished = ({ status }: V1Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

async function cordon(api: ApiServer, { metadata, spec }: V1Node): Promise<void> {
  const label = 'node.kubernetes.io/exclude-from-external-load-balancers';
  if (spec?.unschedulable && metadata?.labels?.[label] !== undefined) return;
  const request = {
    method: 'PATCH' as const,
    path: `/api/v1/nodes/${metadata?.name}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { labels: { [label]: '' } }, spec: { unschedulable: true } },
  };
  const answer = await api.send(request);
  if (answer.status !== 200) throw refusedChange(api, request, answer);
}

/** Asks for one eviction, or deletes what nobody has to be asked about; true when the pod leaves. */
async function remove(api: ApiServer, pod: V1Pod, force: boolean): Promise<true | V1Status> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: nameOf(pod) };
  const request =
    force || isFinished(pod)
      ? { method: 'DELETE' as const, path: pathOf(pod) }
      : { method: 'POST' as const, path: `${pathOf(pod)}/eviction`, body: eviction };
  const answer = await api.send(request);
  const status = answer.body as V1Status;
  // Two budgets for one pod are told by a failure in a body whose HTTP status says that all is well.
  const isAccepted = answer.status < 300 && status?.status !== 'Failure';
  if (isAccepted || answer.status === 404) return true;
  // A conflict, or a budget that takes no more disruptions for now (403), is asked again; a right that lacks is not.
  const isOfBudget = answer.status === 403 && status?.details?.group === 'policy';
  const isRefusal = answer.status < 300 || [409, 429, 500].includes(answer.status) || isOfBudget;
  if (isRefusal) return status;
  throw refusedChange(api, request, answer);
}

function withRefusal(record: DrainRecord, pod: V1Pod, status: V1Status, at: string): DrainRecord {
  const { namespace, name } = nameOf(pod);
  const known = record.refused.find((each) => each.namespace === namespace && each.name === name);
  const message = status.details?.causes?.[0]?.message ?? status.message ?? 'no reason given';
  const refusal = { namespace, name, budgets: [], message, firstAt: known?.firstAt ?? at, lastAt: at };
  const others = record.refused.filter((each) => each !== known);
  return { ...record, refused: [...others, { ...refusal, times: (known?.times ?? 0) + 1 }] };
}

function withRemoval(record: DrainRecord, pod: V1Pod, force: boolean, at: string): DrainRecord {
  const owner = ownerOf(pod);
  const place = nameOf(pod);
  const controller = owner && { kind: owner.kind, namespace: place.namespace, name: owner.name };
  const moved = { ...place, ...(controller && { controller }), at };
  if (force) return { ...record, forced: [...record.forced, { ...moved, why: 'deadline' }] };
  const lost = controller === undefined ? [...record.lost, place] : record.lost;
  return { ...record, evicted: [...record.evicted, moved], lost };
}

const finding = (cause: string) => ({ error: 'PodsLeft', cause });

function whatIsLeft(left: readonly V1Pod[], { nodeName, refused }: DrainRecord): string {
  const names = left.map((pod) => `${nameOf(pod).namespace}/${nameOf(pod).name}`).join(', ');
  const refusals = refused.map(({ namespace, name, message }) => `${namespace}/${name}: ${message}`).join('; ');
  return `Node ${nodeName} still has ${names}. Refused evictions: ${refusals || 'none'}.`;
}

/** The node object, if it is that of the instance: names are used again. */
async function findNode(api: ApiServer, nodeName: string, instanceId: string): Promise<V1Node | undefined> {
  const node = (await api.get(`/api/v1/nodes/${nodeName}`)) as V1Node | undefined;
  return node !== undefined && translateNode(node).instanceId === instanceId ? node : undefined;
}

async function podsToMove(api: ApiServer, nodeName: string): Promise<V1Pod[]> {
  const selector = encodeURIComponent(`spec.nodeName=${nodeName}`);
  return ((await api.get(`/api/v1/pods?fieldSelector=${selector}`)) as V1PodList).items.filter((pod) => !stays(pod));
}

type Removal = { readonly force: boolean; readonly at: string };

/** Asks for each pod that does not leave yet, and notes what became of it. */
async function removeAll(api: ApiServer, pods: readonly V1Pod[], record: DrainRecord, { force, at }: Removal) {
  let next = record;
  for (const pod of pods.filter(({ metadata }) => metadata?.deletionTimestamp === undefined)) {
    const answer = await remove(api, pod, force);
    if (answer !== true) next = withRefusal(next, pod, answer, at);
    else if (!isFinished(pod)) next = withRemoval(next, pod, force, at);
  }
  return next;
}

/**
 * Step "Drain node": one visit. Keeps the hook waiting and the turn, cordons the node, and asks for the eviction of each
 * pod that `kubectl drain` would evict. Safe twice: a pod that leaves already is not asked again.
 */
export const drainNode = (dependencies: Dependencies) => {
  const { keepWaiting, identifyInstance, connect, records, now } = dependencies;

  const removeLeft = async (
    api: ApiServer,
    input: DrainInput,
    left: readonly V1Pod[],
    { record, save }: StoredDrain,
  ) => {
    const at = now().toISOString();
    const isLate = now() >= new Date(input.drainDeadline);
    const next = await removeAll(api, left, record, { force: isLate && input.onDrainTimeout === 'force', at });
    await save(next);
    const isStuck = isLate && input.onDrainTimeout === 'wait';
    return { drain: isStuck ? ('stuck' as const) : ('draining' as const), finding: finding(whatIsLeft(left, next)) };
  };

  const visit = async (input: DrainInput, nodeName: string, drain: StoredDrain) => {
    const api = await connect(input.cluster);
    if (drain.record.slot !== undefined) await renewTurn(api, drain.record.slot, input.instanceId, now());
    const node = await findNode(api, nodeName, input.instanceId);
    if (node !== undefined) await cordon(api, node);
    const left = node === undefined ? [] : await podsToMove(api, nodeName);
    const at = now().toISOString();
    const record = { ...drain.record, cordonedAt: drain.record.cordonedAt ?? at };
    if (left.length === 0) {
      await drain.save({ ...record, emptiedAt: record.emptiedAt ?? at });
      return { drain: 'emptied' as const, finding: finding(`Nothing is left on ${nodeName}.`) };
    }
    return removeLeft(api, input, left, { ...drain, record });
  };

  return async (input: DrainInput) => {
    const { run, cluster, nodeGroup, instanceId } = input;
    const identity = (await keepWaiting(input)) === 'done' ? await identifyInstance(instanceId) : undefined;
    const drain = identity && (await records.find(input));
    const answer =
      identity && drain
        ? await visit(input, identity.privateDnsName, drain)
        : { drain: 'gone' as const, finding: finding(`Instance ${instanceId} is gone.`) };

    logger.info('Drained node', { run, cluster, nodeGroup, answer: answer.drain, instanceId, finding: answer.finding });
    return { ...answer, pauseSeconds };
  };
};

export const handler = task(
  DrainInput,
  drainNode({
    keepWaiting: keepLeavingWaiting,
    identifyInstance,
    connect: (clusterName) => connectApiServer(clusterName, environment('MOVER_ROLE_ARN')),
    records: drainRecordsIn(() => environment('RUN_BUCKET')),
    now: () => new Date(),
  }),
);
