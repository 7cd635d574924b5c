import { type ApiServer, connectApiServer } from '../adapters/api-server.ts';
import { type DrainRecords, drainRecordsIn, type StoredDrain } from '../adapters/drain-records.ts';
import { type LetPodsOn, letPodsOnAs } from '../adapters/pool-nodes.ts';
import { followControllers } from '../adapters/replicas.ts';
import { renewTurn } from '../adapters/turns.ts';
import { movedControllers } from '../domain/drain-end.ts';
import { DrainInput } from '../domain/drain-input.ts';
import { judgeReplicas, secondsToNextReplicaLook } from '../domain/replicas.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly connect: (clusterName: string) => Promise<ApiServer>;
  readonly records: Pick<DrainRecords, 'find'>;
  readonly letPodsOn: LetPodsOn;
  readonly now: () => Date;
};

const nothingMoved = {
  replicas: 'back' as const,
  finding: { error: 'ReplicasBack', cause: 'No drain record tells of pods that have moved.' },
};

/**
 * Step "Look at replicas": whether the pods that left the node are Ready elsewhere, so that the next node may leave. Keeps
 * the turn meanwhile. What did not come back in time is written to the drain record. A node that has gone into a warm
 * pool may come back from there before its pods are: it can have them again as soon as it may.
 *
 * Safe twice: a look changes nothing, and the record gets the same entry.
 */
export const checkReplicas = ({ connect, records, letPodsOn, now }: Dependencies) => {
  const look = async (input: DrainInput, { record, save }: StoredDrain) => {
    const api = await connect(input.cluster);
    const at = now();
    if (record.slot !== undefined) await renewTurn(api, record.slot, input.instanceId, at);
    const left = record.emptiedAt ?? record.goneAt;
    const since = new Date(left ?? at);
    if (input.destination !== undefined) await letPodsOn({ ...input, since }, at);
    const controllers = await followControllers(api, movedControllers(record));
    const { replicas, finding, short, notWatched } = judgeReplicas(controllers, {
      nodeName: record.nodeName,
      since,
      now: at,
    });
    const next = left === undefined ? { ...record, goneAt: at.toISOString() } : record;
    const seen = { lookedAt: at.toISOString(), short: [...short], notWatched: [...notWatched] };
    await save(replicas === 'missing' ? next : { ...next, replicas: seen });
    return { replicas, finding, pauseSeconds: secondsToNextReplicaLook(since, at) };
  };

  return async (input: DrainInput) => {
    const drain = await records.find(input);
    const answer = drain === undefined ? { ...nothingMoved, pauseSeconds: 1 } : await look(input, drain);

    const { run, cluster, nodeGroup, instanceId } = input;
    const { replicas, finding } = answer;
    logger.info('Looked at replicas', { run, cluster, nodeGroup, answer: replicas, instanceId, finding });
    return answer;
  };
};

export const handler = task(
  DrainInput,
  checkReplicas({
    connect: (clusterName) => connectApiServer(clusterName, environment('MOVER_ROLE_ARN')),
    records: drainRecordsIn(() => environment('RUN_BUCKET')),
    letPodsOn: letPodsOnAs(() => environment('MOVER_ROLE_ARN')),
    now: () => new Date(),
  }),
);
