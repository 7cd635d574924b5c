import { type Announce, announce } from '../adapters/announcements.ts';
import { type ApiServer, connectApiServer } from '../adapters/api-server.ts';
import { type DrainRecords, drainRecordsIn } from '../adapters/drain-records.ts';
import { returnTurn } from '../adapters/turns.ts';
import { nodeDrained, withEnd } from '../domain/drain-end.ts';
import { DrainInput } from '../domain/drain-input.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly connect: (clusterName: string) => Promise<ApiServer>;
  readonly records: Pick<DrainRecords, 'find'>;
  readonly announce: Announce;
  readonly now: () => Date;
};

/**
 * Step "Give the turn back": the next node of the group may drain. Tells neighbours that this one is drained, and writes
 * the end into the drain record.
 *
 * Safe twice: a turn that is given back stays so. Neighbours may hear it twice when a try was cut off before the end was
 * written, and not again after that.
 */
export const giveTurnBack =
  ({ connect, records, announce, now }: Dependencies) =>
  async (input: DrainInput) => {
    const { run, cluster, nodeGroup, instanceId } = input;
    await returnTurn(await connect(cluster), { nodeGroup, holder: instanceId });
    const drain = await records.find(input);
    if (drain !== undefined && drain.record.endedAt === undefined) {
      const announcement = nodeDrained(drain.record);
      if (announcement !== undefined) await announce(announcement);
      await drain.save(withEnd(drain.record, now()));
    }
    const returned = drain?.record.slot !== undefined;

    logger.info('Gave the turn back', { run, cluster, nodeGroup, answer: returned, instanceId });
    return { returned };
  };

export const handler = task(
  DrainInput,
  giveTurnBack({
    connect: (clusterName) => connectApiServer(clusterName, environment('MOVER_ROLE_ARN')),
    records: drainRecordsIn(() => environment('RUN_BUCKET')),
    announce,
    now: () => new Date(),
  }),
);
