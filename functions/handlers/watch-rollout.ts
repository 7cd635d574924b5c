import { findLaunchFailure, readSizes, viewGroup } from '../adapters/auto-scaling-groups.ts';
import { findImageIds, withImages } from '../adapters/ec2-instances.ts';
import { type StartExecution, startExecutionsOf } from '../adapters/executions.ts';
import { clusterReader } from '../adapters/kubernetes.ts';
import { listHookNames } from '../adapters/lifecycle-hooks.ts';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type FindPodsInTheWay, findPodsInTheWayAs } from '../adapters/pods-in-the-way.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { readStates } from '../adapters/siblings.ts';
import { notifyThrough } from '../adapters/topic.ts';
import {
  autoscalerAlert,
  joinersDeleted,
  rememberAutoscaler,
  rememberAutoscalerAlert,
  withAutoscaler,
} from '../domain/autoscaler.ts';
import { drainName } from '../domain/drain-hook.ts';
import { rememberLeaving, unattendedDrains } from '../domain/drain-watch.ts';
import { admissionName } from '../domain/execution-name.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { putHooksBack } from '../domain/put-back-step.ts';
import { rememberRemovalAlerts, removalAlerts } from '../domain/removed-hooks.ts';
import {
  decideProgress,
  explainFailure,
  isUnexplained,
  launchAlert,
  lostReplacement,
  type Notice,
  type Progress,
  rememberProgress,
  secondsToNextLook,
} from '../domain/rollout.ts';
import { type LookDependencies, lookAtInstances } from '../domain/rollout-look.ts';
import { watchStandstill } from '../domain/standstill-watch.ts';
import { type StateFile, targetVersion } from '../domain/state-file.ts';
import { judgeUnit, type UnitVerdict } from '../domain/unit.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = Omit<LookDependencies, 'now'> & {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'holdState' | 'findState'>;
  readonly readSizes: typeof readSizes;
  readonly startAdmission: StartExecution;
  readonly startDrain: StartExecution;
  readonly findPodsInTheWay: FindPodsInTheWay;
  readonly notify: (notice: Notice) => Promise<void>;
  readonly now: () => Date;
};

const withUnit = (seen: Progress, verdict: UnitVerdict): Progress =>
  verdict.unit === 'failed' && seen.progress !== 'failed' ? { progress: 'failed', reason: verdict.reason } : seen;

const alertsOf = (state: StateFile, progress: Progress, standstill: Notice | undefined): Notice[] =>
  [launchAlert(state, progress), autoscalerAlert(state), standstill, ...removalAlerts(state)].filter(
    (alert) => alert !== undefined,
  );

const rememberAlerts = (state: StateFile, now: Date): StateFile =>
  rememberRemovalAlerts(rememberAutoscalerAlert(state, now), now);

/** A rollout that goes on may end by its deadline, which tells what was last seen. */
const reasonOf = (state: StateFile, progress: Progress) =>
  'reason' in progress ? progress.reason : joinersDeleted(state);

/**
 * Step "Watch nodes": one look at a rollout, and how it goes on. Also starts the admission or the drain of instances whose event
 * got lost, puts our hooks back where somebody deleted them, and tells people once of what needs one of them. Safe twice: a
 * look changes nothing, an admission has a name.
 */
export const watchRollout = (dependencies: Dependencies) => {
  const { drivers, files, readSizes, startAdmission, startDrain, findPodsInTheWay, notify } = dependencies;

  /** What fails in one group of a unit need not be tried on in the others. */
  const judgeOthers = async (state: StateFile, { run }: NodeGroupKey) =>
    judgeUnit(state, run, await readStates(state, files));

  const judge = async (state: StateFile, key: NodeGroupKey, now: Date) => {
    const { rollout } = state;
    const [found, look] = await Promise.all([
      rollout && drivers[key.kind].findReplacement(state, rollout, targetVersion(state)),
      lookAtInstances(key, state, { ...dependencies, now }),
    ]);
    const replacement = found ?? lostReplacement(rollout?.id);
    const decided = decideProgress({ ...look, replacement });
    const explained =
      key.kind === 'self-managed' && isUnexplained(decided)
        ? explainFailure(decided, await readSizes(state.autoScalingGroupName))
        : decided;
    const seen = rememberAutoscaler(state, look.group, now);
    const progress = withUnit(withAutoscaler(explained, seen), await judgeOthers(state, key));
    const view = { state: seen, progress, replacement, instances: look.group.instances, now };
    return { ...(await watchStandstill(view, findPodsInTheWay)), look };
  };

  return async (key: NodeGroupKey) => {
    const now = dependencies.now();
    const held = await files.holdState(key);
    const { progress, look, state, notice } = await judge(held.state, key, now);
    const gated = await putHooksBack({ ...held, state }, key, look.missingHooks, { driver: drivers[key.kind], now });
    if (gated.state !== state) logger.warn('Hooks of ours were deleted', { ...key, missing: look.missingHooks });
    for (const admission of look.unattended) await startAdmission(admissionName(admission.instanceId), admission);
    const seen = rememberLeaving(gated.state, look.group.instances, now);
    for (const drain of unattendedDrains(key, seen, look.group.instances, now)) {
      await startDrain(drainName(drain.instanceId), drain);
    }
    for (const alert of alertsOf(seen, progress, notice)) await notify(alert);
    await gated.save(rememberAlerts(rememberProgress(seen, progress, now), now));

    const reason = reasonOf(seen, progress);
    logger.info('Watched rollout', { ...key, answer: progress.progress, reason });
    return { ...progress, ...(reason && { reason }), pauseSeconds: secondsToNextLook(look.isBooting) };
  };
};

export const handler = task(
  NodeGroupKey,
  watchRollout({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    viewGroup,
    withImages,
    findImageIds,
    findLaunchFailure,
    listHookNames,
    readSizes,
    listNodes: clusterReader(() => environment('READER_ROLE_ARN')).listNodes,
    startAdmission: startExecutionsOf(() => environment('ADMIT_NODE_ARN')),
    startDrain: startExecutionsOf(() => environment('DRAIN_NODE_ARN')),
    findPodsInTheWay: findPodsInTheWayAs(() => environment('READER_ROLE_ARN')),
    notify: notifyThrough(() => environment('TOPIC_ARN')),
    now: () => new Date(),
  }),
);
