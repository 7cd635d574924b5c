import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { requirePromoted } from '../domain/outcome.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = { readonly drivers: NodeGroupDrivers; readonly files: Pick<RunFiles, 'holdState'> };

/**
 * Step "Promote version": the new version is the group's own from here on. AWS makes it so when a replacement succeeds;
 * the step makes sure of that before anybody is told. Safe twice.
 */
export const promote =
  ({ drivers, files }: Dependencies) =>
  async (key: NodeGroupKey) => {
    const held = await files.holdState(key);
    requirePromoted(await drivers[key.kind].describe(key), held.state);
    await held.save({ ...held.state, phase: 'promoted' });

    logger.info('Promoted version', { ...key, answer: held.state.launchTemplate });
    return { promoted: true };
  };

export const handler = task(
  NodeGroupKey,
  promote({ drivers: nodeGroupDrivers, files: runFilesIn(() => environment('RUN_BUCKET')) }),
);
