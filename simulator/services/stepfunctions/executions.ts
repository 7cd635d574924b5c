import type { Kernel } from '../../kernel/kernel.ts';
import { type EventBus, ServiceError } from '../../kernel/service.ts';
import { type End, startExecution } from '../../states-language/execution.ts';
import type { Json } from '../../states-language/json.ts';
import type { Engine } from '../../states-language/run.ts';
import { checkExecutionArn, checkName, executionArn } from './arns.ts';
import { type ExecutionRecord, isForgotten, redriveObstacle } from './execution-record.ts';
import type { LogDelivery } from './log-delivery.ts';
import type { Machines } from './machines.ts';
import { statusEvent } from './status-event.ts';

export type StartRequest = { readonly machineArn: string; readonly name?: string; readonly input?: string };
export type StopReason = { readonly error?: string; readonly cause?: string };

export type Executions = {
  /** The same name with the same input while it runs gives the execution that runs. */
  readonly start: (request: StartRequest) => ExecutionRecord;
  /** Does nothing to an execution that has ended. */
  readonly stop: (arn: string, reason: StopReason) => ExecutionRecord;
  readonly redrive: (arn: string, clientToken?: string) => { readonly redriveDate: number };
  /** @throws {ServiceError} ExecutionDoesNotExist, InvalidArn */
  readonly find: (arn: string) => ExecutionRecord;
  /** Newest first. */
  readonly list: () => readonly ExecutionRecord[];
  readonly obstacle: (record: ExecutionRecord) => string | undefined;
  /** Calls `listener` when the current attempt ends. */
  readonly onEnd: (record: ExecutionRecord, listener: () => void) => void;
};

type Dependencies = {
  readonly kernel: Kernel;
  readonly events: EventBus;
  readonly machines: () => Machines;
  readonly engine: Engine;
  readonly deliverLog: LogDelivery;
};

const TOKEN_LIFE = 15 * 60 * 1000;
const TOKENS_KEPT = 10;

export function createExecutions({ kernel, events, machines, engine, deliverLog }: Dependencies): Executions {
  const { identity, clock, random, log } = kernel;
  const records = new Map<string, ExecutionRecord>();

  const obstacle = (record: ExecutionRecord) =>
    redriveObstacle(
      record,
      machines()
        .list()
        .find(({ arn }) => arn === record.machine.arn)?.status === 'DELETING',
      clock,
    );

  return {
    start({ machineArn, name: wanted, input = '{}' }) {
      const { machine, revision, versionArn } = machines().find(machineArn);
      if (machine.status === 'DELETING')
        throw new ServiceError('StateMachineDeleting', `State Machine is deleting: '${machine.arn}'`);
      const name = wanted ?? random.uuid('execution-name', machine.arn, records.size);
      checkName(name);
      const arn = executionArn(identity, machine.name, name);
      const parsed = parseInput(input);
      const existing = known(arn);
      if (existing !== undefined) return original(existing, input);
      const record: ExecutionRecord = {
        ...EMPTY,
        arn,
        name,
        machine,
        versionArn,
        revision,
        input,
        startDate: clock.now(),
      };
      records.delete(arn);
      records.set(arn, record);
      begin(record, parsed);
      return record;
    },
    stop(arn, reason) {
      const record = find(arn);
      record.run?.stop(reason);
      return record;
    },
    redrive(arn, clientToken) {
      const record = find(arn);
      const used = record.redriveTokens.find(
        ({ token, at }) => token === clientToken && clock.now() - at <= TOKEN_LIFE,
      );
      if (used !== undefined) return used;
      const why = obstacle(record);
      if (why !== undefined) throw new ServiceError('ExecutionNotRedrivable', why);
      return redrive(record, clientToken);
    },
    find,
    list: () => [...records.values()].filter((record) => !isForgotten(record, clock)).reverse(),
    obstacle,
    onEnd(record, listener) {
      record.onEnd = [...record.onEnd, listener];
    },
  };

  function known(arn: string): ExecutionRecord | undefined {
    const record = records.get(arn);
    return record === undefined || isForgotten(record, clock) ? undefined : record;
  }

  function find(arn: string): ExecutionRecord {
    checkExecutionArn(arn);
    const record = known(arn);
    if (record === undefined) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return record;
  }

  function begin(record: ExecutionRecord, input: Json): void {
    const { arn, name, machine, revision, startDate } = record;
    announce(record);
    const versioned = record.versionArn === undefined ? {} : { stateMachineVersionArn: record.versionArn };
    record.run = startExecution({
      engine,
      machine: revision.machine,
      identity: { arn, name, roleArn: revision.roleArn, input, startedAt: startDate, machine },
      startDetails: versioned,
      onState: (state) =>
        log.write('execution.state', { execution: name, machine: machine.name, state, executionArn: arn }),
      onEvent: (event) => deliverLog(record, event),
      onEnd: (end) => close(record, end),
    });
  }

  function redrive(record: ExecutionRecord, token: string | undefined): { redriveDate: number } {
    const redriveDate = clock.now();
    Object.assign(record, { ...REOPENED, redriveCount: record.redriveCount + 1, redriveDate });
    if (token !== undefined) {
      record.redriveTokens = [...record.redriveTokens, { token, at: redriveDate, redriveDate }].slice(-TOKENS_KEPT);
    }
    announce(record);
    record.run?.redrive();
    return { redriveDate };
  }

  function close(record: ExecutionRecord, end: End): void {
    record.status = end.status;
    record.stopDate = clock.now();
    record.output = end.status === 'SUCCEEDED' ? JSON.stringify(end.output) : undefined;
    const { error, cause } = end as { error?: string; cause?: string };
    Object.assign(record, { error, cause });
    announce(record);
    const listeners = record.onEnd;
    record.onEnd = [];
    for (const listener of listeners) listener();
    machines().settle(record.machine.arn);
  }

  function announce(record: ExecutionRecord): void {
    const { name, machine, status, error, cause, arn } = record;
    log.write('execution.status', { execution: name, machine: machine.name, status, error, cause, executionArn: arn });
    events.put(statusEvent(record, obstacle(record)));
  }
}

const REOPENED = {
  status: 'RUNNING',
  stopDate: undefined,
  output: undefined,
  error: undefined,
  cause: undefined,
} as const;
const EMPTY = {
  ...REOPENED,
  redriveCount: 0,
  redriveDate: undefined,
  redriveTokens: [],
  run: undefined,
  onEnd: [],
} as const;

function original(existing: ExecutionRecord, input: string): ExecutionRecord {
  if (existing.status === 'RUNNING' && existing.input === input) return existing;
  throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${existing.arn}'`);
}

function parseInput(input: string): Json {
  try {
    return JSON.parse(input);
  } catch (error) {
    const { message } = error as SyntaxError;
    throw new ServiceError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${message}'`);
  }
}
