import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Kernel } from '../../../simulator/kernel/kernel.ts';
import { type End, type MachineExecution, startExecution } from '../../../simulator/states-language/execution.ts';
import type { Json, JsonObject } from '../../../simulator/states-language/json.ts';
import { parseMachine } from '../../../simulator/states-language/parse-machine.ts';
import type { TaskRequest, TaskSignals } from '../../../simulator/states-language/run.ts';
import { StatesError } from '../../../simulator/states-language/states-error.ts';
import { aKernel } from '../../support/kernel.ts';

/** What a task of a test does after `afterMs`: gives a result, fails, or (neither) says nothing more. */
export type Answer = {
  readonly afterMs?: number;
  readonly result?: Json;
  readonly error?: string;
  readonly cause?: string;
};
/** @param attempt Counts the calls with this name, from 0. */
export type Tasks = Readonly<Record<string, (given: JsonObject, attempt: number, task: TaskRequest) => Answer>>;

export type TestRun = {
  readonly kernel: Kernel;
  readonly execution: MachineExecution;
  /** Lets time pass until the execution has ended, or for so long. */
  readonly finish: () => Promise<End>;
  readonly pass: (milliseconds: number) => Promise<void>;
  readonly end: () => End | undefined;
  readonly transitions: () => number;
  /** Milliseconds since the start at which each task was called. */
  readonly calls: readonly { readonly name: string; readonly at: number; readonly given: JsonObject }[];
  readonly cancelled: readonly string[];
  readonly signals: readonly TaskSignals[];
};

type Options = { readonly input?: Json; readonly kernel?: Kernel; readonly transitionMs?: number };

/** Runs a definition whose Tasks name one of `tasks` as their resource; time stands still between states. */
export function runMachine(definition: object, tasks: Tasks = {}, options: Options = {}): TestRun {
  const { input = {}, kernel = aKernel(), transitionMs = 0 } = options;
  const startedAt = kernel.clock.now();
  const calls: { name: string; at: number; given: JsonObject }[] = [];
  const cancelled: string[] = [];
  const allSignals: TaskSignals[] = [];
  let end: End | undefined;
  let transitions = 0;

  const start = (task: TaskRequest, signals: TaskSignals) => {
    const name = task.resource.replace('arn:aws:states:::test:', '').replace('.waitForTaskToken', '');
    const attempt = calls.filter((call) => call.name === name).length;
    const given = task.arguments as JsonObject;
    calls.push({ name, at: kernel.clock.now() - startedAt, given });
    allSignals.push(signals);
    const answer = tasks[name]?.(given, attempt, task) ?? {};
    let isOver = false;
    const timer = kernel.clock.after(answer.afterMs ?? 0, () => {
      if (answer.result === undefined && answer.error === undefined) return;
      isOver = true;
      if (answer.result !== undefined) signals.succeeded(answer.result);
      else signals.failed(new StatesError(answer.error, answer.cause));
    });
    return () => {
      timer.cancel();
      if (!isOver) cancelled.push(name);
    };
  };

  const execution = startExecution({
    engine: {
      clock: kernel.clock,
      random: kernel.random,
      region: 'us-west-2',
      transitionMs,
      integrations: { checkResource: () => undefined, start },
      onTransition: () => {
        transitions += 1;
      },
    },
    machine: parseMachine({ QueryLanguage: 'JSONata', ...definition }, () => undefined),
    identity: {
      arn: 'arn:aws:states:us-west-2:111122223333:execution:machine:name',
      name: 'name',
      roleArn: 'arn:aws:iam::111122223333:role/machine',
      input,
      startedAt,
      machine: { arn: 'arn:aws:states:us-west-2:111122223333:stateMachine:machine', name: 'machine' },
    },
    onState: () => {},
    onEnd: (how) => {
      end = how;
    },
  });

  return {
    kernel,
    execution,
    async finish() {
      end = undefined;
      await kernel.clock.run(() => end !== undefined);
      return end as unknown as End;
    },
    async pass(milliseconds) {
      let isOver = false;
      kernel.clock.after(milliseconds, () => {
        isOver = true;
      });
      await kernel.clock.run(() => isOver);
    },
    end: () => end,
    transitions: () => transitions,
    calls,
    cancelled,
    signals: allSignals,
  };
}

/** A machine of one state that ends it. */
export const oneState = (state: object) => ({ StartAt: 'Only', States: { Only: { End: true, ...state } } });

export const aTask = (name: string, fields: object = {}) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::test:${name}`,
  ...fields,
});

/** Events as `id previous type`. */
export const outline = (events: readonly HistoryEvent[]): readonly string[] =>
  events.map(({ id, previousEventId, type }) => `${id} ${previousEventId} ${type}`);
