import { listPool } from '../adapters/auto-scaling-groups.ts';
import { withImages } from '../adapters/ec2-instances.ts';
import { listHookNames } from '../adapters/lifecycle-hooks.ts';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type FindPodsInTheWay, findPodsInTheWayAs } from '../adapters/pods-in-the-way.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { notifyThrough } from '../adapters/topic.ts';
import { renewLease } from '../domain/lease.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { isDrainHookMissing, putHooksBack } from '../domain/put-back-step.ts';
import { rememberRemovalAlerts, removalAlerts } from '../domain/removed-hooks.ts';
import { progressBack } from '../domain/roll-back.ts';
import { stepBack } from '../domain/roll-back-step.ts';
import type { Notice } from '../domain/rollout.ts';
import { watchWayBack } from '../domain/standstill-watch.ts';
import type { StateFile } from '../domain/state-file.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'holdState'>;
  readonly withImages: typeof withImages;
  readonly listPool: typeof listPool;
  readonly listHookNames: (autoScalingGroupName: string) => Promise<readonly string[]>;
  readonly findPodsInTheWay: FindPodsInTheWay;
  readonly notify: (notice: Notice) => Promise<void>;
  readonly now: () => Date;
};

/**
 * Step "Watch the way back": whether the group is back on what it ran before. Takes the next step when one is due, for
 * example once EKS has given up an update that could not be turned around; puts our drain hook back where somebody deleted
 * it, since nodes leave on this way, too; and finds the pods that hold up an update. Safe twice: it looks before it does
 * anything.
 */
export const watchRollBack = ({
  drivers,
  files,
  withImages,
  listPool,
  findPodsInTheWay,
  ...dependencies
}: Dependencies) => {
  const isUndrained = async (state: StateFile): Promise<boolean> =>
    state.drainHook === 'ours' &&
    isDrainHookMissing(state, await dependencies.listHookNames(state.autoScalingGroupName));

  return async (key: NodeGroupKey) => {
    const now = dependencies.now();
    const driver = drivers[key.kind];
    const found = await files.holdState(key);
    const held = await found.save(renewLease(found.state, now));
    const way = await stepBack(held, key, { driver, withImages, listPool, findPods: findPodsInTheWay, now });
    const { step, stored, group } = way;
    const progress = progressBack(step, stored.state, group);
    const view = { ...way, state: stored.state, instances: group.instances, progress, now };
    const look = await watchWayBack(view, findPodsInTheWay);
    const missing = { admit: false, drain: await isUndrained(look.state) };
    const gated = await putHooksBack({ ...stored, state: look.state }, key, missing, { driver, now });
    const notices = [...(look.notice ? [look.notice] : []), ...removalAlerts(gated.state)];
    for (const notice of notices) await dependencies.notify(notice);
    await gated.save(rememberRemovalAlerts(gated.state, now));

    logger.info('Watched the way back', { ...key, answer: look.progress.progress, step });
    return look.progress;
  };
};

export const handler = task(
  NodeGroupKey,
  watchRollBack({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    withImages,
    listPool,
    listHookNames,
    findPodsInTheWay: findPodsInTheWayAs(() => environment('READER_ROLE_ARN')),
    notify: notifyThrough(() => environment('TOPIC_ARN')),
    now: () => new Date(),
  }),
);
