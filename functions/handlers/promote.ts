import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { readStates } from '../adapters/siblings.ts';
import { UnitBusy } from '../domain/errors.ts';
import { renewLease } from '../domain/lease.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { requirePromoted } from '../domain/outcome.ts';
import type { Phase } from '../domain/state-file.ts';
import { judgeUnit } from '../domain/unit.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'holdState' | 'findState'>;
  readonly now: () => Date;
};

/** Phases in which the group has said that it proved the AMI. */
const said: readonly Phase[] = ['proved', 'promoted'];

/**
 * Step "Promote version": the new version is the group's own from here on. AWS makes it so when a replacement succeeds;
 * the step makes sure of that before anybody is told.
 *
 * A group that moves together with others says that it has proved the AMI, which it never takes back by itself, and is
 * promoted when all of them have said so. When one of them cannot, all go back.
 *
 * Safe twice: what was said stays, and every group of the unit comes to the same verdict whenever it asks.
 *
 * @throws {UnitBusy} Another group of the unit is still being rolled; the machine looks again.
 */
export const promote =
  ({ drivers, files, now }: Dependencies) =>
  async (key: NodeGroupKey) => {
    const held = await files.holdState(key);
    if (!said.includes(held.state.phase)) requirePromoted(await drivers[key.kind].describe(key), held.state);
    const isAlone = (held.state.unit?.others ?? []).length === 0;
    const proved =
      isAlone || said.includes(held.state.phase) ? held : await held.save({ ...held.state, phase: 'proved' });
    const verdict = judgeUnit(proved.state, key.run, await readStates(proved.state, files));
    if (verdict.unit === 'open') {
      await proved.save(renewLease(proved.state, now()));
      throw new UnitBusy(
        `${key.cluster}/${key.nodeGroup} moves together with ${verdict.waitsFor}, which is not done yet.`,
      );
    }
    if (verdict.unit === 'failed') {
      logger.info('Did not promote version', { ...key, answer: 'go-back', reason: verdict.reason });
      return { progress: 'failed', reason: verdict.reason };
    }
    await proved.save({ ...proved.state, phase: 'promoted' });

    logger.info('Promoted version', { ...key, answer: held.state.launchTemplate });
    return { progress: 'promoted' };
  };

export const handler = task(
  NodeGroupKey,
  promote({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    now: () => new Date(),
  }),
);
