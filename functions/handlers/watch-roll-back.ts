import { withImages } from '../adapters/ec2-instances.ts';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { renewLease } from '../domain/lease.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { progressBack } from '../domain/roll-back.ts';
import { stepBack } from '../domain/roll-back-step.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'holdState'>;
  readonly withImages: typeof withImages;
  readonly now: () => Date;
};

/**
 * Step "Watch the way back": whether the group is back on what it ran before. Takes the next step when one is due, for
 * example once EKS has given up an update that could not be turned around. Safe twice: it looks before it does anything.
 */
export const watchRollBack =
  ({ drivers, files, withImages, now }: Dependencies) =>
  async (key: NodeGroupKey) => {
    const found = await files.holdState(key);
    const held = await found.save(renewLease(found.state, now()));
    const step = await stepBack(held, key, { driver: drivers[key.kind], withImages, now: now() });
    const progress = progressBack(step, held.state);

    logger.info('Watched the way back', { ...key, answer: progress.progress, step });
    return progress;
  };

export const handler = task(
  NodeGroupKey,
  watchRollBack({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    withImages,
    now: () => new Date(),
  }),
);
