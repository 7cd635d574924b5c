import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = { readonly drivers: NodeGroupDrivers; readonly files: Pick<RunFiles, 'holdState'> };

/**
 * Step "Close admission": takes the hook away, so that scale-out works without us again. Safe twice: a hook that is gone
 * is as good as one that was deleted.
 */
export const closeAdmission =
  ({ drivers, files }: Dependencies) =>
  async (key: NodeGroupKey) => {
    const held = await files.holdState(key);
    const { hook, ...withoutHook } = held.state;
    if (hook === 'open') {
      await drivers[key.kind].closeAdmission(held.state.autoScalingGroupName);
      await held.save(withoutHook);
    }
    const admission = hook === 'open' ? ('closed' as const) : ('not-needed' as const);

    logger.info('Closed admission', { ...key, answer: admission });
    return { admission };
  };

export const handler = task(
  NodeGroupKey,
  closeAdmission({ drivers: nodeGroupDrivers, files: runFilesIn(() => environment('RUN_BUCKET')) }),
);
