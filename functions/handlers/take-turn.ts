import { type ApiServer, connectApiServer } from '../adapters/api-server.ts';
import { type DrainRecords, drainRecordsIn, type StoredDrain } from '../adapters/drain-records.ts';
import { identifyInstance } from '../adapters/ec2-instances.ts';
import { keepLeavingWaiting } from '../adapters/lifecycle-hooks.ts';
import { listNamedInstances } from '../adapters/named-instances.ts';
import { runFilesIn } from '../adapters/run-files.ts';
import { notifyThrough } from '../adapters/topic.ts';
import { awaitTurn } from '../adapters/turn-wait.ts';
import { returnTurn } from '../adapters/turns.ts';
import { type Stranded, strandedVolumes } from '../adapters/zone-destinations.ts';
import { withTurn } from '../domain/drain-end.ts';
import { DrainInput } from '../domain/drain-input.ts';
import { stuckDrainNotice } from '../domain/drain-notice.ts';
import { newDrainRecord } from '../domain/drain-record.ts';
import { isLeftToInterruption } from '../domain/interruption.ts';
import type { Notice } from '../domain/rollout.ts';
import {
  goneAnswer,
  interruptedAnswer,
  isOverdue,
  lastCall,
  type TurnAnswer,
  takenAnswer,
  turnRequest,
  waitingAnswer,
  waitsForZone,
  zoneAnswer,
} from '../domain/turn-wait.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly keepWaiting: typeof keepLeavingWaiting;
  readonly identifyInstance: typeof identifyInstance;
  readonly connect: (clusterName: string) => Promise<ApiServer>;
  readonly records: Pick<DrainRecords, 'find' | 'create'>;
  readonly findStranded: (api: ApiServer, input: DrainInput, nodeName: string) => Promise<Stranded | undefined>;
  readonly notify: (notice: Notice) => Promise<void>;
  readonly now: () => Date;
};

/** Goes on waiting for a node in the zone; people are told once when that has lasted for too long. */
async function waitForZone(
  input: DrainInput,
  { record, save }: StoredDrain,
  stranded: Stranded,
  { notify, now }: Pick<Dependencies, 'notify' | 'now'>,
) {
  const answer = zoneAnswer(input, record.nodeName, stranded, now());
  if (isOverdue(input, now()) && record.waitReportedAt === undefined) {
    await notify(stuckDrainNotice(input, answer.finding));
    await save({ ...record, waitReportedAt: now().toISOString() });
  }
  return answer;
}

/**
 * Step "Take a turn": one visit of a node that leaves, until it may drain. Renews the hook's heartbeat first. Neither the
 * node nor its pods are touched; what is written is the drain record, and then Leases.
 *
 * A node whose pods could not follow their volumes waits for a node in their zone first, without a place in the queue.
 * Safe twice: a node finds the slot and the record that it has.
 */
export const takeTurnStep = (dependencies: Dependencies) => {
  const { keepWaiting, identifyInstance, connect, records, findStranded, now } = dependencies;

  const askForTurn = async (api: ApiServer, input: DrainInput, { record, save }: StoredDrain, startedAt: Date) => {
    const turn = await awaitTurn(api, input, now);
    if (turn.turn === 'waiting' && now() < lastCall(input)) {
      return waitingAnswer(input, turn, { startedAt, now: now() });
    }
    if (turn.turn === 'waiting') await returnTurn(api, turnRequest(input));
    const slot = turn.turn === 'taken' ? turn.slot : undefined;
    await save(withTurn(record, slot, now()));
    return takenAnswer(input, slot);
  };

  const waitIn = async (
    input: DrainInput,
    drain: StoredDrain,
    api: ApiServer,
    startedAt: Date,
  ): Promise<TurnAnswer> => {
    const { record } = drain;
    if (isLeftToInterruption(record, input)) {
      await returnTurn(api, turnRequest(input));
      return interruptedAnswer(input, record);
    }
    const mayBeStranded = record.turnAt === undefined && waitsForZone(input, now());
    const stranded = mayBeStranded ? await findStranded(api, input, record.nodeName) : undefined;
    return stranded ? waitForZone(input, drain, stranded, dependencies) : askForTurn(api, input, drain, startedAt);
  };

  const visit = async (input: DrainInput): Promise<TurnAnswer> => {
    const startedAt = now();
    const isWaiting = (await keepWaiting(input)) === 'done';
    const identity = isWaiting ? await identifyInstance(input.instanceId) : undefined;
    if (identity === undefined) {
      await returnTurn(await connect(input.cluster), turnRequest(input));
      return goneAnswer(input.instanceId);
    }

    const api = await connect(input.cluster);
    const { privateDnsName: nodeName } = identity;
    const drain = (await records.find(input)) ?? (await records.create(newDrainRecord(input, nodeName)));
    return waitIn(input, drain, api, startedAt);
  };

  return async (input: DrainInput) => {
    const answer = await visit(input);
    const { run, cluster, nodeGroup, instanceId } = input;
    logger.info('Took a turn', { run, cluster, nodeGroup, answer: answer.turn, instanceId, finding: answer.finding });
    return answer;
  };
};

const files = runFilesIn(() => environment('RUN_BUCKET'));

export const handler = task(
  DrainInput,
  takeTurnStep({
    keepWaiting: keepLeavingWaiting,
    identifyInstance,
    connect: (clusterName) => connectApiServer(clusterName, environment('MOVER_ROLE_ARN')),
    records: drainRecordsIn(() => environment('RUN_BUCKET')),
    findStranded: strandedVolumes({
      findState: async (group) => (await files.findState(group))?.state,
      listNamedInstances,
    }),
    notify: notifyThrough(() => environment('TOPIC_ARN')),
    now: () => new Date(),
  }),
);
