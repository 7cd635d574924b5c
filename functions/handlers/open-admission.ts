import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn, type StoredState } from '../adapters/run-files.ts';
import { type DrainPlan, planDrains } from '../domain/drain-hook.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = { readonly drivers: NodeGroupDrivers; readonly files: Pick<RunFiles, 'holdState'> };

/**
 * Step "Open admission": from here on a new instance enters service only when its node can work, and one that leaves is
 * drained first, unless another tool does that. Safe twice: the same hooks are put again.
 *
 * @throws {DrainHookMissing} A tag names another tool's hook, which is not there.
 */
export const openAdmission = ({ drivers, files }: Dependencies) => {
  const open = async (held: StoredState, key: NodeGroupKey): Promise<DrainPlan> => {
    const driver = drivers[key.kind];
    const { autoScalingGroupName, policy } = held.state;
    const plan = planDrains(key, policy, await driver.readDrains(autoScalingGroupName));
    await held.save({ ...held.state, phase: 'admitting', hook: 'open', drainHook: plan.drainHook });
    const { joinTimeoutSeconds } = policy;
    await driver.openAdmission(autoScalingGroupName, { ...key, joinTimeoutSeconds });
    if (plan.change !== 'none') await driver.setDrainHook(autoScalingGroupName, plan.metadata);
    return plan;
  };

  return async (key: NodeGroupKey) => {
    const held = await files.holdState(key);
    const drains = drivers[key.kind].admitsByHook ? await open(held, key) : undefined;
    const admission = drains === undefined ? ('not-needed' as const) : ('open' as const);

    logger.info('Opened admission', { ...key, answer: admission, drainHook: drains?.drainHook });
    return { admission };
  };
};

export const handler = task(
  NodeGroupKey,
  openAdmission({ drivers: nodeGroupDrivers, files: runFilesIn(() => environment('RUN_BUCKET')) }),
);
