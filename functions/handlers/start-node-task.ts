import * as v from 'valibot';
import { type StartExecution, startExecutionsOf } from '../adapters/executions.ts';
import { admitHookName, joinDeadlineFrom, parseHookMetadata } from '../domain/admission.ts';
import { InvalidInput } from '../domain/errors.ts';
import { admissionName } from '../domain/execution-name.ts';
import { nonEmpty, openObject, timestamp } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

// AWS adds fields to its events without notice. What we wrote into the hook ourselves is strict.
export const Input = openObject({
  source: v.literal('aws.autoscaling'),
  'detail-type': v.literal('EC2 Instance-launch Lifecycle Action'),
  time: timestamp,
  detail: openObject({
    AutoScalingGroupName: nonEmpty,
    LifecycleHookName: v.string(),
    EC2InstanceId: v.pipe(v.string(), v.startsWith('i-')),
    NotificationMetadata: v.optional(v.string()),
  }),
});

type Dependencies = { readonly start: StartExecution };

/**
 * Starts the admission of a new instance that waits at our hook. Hooks of others are theirs to answer.
 *
 * The execution's name is made from the instance, so an event that comes twice starts nothing.
 */
export const startNodeTask =
  ({ start }: Dependencies) =>
  async ({ time, detail }: v.InferOutput<typeof Input>) => {
    const { AutoScalingGroupName: autoScalingGroupName, EC2InstanceId: instanceId } = detail;
    if (detail.LifecycleHookName !== admitHookName) {
      logger.info('Ignored a hook', { answer: 'ignored', autoScalingGroupName, hook: detail.LifecycleHookName });
      return { answer: 'ignored' as const };
    }
    const metadata = parseHookMetadata(detail.NotificationMetadata);
    if (metadata === undefined) {
      throw new InvalidInput(
        `The hook ${admitHookName} of ${autoScalingGroupName} carries metadata that reglaze did not write. ` +
          'Delete the hook and start the run again.',
      );
    }
    const { joinTimeoutSeconds, ...key } = metadata;
    const executionName = admissionName(instanceId);
    const joinDeadline = joinDeadlineFrom(new Date(time), { joinTimeoutSeconds });
    const answer = await start(executionName, { ...key, autoScalingGroupName, instanceId, joinDeadline });

    logger.info('Started admission', { ...key, answer, instanceId, joinDeadline });
    return { answer, executionName };
  };

export const handler = task(Input, startNodeTask({ start: startExecutionsOf(() => environment('ADMIT_NODE_ARN')) }));
