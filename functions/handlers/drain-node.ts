import { type ApiServer, connectApiServer } from '../adapters/api-server.ts';
import { listInstances } from '../adapters/auto-scaling-groups.ts';
import { type DrainRecords, drainRecordsIn, type StoredDrain } from '../adapters/drain-records.ts';
import { identifyInstance } from '../adapters/ec2-instances.ts';
import { deletePod, evictPod, listAttachments, listLeavingPods, watchLeavingPods } from '../adapters/leaving-pods.ts';
import { keepLeavingWaiting } from '../adapters/lifecycle-hooks.ts';
import { findNodeOf, setAside } from '../adapters/node-cordons.ts';
import { followControllers } from '../adapters/replicas.ts';
import { renewTurn, takeTurn } from '../adapters/turns.ts';
import { lastMovedControllers, withTurn } from '../domain/drain-end.ts';
import { DrainInput } from '../domain/drain-input.ts';
import { type DrainRecord, newDrainRecord } from '../domain/drain-record.ts';
import { nodeEmptied } from '../domain/drain-visit.ts';
import { type DrainAnswer, type EmptyDependencies, emptyNode, instanceGone } from '../domain/empty-node.ts';
import {
  isLeftToInterruption,
  isTaken,
  standAside,
  tellInterruption,
  withInterruption,
} from '../domain/interruption.ts';
import { isInService } from '../domain/node-group.ts';
import { startingPods } from '../domain/replicas.ts';
import { turnFinding, turnRequest } from '../domain/turn-wait.ts';
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

/** How many pods start elsewhere because of this drain, and how many nodes of the group share them. */
async function lookElsewhere(
  api: ApiServer,
  { autoScalingGroupName, instanceId }: DrainInput,
  record: DrainRecord,
  { listInstances, now }: Pick<Dependencies, 'listInstances' | 'now'>,
) {
  const controllers = lastMovedControllers(record, now());
  if (controllers.length === 0) return { starting: 0, receivers: 1 };
  const [followed, instances] = await Promise.all([
    followControllers(api, controllers),
    listInstances(autoScalingGroupName),
  ]);
  const receivers = instances.filter((each) => isInService(each) && each.instanceId !== instanceId).length;
  return { starting: startingPods(followed), receivers };
}

/**
 * Keeps the turn of a node, or takes another one where it was lost, as when nobody could renew it for longer than it
 * lasts. While there is none the node waits as it is; past its deadline it goes on without.
 */
async function keepTurn(
  api: ApiServer,
  input: DrainInput,
  drain: StoredDrain,
  now: Date,
): Promise<StoredDrain | DrainAnswer> {
  const { slot } = drain.record;
  if (slot === undefined || (await renewTurn(api, slot, input.instanceId, now)) === 'renewed') return drain;
  // A machine that EC2 takes does not wait for a turn.
  if (input.takenAt !== undefined || now >= new Date(input.drainDeadline)) return drain;
  const turn = await takeTurn(api, turnRequest(input), now);
  if (turn.turn === 'taken') return drain.save(withTurn(drain.record, turn.slot, now));
  return { drain: 'draining', finding: turnFinding(input, turn) };
}

/** The end of a drain whose instance does not wait any more. A node that was emptied before EC2 took its machine stays so. */
async function gone(input: DrainInput, drain: StoredDrain | undefined, now: Date): Promise<DrainAnswer> {
  const { emptiedAt, goneAt } = drain?.record ?? {};
  if (input.takenAt !== undefined && drain && emptiedAt !== undefined) {
    return { drain: 'emptied', finding: nodeEmptied(drain.record) };
  }
  if (emptiedAt === undefined && goneAt === undefined)
    await drain?.save({ ...drain.record, goneAt: now.toISOString() });
  return instanceGone(input);
}

/** The end of a drain without a node. Where none was seen before, as of a machine that boots, nothing was there to lose. */
async function withoutNode(input: DrainInput, drain: StoredDrain, now: Date): Promise<DrainAnswer> {
  const { cordonedAt, nodeless } = drain.record;
  const isNew = cordonedAt === undefined && nodeless === undefined;
  const noted = isNew ? await drain.save({ ...drain.record, nodeless: true }) : drain;
  if (input.takenAt !== undefined) return { drain: 'emptied', finding: nodeEmptied(noted.record) };
  return gone(input, noted, now);
}

/**
 * Step "Drain node": one visit of a node that leaves. Keeps its hook waiting and its turn, cordons it, and lets its pods
 * leave, some at a time, within their disruption budgets. Watches them, and goes on when one is gone.
 *
 * Safe twice: a pod that leaves already is not asked again. A node or an instance that is gone is done.
 */
export const drainNode = (dependencies: Dependencies) => {
  const { keepWaiting, identifyInstance, connect, listInstances, records, now, chance } = dependencies;

  /** Whether the machine is still there: it waits at the hook, or EC2 has not taken it yet. */
  const mayDrain = async (input: DrainInput): Promise<boolean> =>
    input.takenAt === undefined ? (await keepWaiting(input)) === 'done' : !isTaken(input, now());

  const emptyDependencies = (api: ApiServer, input: DrainInput): EmptyDependencies => ({
    listPods: (nodeName) => listLeavingPods(api, nodeName),
    evict: (pod) => evictPod(api, pod),
    remove: (pod, grace) => deletePod(api, pod, grace),
    lookElsewhere: (record) => lookElsewhere(api, input, record, { listInstances, now }),
    listAttachments: (nodeName, staying) => listAttachments(api, nodeName, staying),
    keepWaiting: () => mayDrain(input),
    watchPods: (nodeName, until) => watchLeavingPods(api, nodeName, until),
    now,
    chance,
  });

  const visit = async (input: DrainInput, nodeName: string, drain: StoredDrain): Promise<DrainAnswer> => {
    const api = await connect(input.cluster);
    const node = await findNodeOf(api, nodeName, input.instanceId);
    if (node === undefined) return withoutNode(input, drain, now());
    if (isLeftToInterruption(drain.record, input)) return standAside(input, drain.record);
    const held = await keepTurn(api, input, drain, now());
    if ('drain' in held) return held;
    const { cordonedAt = now().toISOString() } = held.record;
    const begun = held.record.cordonedAt ? held.record : { ...held.record, cordonedAt };
    const noted = await held.save(withInterruption(begun, input));
    await setAside(api, node, { returns: input.destination === 'WarmPool' });
    return emptyNode(input, noted, emptyDependencies(api, input));
  };

  return async (input: DrainInput) => {
    const { run, cluster, nodeGroup, instanceId } = input;
    const identity = (await mayDrain(input)) ? await identifyInstance(instanceId) : undefined;
    const found = await records.find(input);
    // A record that somebody has removed must not let an instance go that waits with pods.
    const begin = () => identity && records.create(newDrainRecord(input, identity.privateDnsName));
    const drain = found ?? (await begin());
    const answer =
      identity && drain ? await visit(input, identity.privateDnsName, drain) : await gone(input, drain, now());

    logger.info('Drained node', { run, cluster, nodeGroup, answer: answer.drain, instanceId, finding: answer.finding });
    return { pauseSeconds: 1, ...answer, finding: tellInterruption(input, answer) };
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
