import type {
  DescribeExecutionInput,
  DescribeStateMachineForExecutionInput,
  DescribeStateMachineInput,
  GetExecutionHistoryInput,
  HistoryEvent,
  ListExecutionsInput,
  ListStateMachinesInput,
  RedriveExecutionInput,
  SendTaskFailureInput,
  SendTaskHeartbeatInput,
  SendTaskSuccessInput,
  StartExecutionInput,
  StopExecutionInput,
} from '@aws-sdk/client-sfn';
import { type Operation, ServiceError } from '../../kernel/service.ts';
import { StatesError } from '../../states-language/states-error.ts';
import { parseMachineArn } from './arns.ts';
import type { ExecutionRecord } from './execution-record.ts';
import type { Executions } from './executions.ts';
import type { Machines } from './machines.ts';
import { pageOf } from './paging.ts';
import type { TaskTokens } from './task-tokens.ts';

type Parts = { readonly machines: Machines; readonly executions: Executions; readonly tokens: TaskTokens };
type Given<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> } & T;

const on = (action: string, resource: string) => [{ action: `states:${action}`, resource }];
const date = (at: number) => new Date(at);

/** The operations of the service's interface that this account answers. */
export function createOperations(parts: Parts): Readonly<Record<string, Operation>> {
  return { ...machineOperations(parts), ...executionOperations(parts), ...taskOperations(parts) };
}

function machineOperations({ machines }: Parts): Readonly<Record<string, Operation>> {
  return {
    DescribeStateMachine: {
      needs: ({ stateMachineArn }: Given<DescribeStateMachineInput>) => on('DescribeStateMachine', stateMachineArn),
      run({ stateMachineArn, includedData }: Given<DescribeStateMachineInput>) {
        if (includedData === 'METADATA_ONLY')
          throw new ServiceError('ValidationException', 'Not simulated: METADATA_ONLY');
        const { machine, revision, versionArn } = machines.find(stateMachineArn);
        const { definition, roleArn, loggingConfiguration, tracingConfiguration, description } = revision;
        const isVersion = versionArn !== undefined;
        return {
          stateMachineArn: versionArn ?? machine.arn,
          name: machine.name,
          status: machine.status,
          definition,
          roleArn,
          type: 'STANDARD',
          creationDate: date(isVersion ? revision.creationDate : machine.creationDate),
          loggingConfiguration,
          tracingConfiguration,
          revisionId: machine.revisionId,
          description,
        };
      },
    },
    ListStateMachines: {
      needs: () => on('ListStateMachines', '*'),
      run(input: ListStateMachinesInput) {
        const all = machines.list().toSorted((a, b) => (a.name < b.name ? -1 : 1));
        const { items, nextToken } = pageOf(all, 'machines', input);
        const stateMachines = items.map(({ arn, name, creationDate }) => ({
          stateMachineArn: arn,
          name,
          type: 'STANDARD',
          creationDate: date(creationDate),
        }));
        return { stateMachines, nextToken };
      },
    },
  };
}

function executionOperations({ machines, executions }: Parts): Readonly<Record<string, Operation>> {
  return {
    StartExecution: {
      needs: ({ stateMachineArn }: Given<StartExecutionInput>) => on('StartExecution', stateMachineArn),
      run({ stateMachineArn, name, input, traceHeader }: Given<StartExecutionInput>) {
        if (traceHeader !== undefined) throw new ServiceError('ValidationException', 'Not simulated: traceHeader');
        const record = executions.start({
          machineArn: stateMachineArn,
          ...(name === undefined ? {} : { name }),
          ...(input === undefined ? {} : { input }),
        });
        return { executionArn: record.arn, startDate: date(record.startDate) };
      },
    },
    StopExecution: {
      needs: ({ executionArn }: Given<StopExecutionInput>) => on('StopExecution', executionArn),
      run({ executionArn, error, cause }: Given<StopExecutionInput>) {
        const reason = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
        const record = executions.stop(executionArn, reason);
        return { stopDate: date(record.stopDate ?? record.startDate) };
      },
    },
    RedriveExecution: {
      needs: ({ executionArn }: Given<RedriveExecutionInput>) => on('RedriveExecution', executionArn),
      run: ({ executionArn, clientToken }: Given<RedriveExecutionInput>) => ({
        redriveDate: date(executions.redrive(executionArn, clientToken).redriveDate),
      }),
    },
    DescribeStateMachineForExecution: {
      needs: ({ executionArn }: Given<DescribeStateMachineForExecutionInput>) =>
        on('DescribeStateMachineForExecution', executionArn),
      run({ executionArn, includedData }: Given<DescribeStateMachineForExecutionInput>) {
        if (includedData === 'METADATA_ONLY')
          throw new ServiceError('ValidationException', 'Not simulated: METADATA_ONLY');
        const { machine, revision } = executions.find(executionArn);
        const { definition, roleArn, loggingConfiguration, tracingConfiguration } = revision;
        return {
          ...{ stateMachineArn: machine.arn, name: machine.name, definition, roleArn },
          ...{ updateDate: date(revision.creationDate), loggingConfiguration, tracingConfiguration },
        };
      },
    },
    DescribeExecution: {
      needs: ({ executionArn }: Given<DescribeExecutionInput>) => on('DescribeExecution', executionArn),
      run({ executionArn, includedData }: Given<DescribeExecutionInput>) {
        const record = executions.find(executionArn);
        return describeExecution(record, executions.obstacle(record), includedData !== 'METADATA_ONLY');
      },
    },
    GetExecutionHistory: {
      needs: ({ executionArn }: Given<GetExecutionHistoryInput>) => on('GetExecutionHistory', executionArn),
      run(input: Given<GetExecutionHistoryInput>) {
        const { executionArn, reverseOrder = false, includeExecutionData = true } = input;
        const events = executions.find(executionArn).run?.history() ?? [];
        const list = `${executionArn} ${reverseOrder}`;
        const { items, nextToken } = pageOf(reverseOrder ? events.toReversed() : events, list, input);
        return { events: includeExecutionData ? items : items.map(withoutData), nextToken };
      },
    },
    ListExecutions: {
      needs: ({ stateMachineArn, mapRunArn }: ListExecutionsInput) =>
        on('ListExecutions', stateMachineArn ?? mapRunArn ?? '*'),
      run(input: ListExecutionsInput) {
        const { stateMachineArn, statusFilter, redriveFilter } = input;
        if (stateMachineArn === undefined) {
          throw new ServiceError(
            'ValidationException',
            'Must specify a state machine ARN; Map Runs are not simulated.',
          );
        }
        const { machine } = machines.find(stateMachineArn);
        const { version } = parseMachineArn(stateMachineArn);
        const chosen = executions
          .list()
          .filter((record) => record.machine.arn === machine.arn)
          .filter((record) => version === undefined || record.versionArn === stateMachineArn)
          .filter((record) => statusFilter === undefined || record.status === statusFilter)
          .filter(
            (record) => redriveFilter === undefined || (redriveFilter === 'REDRIVEN') === record.redriveCount > 0,
          );
        const list = `${stateMachineArn} ${statusFilter} ${redriveFilter}`;
        const { items, nextToken } = pageOf(chosen, list, input);
        return { executions: items.map(summary), nextToken };
      },
    },
  };
}

function taskOperations({ tokens }: Parts): Readonly<Record<string, Operation>> {
  return {
    SendTaskSuccess: {
      needs: () => on('SendTaskSuccess', '*'),
      run({ taskToken, output }: Given<SendTaskSuccessInput>) {
        const signals = tokens.find(taskToken);
        try {
          signals.succeeded(JSON.parse(output));
        } catch (error) {
          if (error instanceof SyntaxError)
            throw new ServiceError('InvalidOutput', `Invalid Output: '${error.message}'`);
          throw error;
        }
        return {};
      },
    },
    SendTaskFailure: {
      needs: () => on('SendTaskFailure', '*'),
      run({ taskToken, error, cause }: Given<SendTaskFailureInput>) {
        tokens.find(taskToken).failed(new StatesError(error, cause));
        return {};
      },
    },
    SendTaskHeartbeat: {
      needs: () => on('SendTaskHeartbeat', '*'),
      run({ taskToken }: Given<SendTaskHeartbeatInput>) {
        tokens.find(taskToken).heartbeat();
        return {};
      },
    },
  };
}

function summary(record: ExecutionRecord) {
  return {
    executionArn: record.arn,
    stateMachineArn: record.machine.arn,
    name: record.name,
    status: record.status,
    startDate: date(record.startDate),
    stopDate: record.stopDate === undefined ? undefined : date(record.stopDate),
    stateMachineVersionArn: record.versionArn,
    redriveCount: record.redriveCount,
    redriveDate: record.redriveDate === undefined ? undefined : date(record.redriveDate),
  };
}

function describeExecution(record: ExecutionRecord, obstacle: string | undefined, withData: boolean) {
  const { input, output, error, cause } = record;
  const data = {
    input,
    inputDetails: { included: true },
    output,
    outputDetails: output === undefined ? undefined : { included: true },
    error,
    cause,
  };
  return {
    ...summary(record),
    ...(withData ? data : {}),
    redriveStatus: obstacle === undefined ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
    redriveStatusReason: obstacle,
  };
}

const DATA = ['input', 'inputDetails', 'output', 'outputDetails', 'assignedVariables', 'assignedVariablesDetails'];

function withoutData(event: HistoryEvent): HistoryEvent {
  const strip = (details: unknown) =>
    typeof details === 'object' && details !== null && !(details instanceof Date)
      ? Object.fromEntries(Object.entries(details).filter(([name]) => !DATA.includes(name)))
      : details;
  return Object.fromEntries(
    Object.entries(event).map(([name, details]) => [name, strip(details)]),
  ) as unknown as HistoryEvent;
}
