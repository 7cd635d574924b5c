import * as v from 'valibot';
import { type EndedWithInput, listEnded, type StartExecution, startExecutionsOf } from '../adapters/executions.ts';
import { settleName } from '../domain/execution-name.ts';
import { badEnds, type Machine, machineOf, machines } from '../domain/settlement.ts';
import { countFromZero, nearestOf, nonEmpty, openObject, strictObject } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

// AWS adds fields to its events without notice. Our own input is strict.
const EndEvent = openObject({
  source: v.literal('aws.states'),
  'detail-type': v.literal('Step Functions Execution Status Change'),
  detail: openObject({
    executionArn: nonEmpty,
    stateMachineArn: nonEmpty,
    name: nonEmpty,
    status: v.string(),
    startDate: v.pipe(v.number(), v.finite()),
    redriveCount: v.nullish(countFromZero),
    input: v.nullish(v.string()),
    error: v.nullish(v.string()),
    cause: v.nullish(v.string()),
  }),
});
const Sweep = strictObject({ sweep: v.literal(true) });
export const Input = nearestOf([EndEvent, Sweep]);

type Dependencies = {
  readonly start: StartExecution;
  readonly listEnded: (machine: Machine, since: Date) => Promise<readonly EndedWithInput[]>;
  readonly now: () => Date;
};

/** Longer than the schedule of the sweep may be down unnoticed. */
const sweptMs = 2 * 24 * 3_600_000;

const isBadEnd = (status: string): status is EndedWithInput['status'] => badEnds.some((each) => each === status);

/**
 * Starts to settle what an execution of ours left behind when it failed, timed out or was stopped; as the sweep, for
 * every such end of the last days, since events are best effort.
 *
 * The settling execution's name is made from the end itself, so an event that comes twice, or an end that the sweep finds
 * again, starts nothing; an execution that was redriven and ends badly again has come to another end.
 */
export const startSettle = ({ start, listEnded, now }: Dependencies) => {
  const settle = async (machine: Machine, { input, error, cause, ...ended }: EndedWithInput) => {
    const executionName = settleName(ended);
    const details = { ...(error && { error }), ...(cause && { cause }) };
    const answer = await start(executionName, { ...ended, machine, input: JSON.parse(input), ...details });
    return { answer, executionName };
  };

  const settleEnded = async ({ stateMachineArn, status, ...ended }: v.InferOutput<typeof EndEvent>['detail']) => {
    const { executionArn, name, startDate, redriveCount, input, error, cause } = ended;
    const machine = machineOf(stateMachineArn);
    if (machine === undefined || !isBadEnd(status)) {
      logger.info('Ignored an execution', { answer: 'ignored', executionArn, status });
      return { answer: 'ignored' as const };
    }
    const found = {
      executionArn,
      name,
      status,
      startedAt: new Date(startDate).toISOString(),
      redriveCount: redriveCount ?? 0,
      input: input ?? '{}',
      error: error ?? undefined,
      cause: cause ?? undefined,
    };
    const settled = await settle(machine, found);
    logger.info('Started settling', { answer: settled.answer, executionArn, machine, status });
    return settled;
  };

  const sweep = async () => {
    const since = new Date(now().getTime() - sweptMs);
    const ends = machines.map(async (machine) =>
      Promise.all((await listEnded(machine, since)).map((ended) => settle(machine, ended))),
    );
    const settled = (await Promise.all(ends)).flat();
    logger.info('Swept ended executions', {
      answer: settled.filter(({ answer }) => answer === 'started').length,
      settled,
    });
    return { settled };
  };

  return async (input: v.InferOutput<typeof Input>) => ('sweep' in input ? sweep() : settleEnded(input.detail));
};

/** All machines of the stack have its name before their own. */
const arnOf = (machine: Machine): string => environment('SETTLE_ARN').replace(/settle$/, machine);

export const handler = task(
  Input,
  startSettle({
    start: startExecutionsOf(() => environment('SETTLE_ARN')),
    listEnded: (machine, since) => listEnded(arnOf(machine), since),
    now: () => new Date(),
  }),
);
