import type * as v from 'valibot';
import { listPool } from '../adapters/auto-scaling-groups.ts';
import { withImages } from '../adapters/ec2-instances.ts';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { ReasonDocument } from '../domain/report.ts';
import { stepBack } from '../domain/roll-back-step.ts';
import { strictObject } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({ ...NodeGroupKey.entries, reason: ReasonDocument });

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'holdState'>;
  readonly withImages: typeof withImages;
  readonly listPool: typeof listPool;
  readonly now: () => Date;
};

/**
 * Step "Roll back": writes down why the group goes back, and takes the first step of the way: turns the running
 * replacement around, starts one to the old version, or adopts the one that runs.
 *
 * Safe twice: it looks at what runs before it does anything, and the first reason stays.
 */
export const rollBack =
  ({ drivers, files, withImages, listPool, now }: Dependencies) =>
  async ({ reason, ...key }: v.InferOutput<typeof Input>) => {
    const held = await files.holdState(key);
    const { state } = held;
    const rollBack = state.rollBack ?? { reason };
    const intended =
      state.phase === 'rolling-back' ? held : await held.save({ ...state, phase: 'rolling-back', rollBack });
    const { step } = await stepBack(intended, key, { driver: drivers[key.kind], withImages, listPool, now: now() });

    logger.info('Rolled back', { ...key, answer: step, reason: rollBack.reason });
    return { rollBack: { step } };
  };

export const handler = task(
  Input,
  rollBack({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    withImages,
    listPool,
    now: () => new Date(),
  }),
);
