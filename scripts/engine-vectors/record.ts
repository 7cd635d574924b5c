import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Operation } from '../../simulator/kernel/service.ts';
import type { Execution } from '../../simulator/services/stepfunctions.ts';
import type { Json, JsonObject } from '../../simulator/states-language/json.ts';
import type { Stage } from '../start/stage.ts';
import type { Place } from './branches.ts';
import { withPlainTasks } from './plain-tasks.ts';
import { readVisits } from './read-history.ts';
import { format, type Vector, type VectorEnd, type VectorFile, version } from './vector.ts';

/**
 * What the machines of a played stage did, from what Step Functions tells of them: one file's content for each machine
 * that ran, in the order of their names.
 *
 * @param stackPrefix What the stack puts in front of the names of its machines.
 * @throws {Error} An execution did something that no vector describes.
 */
export function recordVectors({ account, scenario }: Stage, stackPrefix: string, seed: number): readonly VectorFile[] {
  const executions = account.stepFunctions.executions().toReversed();
  const machines = [...new Set(executions.map(({ machineArn }) => machineArn))].toSorted();
  return machines.map((machineArn) => {
    const own = executions.filter((execution) => execution.machineArn === machineArn);
    const described = call(account, 'DescribeStateMachine', { stateMachineArn: machineArn });
    return {
      ...{ format, version, path: scenario.name, seed },
      machine: (own[0]?.machineName ?? '').replace(stackPrefix, ''),
      transitionMs: account.kernel.timings.stateTransition,
      definition: withPlainTasks(JSON.parse(String(described.definition)) as JsonObject),
      executions: own.map((execution) => vectorOf(account, execution)).toSorted(byStart),
    };
  });
}

const byStart = ({ execution: a }: Vector, { execution: b }: Vector) =>
  `${a.startedAt} ${a.name}` < `${b.startedAt} ${b.name}` ? -1 : 1;

type Account = Stage['account'];

/** Asks the service as a caller would, but in this process and without its time passing. */
function call({ stepFunctions }: Account, operation: string, input: object): Readonly<Record<string, unknown>> {
  const { run } = stepFunctions.service.operations[operation] as Operation<object, Readonly<Record<string, unknown>>>;
  return run(input, { caller: { arn: 'arn:aws:iam::000000000000:root' }, requestId: 'vectors' }) as Readonly<
    Record<string, unknown>
  >;
}

function historyOf(account: Account, executionArn: string): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [];
  let nextToken: unknown;
  do {
    const page = call(account, 'GetExecutionHistory', { executionArn, maxResults: 1000, nextToken });
    events.push(...(page.events as HistoryEvent[]));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return events;
}

function vectorOf(account: Account, execution: Execution): Vector {
  const { arn, name, startDate, machineArn, machineName } = execution;
  if (execution.redriveCount > 0) throw new Error(`Not described by vectors: ${name} was redriven.`);
  const events = historyOf(account, arn);
  const roleArn = events[0]?.executionStartedEventDetails?.roleArn ?? '';
  const jitterOf = ({ branch, visit }: Place, attempt: number) =>
    account.kernel.random.fraction('retry.jitter', arn, 0, keyOf(branch), visit, attempt);
  return {
    execution: {
      ...{ arn, name, roleArn, startedAt: new Date(startDate).toISOString() },
      machine: { arn: machineArn, name: machineName },
    },
    input: JSON.parse(execution.input) as Json,
    visits: readVisits(events, jitterOf),
    end: endOf(execution),
  };
}

/** The name of a branch as the engine draws for it: `3[1]/2[0]` is `/3.0[1]/2.0[0]`. */
const keyOf = (branch: string): string => branch.replaceAll(/(?:^|\/)(\d+)\[(\d+)\]/g, '/$1.0[$2]');

function endOf({ name, status, startDate, stopDate, output, error, cause }: Execution): VectorEnd {
  if (status === 'RUNNING') throw new Error(`Not described by vectors: ${name} still runs.`);
  const at = (stopDate ?? startDate) - startDate;
  if (status === 'SUCCEEDED') return { status, at, output: JSON.parse(output ?? 'null') as Json };
  if (status === 'TIMED_OUT') return { status, at };
  return { status, at, ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}
