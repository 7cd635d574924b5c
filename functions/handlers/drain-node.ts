import type { V1Node } from '@kubernetes/client-node';
import { type ApiServer, connectApiServer } from '../adapters/api-server.ts';
import { listInstances } from '../adapters/auto-scaling-groups.ts';
import { type DrainRecords, drainRecordsIn, type StoredDrain } from '../adapters/drain-records.ts';
import { identifyInstance } from '../adapters/ec2-instances.ts';
import { translateNode } from '../adapters/kubernetes.ts';
import { deletePod, evictPod, listAttachments, listLeavingPods, watchLeavingPods } from '../adapters/leaving-pods.ts';
import { keepLeavingWaiting } from '../adapters/lifecycle-hooks.ts';
import { refusedChange } from '../adapters/refused-change.ts';
import { followControllers } from '../adapters/replicas.ts';
import { renewTurn } from '../adapters/turns.ts';
import { movedControllers } from '../domain/drain-end.ts';
import { DrainInput } from '../domain/drain-input.ts';
import { type DrainRecord, newDrainRecord } from '../domain/drain-record.ts';
import { type DrainAnswer, type EmptyDependencies, emptyNode } from '../domain/empty-node.ts';
import { isInService } from '../domain/node-group.ts';
import { startingPods } from '../domain/replicas.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly keepWaiting: typeof keepLeavingWaiting;
  readonly identifyInstance: typeof identifyInstance;
  readonly connect: (clusterName: string) => Promise<ApiServer>;
  readonly listInstances: typeof listInstances;
  readonly records: Pick<DrainRecords, 'find' | 'create'>;
  readonly now: () => Date;
  /** From 0 to 1. */
  readonly chance: () => number;
};

async function cordon(api: ApiServer, { metadata, spec }: V1Node): Promise<void> {
  const label = 'node.kubernetes.io/exclude-from-external-load-balancers';
  if (spec?.unschedulable && metadata?.labels?.[label] !== undefined) return;
  const request = {
    method: 'PATCH' as const,
    path: `/api/v1/nodes/${metadata?.name}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { labels: { [label]: 'true' } }, spec: { unschedulable: true } },
  };
  const answer = await api.send(request);
  if (answer.status !== 200 && answer.status !== 404) throw refusedChange(api, request, answer);
}

/** The node object, if it is that of the instance: names are used again. */
async function findNode(api: ApiServer, nodeName: string, instanceId: string): Promise<V1Node | undefined> {
  const node = (await api.get(`/api/v1/nodes/${nodeName}`)) as V1Node | undefined;
  return node !== undefined && translateNode(node).instanceId === instanceId ? node : undefined;
}

/** When a pod of the node last began to leave. */
const lastLeft = ({ evicted, forced, startedAt }: DrainRecord): Date =>
  new Date([startedAt, ...[...evicted, ...forced].map(({ at }) => at)].toSorted().at(-1) ?? startedAt);

/** How many pods start elsewhere because of this drain, and how many nodes of the group share them. */
async function lookElsewhere(
  api: ApiServer,
  { autoScalingGroupName, instanceId }: DrainInput,
  record: DrainRecord,
  { listInstances, now }: Pick<Dependencies, 'listInstances' | 'now'>,
) {
  const controllers = movedControllers(record);
  if (controllers.length === 0) return { starting: 0, receivers: 1 };
  const [followed, instances] = await Promise.all([
    followControllers(api, controllers),
    listInstances(autoScalingGroupName),
  ]);
  const receivers = instances.filter((each) => isInService(each) && each.instanceId !== instanceId).length;
  return { starting: startingPods(followed, lastLeft(record), now()), receivers };
}

/**
 * Step "Drain node": one visit of a node that leaves. Keeps its hook waiting and its turn, cordons it, and lets its pods
 * leave, some at a time, within their disruption budgets. Watches them, and goes on when one is gone.
 *
 * Safe twice: a pod that leaves already is not asked again. A node or an instance that is gone is done.
 */
export const drainNode = (dependencies: Dependencies) => {
  const { keepWaiting, identifyInstance, connect, listInstances, records, now, chance } = dependencies;

  const emptyDependencies = (api: ApiServer, input: DrainInput): EmptyDependencies => ({
    listPods: (nodeName) => listLeavingPods(api, nodeName),
    evict: (pod) => evictPod(api, pod),
    remove: (pod, grace) => deletePod(api, pod, grace),
    lookElsewhere: (record) => lookElsewhere(api, input, record, { listInstances, now }),
    listAttachments: (nodeName, staying) => listAttachments(api, nodeName, staying),
    watchPods: (nodeName, until) => watchLeavingPods(api, nodeName, until),
    now,
    chance,
  });

  const gone = async ({ instanceId }: DrainInput, drain: StoredDrain | undefined): Promise<DrainAnswer> => {
    const { emptiedAt, goneAt } = drain?.record ?? {};
    if (emptiedAt === undefined && goneAt === undefined) {
      await drain?.save({ ...drain.record, goneAt: now().toISOString() });
    }
    const cause = `Instance ${instanceId} does not wait any more, or its node is gone.`;
    return { drain: 'gone', finding: { error: 'InstanceGone', cause } };
  };

  const visit = async (input: DrainInput, nodeName: string, drain: StoredDrain): Promise<DrainAnswer> => {
    const api = await connect(input.cluster);
    if (drain.record.slot !== undefined) await renewTurn(api, drain.record.slot, input.instanceId, now());
    const node = await findNode(api, nodeName, input.instanceId);
    if (node === undefined) return gone(input, drain);
    const { cordonedAt = now().toISOString() } = drain.record;
    const noted = drain.record.cordonedAt ? drain : await drain.save({ ...drain.record, cordonedAt });
    await cordon(api, node);
    return emptyNode(input, noted, emptyDependencies(api, input));
  };

  return async (input: DrainInput) => {
    const { run, cluster, nodeGroup, instanceId } = input;
    const identity = (await keepWaiting(input)) === 'done' ? await identifyInstance(instanceId) : undefined;
    const found = await records.find(input);
    // A record that somebody has removed must not let an instance go that waits with pods.
    const begin = () => identity && records.create(newDrainRecord(input, identity.privateDnsName));
    const drain = found ?? (await begin());
    const answer = identity && drain ? await visit(input, identity.privateDnsName, drain) : await gone(input, drain);

    logger.info('Drained node', { run, cluster, nodeGroup, answer: answer.drain, instanceId, finding: answer.finding });
    return { ...answer, pauseSeconds: 1 };
  };
};

export const handler = task(
  DrainInput,
  drainNode({
    keepWaiting: keepLeavingWaiting,
    identifyInstance,
    connect: (clusterName) => connectApiServer(clusterName, environment('MOVER_ROLE_ARN')),
    listInstances,
    records: drainRecordsIn(() => environment('RUN_BUCKET')),
    now: () => new Date(),
    chance: () => Math.random(),
  }),
);
