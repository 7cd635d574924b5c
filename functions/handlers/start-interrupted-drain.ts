import * as v from 'valibot';
import { findGroupOf } from '../adapters/auto-scaling-groups.ts';
import { type StartExecution, startExecutionsOf } from '../adapters/executions.ts';
import { findDrainHook } from '../adapters/lifecycle-hooks.ts';
import { findRollingRun, type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { parseDrainMetadata } from '../domain/drain-hook.ts';
import { InvalidInput } from '../domain/errors.ts';
import { interruptionInput, interruptionName, takenAfter } from '../domain/interruption.ts';
import { nonEmpty, openObject, timestamp } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

// AWS adds fields to its events without notice.
export const Input = openObject({
  source: v.literal('aws.ec2'),
  'detail-type': v.literal('EC2 Spot Instance Interruption Warning'),
  time: timestamp,
  detail: openObject({
    'instance-id': v.pipe(v.string(), v.startsWith('i-')),
    'instance-action': nonEmpty,
  }),
});
type Event = v.InferOutput<typeof Input>;

type Dependencies = {
  readonly findGroupOf: typeof findGroupOf;
  readonly findDrainHook: typeof findDrainHook;
  readonly startDrain: StartExecution;
  readonly files: Pick<RunFiles, 'findState'>;
  readonly now: () => Date;
};

/**
 * Starts the drain of a Spot Instance that EC2 takes in two minutes, if its group has our drain hook: where another tool
 * drains the nodes, or nobody does, that stays so. The notices of the whole account come here.
 *
 * The execution's name is made from the instance, so an event that comes twice starts nothing.
 */
export const startInterruptedDrain = (dependencies: Dependencies) => {
  const { findGroupOf, findDrainHook, startDrain, files, now } = dependencies;

  const start = async (autoScalingGroupName: string, instanceId: string, noticedAt: Date) => {
    const hook = await findDrainHook(autoScalingGroupName);
    if (hook === undefined) return { answer: 'ignored' as const };
    const metadata = parseDrainMetadata(hook.metadata);
    if (metadata === undefined) {
      throw new InvalidInput(
        `The drain hook of ${autoScalingGroupName} carries metadata that reglaze did not write. Delete the hook; the ` +
          'next run puts it again.',
      );
    }
    const run = await findRollingRun(files, metadata, now());
    const input = interruptionInput(metadata, { autoScalingGroupName, instanceId }, noticedAt, run);
    const executionName = interruptionName(instanceId);
    const { cluster, nodeGroup } = metadata;
    return { answer: await startDrain(executionName, input), executionName, cluster, nodeGroup, run };
  };

  return async ({ time, detail: { 'instance-id': instanceId } }: Event) => {
    const noticedAt = new Date(time);
    const isLate = now() >= takenAfter(noticedAt);
    const group = isLate ? undefined : await findGroupOf(instanceId);
    const none = { answer: isLate ? ('late' as const) : ('ignored' as const) };
    const started = group === undefined ? none : await start(group, instanceId, noticedAt);

    logger.info('Heard of an interruption', { ...started, instanceId, autoScalingGroupName: group });
    return started;
  };
};

export const handler = task(
  Input,
  startInterruptedDrain({
    findGroupOf,
    findDrainHook,
    startDrain: startExecutionsOf(() => environment('DRAIN_NODE_ARN')),
    files: runFilesIn(() => environment('RUN_BUCKET')),
    now: () => new Date(),
  }),
);
