import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { unlessByOthers } from '../domain/replacement.ts';
import { nextAttempt, targetVersion, withdrawAttempt } from '../domain/state-file.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'holdState'>;
  readonly now: () => Date;
};

/**
 * Step "Start replacing nodes": begins the instance refresh or update to the new version.
 *
 * Safe twice: the try is written down before the start, and a start whose answer was lost is found again by it.
 *
 * @throws {ReplacementByOthers} Somebody else's runs. It is neither cancelled nor adopted, nor undone when it has ended.
 */
export const startRollout =
  ({ drivers, files, now }: Dependencies) =>
  async (key: NodeGroupKey) => {
    const held = await files.holdState(key);
    const { rollout, policy, autoScalingGroupName } = held.state;
    if (rollout?.id !== undefined && !rollout.stalled) {
      logger.info('Rollout was started before', { ...key, answer: rollout.id });
      return { rollout: { id: rollout.id, startedAt: rollout.startedAt } };
    }
    const driver = drivers[key.kind];
    const target = targetVersion(held.state);
    const attempt = nextAttempt(rollout, await driver.newestReplacementId(autoScalingGroupName), now());
    const intended = await held.save({ ...held.state, phase: 'rolling', rollout: attempt });
    const group = await driver.describe(key);
    const overrides = held.state.launchTemplate?.overrides ?? [];
    const order = { key, group, target, overrides, policy, firstAlone: true, attempt };
    const id = await unlessByOthers(driver.start(order));
    if (typeof id !== 'string') {
      await intended.save(withdrawAttempt(intended.state));
      throw id;
    }
    await intended.save({ ...intended.state, rollout: { ...attempt, id } });

    logger.info('Started rollout', { ...key, answer: id, target, attempts: attempt.attempts });
    return { rollout: { id, startedAt: attempt.startedAt } };
  };

export const handler = task(
  NodeGroupKey,
  startRollout({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    now: () => new Date(),
  }),
);
