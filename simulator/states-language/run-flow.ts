import type { Branch } from './branch.ts';
import type { ChoiceState, FailState, Flow, State, WaitState } from './definition.ts';
import { enterState, leaveState } from './enter-leave.ts';
import { runGuarded } from './guard.ts';
import type { Scope } from './interruption.ts';
import type { Json } from './json.ts';
import { createQuery, inState } from './query.ts';
import type { Frame, Outcome, Run } from './run.ts';
import { sleep } from './run.ts';
import { runMap, runParallel } from './run-branches.ts';
import { runTask } from './run-task.ts';
import { StatesError } from './states-error.ts';
import { TIMESTAMP } from './timestamp.ts';

/** Runs the states of a flow from where its branch stands. @throws {StatesError} What no state caught. */
export async function runFlow(run: Run, flow: Flow, branch: Branch, scope: Scope): Promise<Json> {
  branch.status = 'running';
  for (;;) {
    const state = flow.states[branch.state] as State;
    const frame = { run, flow, branch, scope, state };
    await enterState(frame);
    const { next, output } = await runState(frame);
    branch.inner = [];
    branch.resumes = false;
    branch.output = output;
    if (next === undefined) {
      branch.status = 'succeeded';
      return output;
    }
    branch.state = next;
    branch.input = output;
  }
}

async function runState(frame: Frame): Promise<Outcome> {
  const { state } = frame;
  const { input } = frame.branch;
  switch (state.type) {
    case 'Task':
      return runGuarded({ ...frame, state }, runTask);
    case 'Parallel':
      return runGuarded({ ...frame, state }, (inner) => runParallel(inner, runFlow));
    case 'Map':
      return runGuarded({ ...frame, state }, (inner) => runMap(inner, runFlow));
    case 'Pass':
      return { next: state.next, output: await leaveState(frame, state, input) };
    case 'Wait':
      await runWait({ ...frame, state });
      return { next: state.next, output: await leaveState(frame, state, input) };
    case 'Choice':
      return runChoice({ ...frame, state });
    case 'Succeed':
      return { next: undefined, output: await leaveState(frame, state, input) };
    case 'Fail':
      throw await failureOf({ ...frame, state });
  }
}

async function runWait(frame: Frame<WaitState>): Promise<void> {
  const { state, run } = frame;
  const query = createQuery(frame);
  if (state.seconds !== undefined) {
    const seconds = await query.typed<number>(state.seconds, 'number', 'Seconds');
    if (Number.isInteger(seconds) && seconds >= 0) return sleep(frame, seconds * 1000);
    throw query.failure('Seconds', `The field 'Seconds' must be a positive integer, but was: ${seconds}`);
  }
  if (state.timestamp === undefined) return;
  const timestamp = await query.typed<string>(state.timestamp, 'string', 'Timestamp');
  if (TIMESTAMP.test(timestamp)) return sleep(frame, Date.parse(timestamp) - run.engine.clock.now());
  const message = `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${timestamp}`;
  throw query.failure('Timestamp', message);
}

async function runChoice(frame: Frame<ChoiceState>): Promise<Outcome> {
  const { state, branch } = frame;
  for (const [index, rule] of state.choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    if (await createQuery(frame).typed<boolean>(rule.condition, 'boolean', field)) {
      return { next: rule.next, output: await leaveState(frame, rule, branch.input) };
    }
  }
  if (state.default !== undefined) {
    return { next: state.default, output: await leaveState(frame, state, branch.input) };
  }
  const cause = inState(frame, 'Failed to transition out of the state. The state does not point to a next state.');
  throw new StatesError('States.NoChoiceMatched', cause);
}

async function failureOf(frame: Frame<FailState>): Promise<StatesError> {
  const { error, cause } = frame.state;
  const query = createQuery(frame);
  return new StatesError(
    error === undefined ? undefined : await query.typed<string>(error, 'string', 'Error'),
    cause === undefined ? undefined : await query.typed<string>(cause, 'string', 'Cause'),
  );
}
