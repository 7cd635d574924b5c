import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Timer } from '../kernel/clock.ts';
import { createBranch, resume, runningStates } from './branch.ts';
import type { Machine } from './definition.ts';
import { createHistory, type EventDetails, inputDetails, outputDetails } from './history.ts';
import { createScope, Interrupted, type Scope } from './interruption.ts';
import type { Json } from './json.ts';
import type { Engine, ExecutionIdentity, Run } from './run.ts';
import { runFlow } from './run-flow.ts';
import { StatesError } from './states-error.ts';

/** How an attempt of an execution ended. */
export type End =
  | { readonly status: 'SUCCEEDED'; readonly output: Json }
  | { readonly status: 'FAILED' | 'ABORTED'; readonly error?: string; readonly cause?: string }
  | { readonly status: 'TIMED_OUT' };

export type MachineExecution = {
  readonly history: () => readonly HistoryEvent[];
  /** Names of the states that run now. */
  readonly states: () => readonly string[];
  readonly stop: (why: { readonly error?: string; readonly cause?: string }) => void;
  /** Continues an execution that did not succeed where it stopped; its time-out begins anew. */
  readonly redrive: () => void;
};

export type ExecutionSetup = {
  readonly engine: Engine;
  readonly machine: Machine;
  readonly identity: ExecutionIdentity;
  readonly startDetails?: EventDetails['executionStartedEventDetails'];
  readonly onState: (state: string) => void;
  readonly onEvent?: (event: HistoryEvent) => void;
  readonly onEnd: (end: End) => void;
};

const YEAR_SECONDS = 365 * 24 * 60 * 60;
const MAX_CAUSE = 32_768;
const MAX_ERROR = 256;

/** Starts one execution of a machine. All that it does happens in account time. */
export function startExecution(setup: ExecutionSetup): MachineExecution {
  const { engine, machine, identity, onEnd } = setup;
  const top = createBranch({ key: '', state: machine.startAt, input: identity.input });
  const onFull = () => end({ status: 'FAILED', ...HISTORY_FULL });
  const history = createHistory(engine.clock, onFull, setup.onEvent ?? (() => {}));
  const redrives: { count: number; at: number | undefined } = { count: 0, at: undefined };
  const run: Run = { engine, identity, history, top, redrives: () => redrives, onState: setup.onState };
  let attempt: { readonly scope: Scope; readonly timer: Timer } | undefined;

  history.write('ExecutionStarted', 0, {
    executionStartedEventDetails: {
      ...inputDetails(identity.input),
      roleArn: identity.roleArn,
      ...setup.startDetails,
    },
  });
  begin();
  return {
    history: history.events,
    states: () => (attempt === undefined ? [] : runningStates(top)),
    stop: (why) => end({ status: 'ABORTED', ...why }),
    redrive() {
      redrives.count += 1;
      redrives.at = engine.clock.now();
      resume(top);
      const redriven = { executionRedrivenEventDetails: { redriveCount: redrives.count } };
      top.lastEventId = history.write('ExecutionRedriven', top.lastEventId, redriven);
      begin();
    },
  };

  function begin(): void {
    const scope = createScope();
    const seconds = Math.min(machine.timeoutSeconds ?? YEAR_SECONDS, YEAR_SECONDS);
    attempt = { scope, timer: engine.clock.after(seconds * 1000, () => end({ status: 'TIMED_OUT' })) };
    void drive(scope);
  }

  async function drive(scope: Scope): Promise<void> {
    try {
      end({ status: 'SUCCEEDED', output: await runFlow(run, machine, top, scope) });
    } catch (error) {
      if (error instanceof Interrupted) return;
      if (!(error instanceof StatesError)) throw error;
      top.status = 'failed';
      end({ status: 'FAILED', ...shorten(error) });
    }
  }

  function end(how: End): void {
    if (attempt === undefined) return;
    const { scope, timer } = attempt;
    attempt = undefined;
    timer.cancel();
    close(how);
    scope.interrupt();
    onEnd(how);
  }

  function close(how: End): void {
    if (how.status === 'SUCCEEDED') {
      const executionSucceededEventDetails = outputDetails(how.output);
      history.close('ExecutionSucceeded', top.lastEventId, { executionSucceededEventDetails });
    } else if (how.status === 'FAILED') {
      history.close('ExecutionFailed', top.lastEventId, { executionFailedEventDetails: reasonOf(how) });
    } else if (how.status === 'ABORTED') {
      history.close('ExecutionAborted', 0, { executionAbortedEventDetails: reasonOf(how) });
    } else {
      history.close('ExecutionTimedOut', 0, { executionTimedOutEventDetails: {} });
    }
  }
}

const HISTORY_FULL = {
  error: 'States.Runtime',
  cause: 'The execution reached the maximum number of history events (25000).',
};

const reasonOf = ({ error, cause }: { readonly error?: string; readonly cause?: string }) => ({
  ...(error === undefined ? {} : { error }),
  ...(cause === undefined ? {} : { cause }),
});

const shorten = ({ error, reason }: StatesError) => ({
  ...(error === undefined ? {} : { error: error.slice(0, MAX_ERROR) }),
  ...(reason === undefined ? {} : { cause: reason.slice(0, MAX_CAUSE) }),
});
