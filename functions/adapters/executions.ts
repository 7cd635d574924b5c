import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  type ListExecutionsCommandOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { ExecutionEnd } from '../domain/execution-name.ts';
import { badEnds, type EndedExecution } from '../domain/settlement.ts';
import { awsCall, isAwsError, once } from './aws-call.ts';
import { clientSettings } from './client-settings.ts';

const client = once(() => new SFNClient(clientSettings()));

/** Starts an execution under a name that no second one can have. */
export type StartExecution = (name: string, input: unknown) => Promise<'started' | 'already'>;

/**
 * Starts executions of one state machine.
 *
 * `already` means that an execution of that name runs or has run, with this input or another: an everyday answer, since
 * events come twice and sweeps find what events have found. Step Functions forgets a name after ninety days.
 */
export const startExecutionsOf =
  (stateMachineArn: () => string): StartExecution =>
  async (name, input) => {
    try {
      await awsCall('states:StartExecution', name, () =>
        client().send(
          new StartExecutionCommand({ stateMachineArn: stateMachineArn(), name, input: JSON.stringify(input) }),
        ),
      );
      return 'started';
    } catch (error) {
      if (isAwsError(error, 'ExecutionAlreadyExists')) return 'already';
      throw error;
    }
  };

/** An execution that ended otherwise than it should, with what it was given. */
export type EndedWithInput = EndedExecution & ExecutionEnd & { readonly input: string };

/** The longest that an execution of ours may have run before it ended. */
const longestRunMs = 3 * 24 * 3_600_000;

/** Executions of one machine that ended with one status since a time. The list is in the order of their starts. */
async function listEndedWith(
  stateMachineArn: string,
  statusFilter: EndedExecution['status'],
  since: Date,
): Promise<string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page: ListExecutionsCommandOutput = await awsCall('states:ListExecutions', stateMachineArn, () =>
      client().send(
        new ListExecutionsCommand({ stateMachineArn, statusFilter, maxResults: 100, ...(nextToken && { nextToken }) }),
      ),
    );
    const executions = page.executions ?? [];
    arns.push(
      ...executions.flatMap(({ executionArn = '', stopDate }) => (stopDate && stopDate >= since ? executionArn : [])),
    );
    const oldestStart = executions.at(-1)?.startDate?.getTime() ?? 0;
    nextToken = oldestStart < since.getTime() - longestRunMs ? undefined : page.nextToken;
  } while (nextToken);
  return arns;
}

async function describeEnded(executionArn: string): Promise<EndedWithInput> {
  const {
    name = '',
    status,
    input = '{}',
    error,
    cause,
    startDate = new Date(0),
    redriveCount = 0,
  } = await awsCall('states:DescribeExecution', executionArn, () =>
    client().send(new DescribeExecutionCommand({ executionArn })),
  );
  const startedAt = startDate.toISOString();
  return {
    ...{ executionArn, name, status: status as EndedExecution['status'], startedAt, redriveCount },
    ...{ input, error, cause },
  };
}

/** The execution of that name, if there was one and it failed, ran out of time or was stopped. */
export async function findEnded(stateMachineArn: string, name: string): Promise<EndedExecution | undefined> {
  try {
    const found = await describeEnded(`${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`);
    return badEnds.includes(found.status) ? found : undefined;
  } catch (error) {
    if (isAwsError(error, 'ExecutionDoesNotExist')) return undefined;
    throw error;
  }
}

/** The executions of a machine that failed, ran out of time or were stopped since a time. */
export async function listEnded(stateMachineArn: string, since: Date): Promise<EndedWithInput[]> {
  const arns = await Promise.all(badEnds.map((status) => listEndedWith(stateMachineArn, status, since)));
  return Promise.all(arns.flat().map(describeEnded));
}
