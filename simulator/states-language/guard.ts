import type { MapState, ParallelState, Retrier, TaskState } from './definition.ts';
import { leaveState } from './enter-leave.ts';
import type { Json, JsonObject } from './json.ts';
import { type Frame, type Outcome, record, sleep } from './run.ts';
import { matchesError, StatesError } from './states-error.ts';

type GuardedState = TaskState | ParallelState | MapState;

/**
 * Runs the work of a state under its Retry and Catch, which also see errors of its Output and Assign.
 *
 * The first retrier that names the error decides, each with a count of its own; the first catcher that names it
 * takes what is left.
 */
export async function runGuarded<S extends GuardedState>(
  frame: Frame<S>,
  work: (frame: Frame<S>) => Promise<Json>,
): Promise<Outcome> {
  const { state } = frame;
  const used = new Map<Retrier, number>();
  for (;;) {
    try {
      const result = await work(frame);
      return { next: state.next, output: await leaveState(frame, state, result, { result }) };
    } catch (error) {
      if (!(error instanceof StatesError)) throw error;
      const retrier = retrierFor(state.retry, error, used);
      if (retrier === undefined) return await catchError(frame, error);
      await prepareRetry(frame, retrier, used);
    }
  }
}

function retrierFor(retry: readonly Retrier[], error: StatesError, used: Map<Retrier, number>): Retrier | undefined {
  const retrier = retry.find((candidate) => matchesError(candidate.errorEquals, error));
  return retrier !== undefined && (used.get(retrier) ?? 0) < retrier.maxAttempts ? retrier : undefined;
}

async function prepareRetry(frame: Frame, retrier: Retrier, used: Map<Retrier, number>): Promise<void> {
  const { branch, run } = frame;
  const count = used.get(retrier) ?? 0;
  used.set(retrier, count + 1);
  await sleep(frame, 1000 * delaySeconds(retrier, count, jitterOf(frame)));
  branch.retryCount += 1;
  branch.inner = [];
  branch.resumes = false;
  run.engine.onTransition();
}

/** The pause before retry number `count` (from 0). `jitter` is in [0, 1). */
export function delaySeconds(retrier: Retrier, count: number, jitter: number): number {
  const { intervalSeconds, backoffRate, maxDelaySeconds = Infinity } = retrier;
  const delay = Math.min(intervalSeconds * backoffRate ** count, maxDelaySeconds);
  return retrier.jitter ? delay * jitter : delay;
}

function jitterOf({ run, branch }: Frame): number {
  const { arn } = run.identity;
  return run.engine.random.fraction(
    'retry.jitter',
    arn,
    run.redrives().count,
    branch.key,
    branch.step,
    branch.retryCount,
  );
}

async function catchError(frame: Frame<GuardedState>, error: StatesError): Promise<Outcome> {
  const { state } = frame;
  if (state.type !== 'Task') record(frame, `${state.type}StateFailed`);
  const catcher = state.catch.find((candidate) => matchesError(candidate.errorEquals, error));
  if (catcher === undefined) throw error;
  const errorOutput = errorOutputOf(error);
  return { next: catcher.next, output: await leaveState(frame, catcher, errorOutput, { errorOutput }) };
}

const errorOutputOf = ({ error, reason }: StatesError): JsonObject => ({
  ...(error === undefined ? {} : { Error: error }),
  ...(reason === undefined ? {} : { Cause: reason }),
});
