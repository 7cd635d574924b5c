import * as v from 'valibot';
import { type StartExecution, startExecutionsOf } from '../adapters/executions.ts';
import { findRollingRun, type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { admitHookName, joinDeadlineFrom, parseHookMetadata } from '../domain/admission.ts';
import { drainHookName, drainInput, drainName, parseDrainMetadata } from '../domain/drain-hook.ts';
import { InvalidInput } from '../domain/errors.ts';
import { admissionName } from '../domain/execution-name.ts';
import { joiningMove, leavingMove } from '../domain/pool-move.ts';
import { nonEmpty, openObject, timestamp } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

// AWS adds fields to its events without notice. What we wrote into the hook ourselves is strict.
export const Input = openObject({
  source: v.literal('aws.autoscaling'),
  'detail-type': v.picklist(['EC2 Instance-launch Lifecycle Action', 'EC2 Instance-terminate Lifecycle Action']),
  time: timestamp,
  detail: openObject({
    AutoScalingGroupName: nonEmpty,
    LifecycleHookName: v.string(),
    EC2InstanceId: v.pipe(v.string(), v.startsWith('i-')),
    LifecycleActionToken: v.optional(v.string()),
    NotificationMetadata: v.optional(v.string()),
    Origin: v.optional(v.string()),
    Destination: v.optional(v.string()),
  }),
});
type Event = v.InferOutput<typeof Input>;

type Dependencies = {
  readonly start: StartExecution;
  readonly startDrain: StartExecution;
  readonly files: Pick<RunFiles, 'findState'>;
  readonly now: () => Date;
};

const refuse = (detail: Event['detail'], repair: string) =>
  new InvalidInput(
    `The hook ${detail.LifecycleHookName} of ${detail.AutoScalingGroupName} carries metadata that reglaze did not ` +
      `write. ${repair}`,
  );

/**
 * Starts the admission of a new instance, or the drain of one that leaves, which waits at our hook. Hooks of others are
 * theirs to answer.
 *
 * The execution's name is made from the instance, so an event that comes twice starts nothing.
 */
export const startNodeTask = ({ start, startDrain, files, now }: Dependencies) => {
  const admit = async ({ time, detail }: Event) => {
    const { AutoScalingGroupName: autoScalingGroupName, EC2InstanceId: instanceId } = detail;
    const metadata = parseHookMetadata(detail.NotificationMetadata);
    if (metadata === undefined) throw refuse(detail, 'Delete the hook and start the run again.');
    const { joinTimeoutSeconds, ...key } = metadata;
    const move = joiningMove({ time, ...detail });
    const executionName = admissionName(instanceId, move.move);
    const joinDeadline = joinDeadlineFrom(new Date(time), { joinTimeoutSeconds });
    const answer = await start(executionName, { ...key, autoScalingGroupName, instanceId, joinDeadline, ...move });

    logger.info('Started admission', { ...key, answer, instanceId, joinDeadline });
    return { answer, executionName };
  };

  const drain = async ({ time, detail }: Event) => {
    const { AutoScalingGroupName: autoScalingGroupName, EC2InstanceId: instanceId } = detail;
    const metadata = parseDrainMetadata(detail.NotificationMetadata);
    if (metadata === undefined) throw refuse(detail, 'Delete the hook; the next run puts it again.');
    const move = leavingMove({ time, ...detail });
    const executionName = drainName(instanceId, move.move);
    const run = await findRollingRun(files, metadata, now());
    const input = drainInput(metadata, { autoScalingGroupName, instanceId, ...move }, new Date(time), run);
    const answer = await startDrain(executionName, input);

    const { cluster, nodeGroup } = metadata;
    logger.info('Started drain', { run, cluster, nodeGroup, answer, instanceId });
    return { answer, executionName };
  };

  const byHook = new Map([
    [`EC2 Instance-launch Lifecycle Action ${admitHookName}`, admit],
    [`EC2 Instance-terminate Lifecycle Action ${drainHookName}`, drain],
  ]);

  return async (event: Event) => {
    const { AutoScalingGroupName: autoScalingGroupName, LifecycleHookName: hook } = event.detail;
    const begin = byHook.get(`${event['detail-type']} ${hook}`);
    if (begin !== undefined) return begin(event);
    logger.info('Ignored a hook', { answer: 'ignored', autoScalingGroupName, hook });
    return { answer: 'ignored' as const };
  };
};

export const handler = task(
  Input,
  startNodeTask({
    start: startExecutionsOf(() => environment('ADMIT_NODE_ARN')),
    startDrain: startExecutionsOf(() => environment('DRAIN_NODE_ARN')),
    files: runFilesIn(() => environment('RUN_BUCKET')),
    now: () => new Date(),
  }),
);
