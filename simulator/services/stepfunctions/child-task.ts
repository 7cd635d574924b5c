import type { Iam } from '../../iam/iam.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type Caller, ServiceError } from '../../kernel/service.ts';
import { isJsonObject, type Json, type JsonObject } from '../../states-language/json.ts';
import type { TaskRequest, TaskSignals } from '../../states-language/run.ts';
import { StatesError } from '../../states-language/states-error.ts';
import type { ExecutionRecord } from './execution-record.ts';
import type { Executions } from './executions.ts';
import { afterCall, calledError, demand, requestIdOf, sdkMetadata } from './task-calls.ts';
import type { TaskTokens } from './task-tokens.ts';

type Dependencies = {
  readonly kernel: Kernel;
  readonly iam: Pick<Iam, 'authorize'>;
  readonly executions: () => Executions;
  readonly tokens: TaskTokens;
  readonly redriveOfChildren: RedriveOfChildren;
};

/**
 * What a redrive does with a `.sync` Task whose child failed. The developer guide says of Task states that they
 * are scheduled and started again ("Redriving executions"), so a child with a fixed name is refused as
 * ExecutionAlreadyExists; whether the service redrives the child instead is not confirmed.
 */
export type RedriveOfChildren = 'start-again' | 'redrive-child';

/** Arguments of states:startExecution that are simulated. */
export const CHILD_ARGUMENTS = ['StateMachineArn', 'Name', 'Input'];
const STEP_FUNCTIONS = { prefix: 'StepFunctions', service: 'AWSStepFunctions' } as const;

/** `arn:aws:states:::states:startExecution`, with `.sync`, `.sync:2` and `.waitForTaskToken`. */
export function createChildTask(dependencies: Dependencies) {
  const { kernel, iam, executions, tokens } = dependencies;
  const children = new Map<string, string>();

  return (task: TaskRequest, caller: Caller, signals: TaskSignals): (() => void) => {
    const requestId = requestIdOf(kernel, task);
    let giveUp = () => {};
    const begin = () => {
      const problem = argumentProblem(task.arguments);
      if (problem !== undefined) return signals.failed(new StatesError('States.Runtime', problem));
      try {
        giveUp = startChild(task, caller, signals, requestId);
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        signals.failed(calledError(error, STEP_FUNCTIONS, requestId));
      }
    };
    giveUp = afterCall(kernel, task, begin);
    return () => giveUp();
  };

  function startChild(task: TaskRequest, caller: Caller, signals: TaskSignals, requestId: string): () => void {
    const child = openChild(task, caller);
    const body = JSON.stringify({ executionArn: child.arn, startDate: child.startDate / 1000 });
    const output = {
      ExecutionArn: child.arn,
      ...sdkMetadata(kernel, requestId, body, 'application/x-amz-json-1.0'),
      StartDate: child.startDate,
    };
    if (task.token !== undefined) {
      signals.submitted(output);
      return tokens.open(task.token, signals);
    }
    if (!task.resource.includes('.sync')) {
      signals.succeeded(output);
      return () => {};
    }
    signals.submitted(output);
    demand(iam, caller, { action: 'states:DescribeExecution', resource: child.arn });
    return followChild(task, caller, signals, child);
  }

  function openChild(task: TaskRequest, caller: Caller): ExecutionRecord {
    const { StateMachineArn, Name, Input } = task.arguments as JsonObject;
    const earlier = children.get(task.stateKey);
    if (task.isRedriven && earlier !== undefined && dependencies.redriveOfChildren === 'redrive-child') {
      demand(iam, caller, { action: 'states:RedriveExecution', resource: earlier });
      executions().redrive(earlier);
      return executions().find(earlier);
    }
    demand(iam, caller, { action: 'states:StartExecution', resource: String(StateMachineArn) });
    const child = executions().start({
      machineArn: String(StateMachineArn),
      name: typeof Name === 'string' ? Name : kernel.random.uuid('child-name', task.key),
      input: inputText(Input),
    });
    children.set(task.stateKey, child.arn);
    return child;
  }

  /** The service learns of the end by an event, which takes its time. */
  function followChild(task: TaskRequest, caller: Caller, signals: TaskSignals, child: ExecutionRecord): () => void {
    const { clock, random, timings } = kernel;
    const [low, high] = timings.eventDelivery;
    let cancel = () => {};
    let isOver = false;
    executions().onEnd(child, () => {
      if (isOver) return;
      cancel = clock.after(random.between(low, high, 'child-end', task.key), () => tell(task, signals, child)).cancel;
    });
    return () => {
      isOver = true;
      cancel();
      if (child.status !== 'RUNNING') return;
      const { allowed } = iam.authorize(caller, { action: 'states:StopExecution', resource: child.arn });
      if (allowed) executions().stop(child.arn, {});
    };
  }
}

function tell(task: TaskRequest, signals: TaskSignals, child: ExecutionRecord): void {
  if (child.status !== 'SUCCEEDED') {
    signals.failed(new StatesError('States.TaskFailed', JSON.stringify(describeChild(child))));
    return;
  }
  const read = (text: string): Json => (task.resource.endsWith('.sync:2') ? JSON.parse(text) : text);
  signals.succeeded({
    ...describeChild(child),
    Input: read(child.input),
    Output: read(child.output ?? 'null'),
  });
}

/** DescribeExecution as a parent sees it: members in alphabetical order, times in milliseconds. */
function describeChild(child: ExecutionRecord): JsonObject {
  const { error, cause, output } = child;
  return {
    ...(cause === undefined ? {} : { Cause: cause }),
    ...(error === undefined ? {} : { Error: error }),
    ExecutionArn: child.arn,
    Input: child.input,
    InputDetails: { Included: true },
    Name: child.name,
    ...(output === undefined ? {} : { Output: output, OutputDetails: { Included: true } }),
    RedriveCount: child.redriveCount,
    StartDate: child.startDate,
    StateMachineArn: child.machine.arn,
    Status: child.status,
    StopDate: child.stopDate ?? 0,
  };
}

/** Text is sent as it is; nothing is sent as the empty object. */
function inputText(input: Json | undefined): string {
  if (input === undefined || input === null) return '{}';
  return typeof input === 'string' ? input : JSON.stringify(input);
}

function argumentProblem(given: Json): string | undefined {
  if (!isJsonObject(given) || typeof given.StateMachineArn !== 'string') {
    return "The Parameters for the resource 'states:startExecution' need a string 'StateMachineArn'.";
  }
  const others = Object.keys(given).filter((name) => !CHILD_ARGUMENTS.includes(name));
  return others.length === 0 ? undefined : `Not simulated: the arguments ${others.join(', ')} of states:startExecution`;
}
