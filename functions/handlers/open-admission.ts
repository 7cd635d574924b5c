import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = { readonly drivers: NodeGroupDrivers; readonly files: Pick<RunFiles, 'holdState'> };

/**
 * Step "Open admission": from here on a new instance enters service only when its node can work. Safe twice: the same
 * hook is put again.
 */
export const openAdmission =
  ({ drivers, files }: Dependencies) =>
  async (key: NodeGroupKey) => {
    const driver = drivers[key.kind];
    const held = await files.holdState(key);
    if (driver.admitsByHook) {
      const { state } = await held.save({ ...held.state, phase: 'admitting', hook: 'open' });
      const { joinTimeoutSeconds } = state.policy;
      await driver.openAdmission(state.autoScalingGroupName, { ...key, joinTimeoutSeconds });
    }
    const admission = driver.admitsByHook ? ('open' as const) : ('not-needed' as const);

    logger.info('Opened admission', { ...key, answer: admission });
    return { admission };
  };

export const handler = task(
  NodeGroupKey,
  openAdmission({ drivers: nodeGroupDrivers, files: runFilesIn(() => environment('RUN_BUCKET')) }),
);
