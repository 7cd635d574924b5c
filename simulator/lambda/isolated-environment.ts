import type { Clock } from '../kernel/clock.ts';
import type { Front, WireRequest, WireResponse } from '../kernel/wire.ts';
import { createAlarm } from './alarm.ts';
import { type FromWorker, type IdleReport, sharedMemory, type ToWorker } from './isolated-protocol.ts';
import { createExchangeBook } from './isolated-requests.ts';
import {
  arrivalKey,
  type Environment,
  type EnvironmentSpec,
  exitError,
  type Invocation,
  neverSettled,
  type Outcome,
} from './runner.ts';
import type { Thread } from './threads.ts';

export type IsolatedEnvironment = Pick<Environment, 'invoke'> & {
  readonly isQuiet: () => boolean;
  readonly observe: (request: WireRequest, front: Front) => Promise<WireResponse>;
  readonly crash: (reason: string) => void;
  readonly destroy: () => Promise<void>;
};

type Options = {
  readonly spec: EnvironmentSpec;
  readonly clock: Clock;
  readonly thread: Thread;
  readonly showTime: () => void;
  readonly changed: () => void;
  /** Filled with the invocations of this environment for as long as it lives. */
  readonly owners: Map<number, IsolatedEnvironment>;
};

type Running = { readonly invocation: Invocation; readonly settle: (outcome: Outcome) => void };

/** One worker thread and what the account knows of it. */
export function createIsolatedEnvironment({
  spec,
  clock,
  thread: { worker, own },
  showTime,
  changed,
  owners,
}: Options): IsolatedEnvironment {
  const exchanges = createExchangeBook(changed, showTime);
  let running: Running | undefined;
  let report: IdleReport | undefined;
  let sequence = 0;
  let isGone = false;

  const post = (message: ToWorker) => {
    showTime();
    report = undefined;
    worker.postMessage(message);
    Atomics.store(own, sharedMemory.frozen, 0);
    Atomics.notify(own, sharedMemory.frozen);
  };
  const end = (outcome: Outcome) => {
    const ended = running;
    if (ended === undefined) return;
    running = undefined;
    if (outcome.kind === 'exited') void environment.destroy();
    clock.arrive(arrivalKey(ended.invocation.number, 'end'), () => ended.settle(outcome));
    changed();
  };
  const alarm = createAlarm(clock, () => {
    if (running !== undefined) post({ type: 'tick', sequence: ++sequence });
  });
  const onIdle = (next: IdleReport) => {
    report = next;
    exchanges.prune(next.requests);
    const { timerDue } = next;
    if (running === undefined || next.sequence !== sequence) return;
    if (
      timerDue === undefined &&
      next.requests.length === 0 &&
      next.activity === Atomics.load(own, sharedMemory.activity)
    ) {
      return end({ kind: 'exited', error: neverSettled });
    }
    if (timerDue === undefined || alarm.isSetBy(timerDue)) return;
    clock.arrive(arrivalKey(running.invocation.number, 'timer'), () => alarm.setBy(timerDue));
  };

  worker.on('message', (message: FromWorker) => {
    if (isGone) return;
    if (message.type === 'idle') onIdle(message.report);
    else if (message.type === 'outcome') end(message.outcome);
    else clock.arrive(arrivalKey(message.invocation, message.step), () => spec.writeLog(message.line));
    changed();
  });
  worker.on('error', (error) => environment.crash(`Runtime exited with error: ${error.message}`));

  const environment: IsolatedEnvironment = {
    invoke(invocation, settle) {
      running = { invocation, settle };
      alarm.cancel();
      owners.set(invocation.number, environment);
      post({ type: 'invoke', sequence: ++sequence, invocation });
    },
    isQuiet() {
      if (running === undefined) return true;
      if (report === undefined || report.sequence !== sequence) return false;
      if (report.activity !== Atomics.load(own, sharedMemory.activity)) return false;
      const states = report.requests.map(exchanges.stateOf);
      return !states.includes('moving') && (states.includes('waiting') || report.timerDue !== undefined);
    },
    observe: exchanges.serve,
    crash(reason) {
      if (running !== undefined) end({ kind: 'exited', error: exitError(running.invocation.requestId, reason) });
    },
    async destroy() {
      if (isGone) return;
      isGone = true;
      running = undefined;
      alarm.cancel();
      for (const [number, owner] of owners) if (owner === environment) owners.delete(number);
      changed();
      await worker.terminate();
    },
  };
  return environment;
}
