import * as z from 'zod';
import { type StartExecution, startExecutionsOf } from '../adapters/executions.ts';
import { settleName } from '../domain/execution-name.ts';
import { machineOf } from '../domain/settlement.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

// AWS adds fields to its events without notice.
export const Input = z.object({
  source: z.literal('aws.states'),
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.object({
    executionArn: z.string().min(1),
    stateMachineArn: z.string().min(1),
    name: z.string().min(1),
    status: z.string(),
    input: z.string().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});

type Dependencies = { readonly start: StartExecution };

/**
 * Starts to settle what an execution of ours left behind when it failed, timed out or was stopped.
 *
 * The settling execution's name is made from the one that ended, so an event that comes twice starts nothing.
 */
export const startSettle =
  ({ start }: Dependencies) =>
  async ({ detail }: z.infer<typeof Input>) => {
    const { executionArn, stateMachineArn, name, status, input, error, cause } = detail;
    const executionName = settleName(executionArn);
    const machine = machineOf(stateMachineArn);
    if (machine === undefined || !['FAILED', 'TIMED_OUT', 'ABORTED'].includes(status)) {
      logger.info('Ignored an execution', { answer: 'ignored', executionArn, status });
      return { answer: 'ignored' as const, executionName };
    }
    const answer = await start(executionName, {
      executionArn,
      machine,
      name,
      status,
      input: JSON.parse(input ?? '{}'),
      ...(error && { error }),
      ...(cause && { cause }),
    });

    logger.info('Started settling', { answer, executionArn, machine, status });
    return { answer, executionName };
  };

export const handler = task(Input, startSettle({ start: startExecutionsOf(() => environment('SETTLE_ARN')) }));
