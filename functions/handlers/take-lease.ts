import * as z from 'zod';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { Image } from '../domain/image.ts';
import { takeLease as decideLease, leaseRequest } from '../domain/lease.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { leaseHeld } from '../domain/plan.ts';
import type { Plan } from '../domain/report.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = NodeGroupKey.extend({ executionArn: z.string().min(1), image: Image });

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'findState' | 'createState' | 'findPlan' | 'writeOutcome'>;
  readonly now: () => Date;
};

const entryOf = (plan: Plan | undefined, { cluster, nodeGroup }: NodeGroupKey) =>
  plan?.nodeGroups.find((each) => each.cluster === cluster && each.name === nodeGroup);

/**
 * Step "Take lease": makes this execution the only one that works on the group, and writes down what to go back to.
 *
 * Safe twice: the execution that has the lease keeps it, and what it wrote. When two come at once, the second write is
 * refused by the bucket.
 */
export const takeLease =
  ({ drivers, files, now }: Dependencies) =>
  async ({ executionArn, image, ...key }: z.infer<typeof Input>) => {
    const stored = await files.findState(key);
    const planned = entryOf(await files.findPlan(key.run), key);
    const group = await drivers[key.kind].describe(key);
    const answer = decideLease(stored?.state, leaseRequest({ key, executionArn, image }, group, planned), now());

    if (answer.lease === 'taken') {
      if (stored === undefined) await files.createState(answer.state);
      else await stored.save(answer.state);
      logger.info('Took lease', { ...key, answer: 'taken' });
      return { lease: answer.lease };
    }
    const reason = leaseHeld(group, answer.holder);
    if (planned) await files.writeOutcome(key.run, { ...planned, outcome: 'skipped', reason });
    logger.info('Left the lease', { ...key, answer: 'held', reason });
    return { lease: answer.lease, reason };
  };

export const handler = task(
  Input,
  takeLease({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    now: () => new Date(),
  }),
);
