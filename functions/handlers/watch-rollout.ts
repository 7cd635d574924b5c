import { findLaunchFailure, listInstances } from '../adapters/auto-scaling-groups.ts';
import { findImageIds, withImages } from '../adapters/ec2-instances.ts';
import { type StartExecution, startExecutionsOf } from '../adapters/executions.ts';
import { type ClusterReader, clusterReader } from '../adapters/kubernetes.ts';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { type Notification, notifyThrough } from '../adapters/topic.ts';
import { joinDeadlineFrom } from '../domain/admission.ts';
import { admissionName } from '../domain/execution-name.ts';
import { type GroupInstance, isInService, NodeGroupKey } from '../domain/node-group.ts';
import {
  decideProgress,
  launchAlert,
  lostReplacement,
  neverJoined,
  overdue,
  refusedReplacements,
  rememberProgress,
  unattended,
} from '../domain/rollout.ts';
import { type StateFile, targetVersion } from '../domain/state-file.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'holdState' | 'readAdmissions'>;
  readonly listInstances: typeof listInstances;
  readonly withImages: typeof withImages;
  readonly findImageIds: typeof findImageIds;
  readonly findLaunchFailure: typeof findLaunchFailure;
  readonly listNodes: ClusterReader['listNodes'];
  readonly startAdmission: StartExecution;
  readonly notify: (notification: Notification) => Promise<void>;
  readonly now: () => Date;
};

/**
 * Step "Watch nodes": one look at a rollout, and how it goes on. Also starts the admission of instances whose event got
 * lost, and tells people once when nothing can be launched. Safe twice: a look changes nothing, an admission has a name.
 */
export const watchRollout = (dependencies: Dependencies) => {
  const { drivers, files, startAdmission, notify, now } = dependencies;

  /** New nodes that did not join: turned away at our hook, or, where there is none, missing for too long. */
  const findNeverJoined = async (key: NodeGroupKey, state: StateFile, instances: readonly GroupInstance[]) => {
    const { amiId } = state.image;
    if (state.hook === 'open') {
      const inService = new Set(instances.filter(isInService).map(({ instanceId }) => instanceId));
      const answers = await files.readAdmissions(key, (instanceId) => inService.has(instanceId));
      const refused = answers.filter(({ result }) => result === 'ABANDON').map(({ instanceId }) => instanceId);
      const imageIds = refused.length === 0 ? new Map<string, string>() : await dependencies.findImageIds(refused);
      return refusedReplacements(answers, imageIds, amiId);
    }
    const late = overdue(instances, { amiId, joinTimeoutSeconds: state.policy.joinTimeoutSeconds, now: now() });
    return late.length === 0 ? [] : neverJoined(late, await dependencies.listNodes(key.cluster));
  };

  const admitUnattended = async (key: NodeGroupKey, state: StateFile, instances: readonly GroupInstance[]) => {
    const { autoScalingGroupName, policy, hook } = state;
    for (const { instanceId, launchedAt } of hook === 'open' ? unattended(instances, now()) : []) {
      const joinDeadline = joinDeadlineFrom(launchedAt ?? now(), policy);
      await startAdmission(admissionName(instanceId), { ...key, autoScalingGroupName, instanceId, joinDeadline });
    }
  };

  return async (key: NodeGroupKey) => {
    const held = await files.holdState(key);
    const { state } = held;
    const attempt = state.rollout;
    const found = attempt && (await drivers[key.kind].findReplacement(state, attempt, targetVersion(state)));
    const [group] = await dependencies.withImages([
      { instances: await dependencies.listInstances(state.autoScalingGroupName) },
    ]);
    const instances = group?.instances ?? [];
    const since = new Date(attempt?.startedAt ?? state.startedAt);
    const progress = decideProgress({
      replacement: found ?? lostReplacement(attempt?.id),
      neverJoined: await findNeverJoined(key, state, instances),
      launchFailure: await dependencies.findLaunchFailure(state.autoScalingGroupName, since),
    });
    await admitUnattended(key, state, instances);
    const alert = launchAlert(state, progress);
    if (alert) await notify(alert);
    await held.save(rememberProgress(state, progress, now()));

    logger.info('Watched rollout', {
      ...key,
      answer: progress.progress,
      reason: 'reason' in progress && progress.reason,
    });
    return progress;
  };
};

export const handler = task(
  NodeGroupKey,
  watchRollout({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    listInstances,
    withImages,
    findImageIds,
    findLaunchFailure,
    listNodes: clusterReader(() => environment('READER_ROLE_ARN')).listNodes,
    startAdmission: startExecutionsOf(() => environment('ADMIT_NODE_ARN')),
    notify: notifyThrough(() => environment('TOPIC_ARN')),
    now: () => new Date(),
  }),
);
