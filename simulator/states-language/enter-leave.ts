import type { Assignments, Template } from './definition.ts';
import { assignedDetails, type EventType, inputDetails, outputDetails } from './history.ts';
import { byteSize, type Json } from './json.ts';
import { createQuery } from './query.ts';
import { type Extras, type Frame, record, sleep } from './run.ts';
import { StatesError } from './states-error.ts';

export const MAX_PAYLOAD = 256 * 1024;
const MAX_VARIABLES = 10 * 1024 * 1024;

/** These begin again inside their first entry when an execution is redriven; the others are entered anew. */
const RESUMED_INSIDE: ReadonlySet<string> = new Set(['Task', 'Wait', 'Parallel', 'Map']);

/** One state transition. */
export async function enterState(frame: Frame): Promise<void> {
  const { run, branch, state } = frame;
  await sleep(frame, run.engine.transitionMs);
  run.engine.onTransition();
  run.onState(state.name);
  if (branch.resumes && RESUMED_INSIDE.has(state.type)) return;
  const previousEventId = branch.lastEventId;
  branch.step += 1;
  branch.retryCount = 0;
  const eventId = record(frame, `${state.type}StateEntered` as EventType, {
    stateEnteredEventDetails: { name: state.name, ...inputDetails(branch.input) },
  });
  branch.entered = { eventId, previousEventId, at: run.engine.clock.now() };
}

type Rule = { readonly assign: Assignments; readonly output?: Template };

/**
 * Gives the state its output and variables, both from what was known before, and writes its exit.
 * @param otherwise The output where the rule has none.
 */
export async function leaveState(frame: Frame, rule: Rule, otherwise: Json, extras: Extras = {}): Promise<Json> {
  const { branch, state } = frame;
  const query = createQuery(frame, extras);
  const output = rule.output === undefined ? otherwise : await query.value(rule.output);
  checkPayload(output, state.name);
  if (rule.assign.length > 0) {
    const assigned = await query.assign(rule.assign);
    branch.variables = { ...branch.variables, ...assigned };
    checkVariables(frame);
    record(frame, exitOf(frame), {
      stateExitedEventDetails: { name: state.name, ...outputDetails(output), ...assignedDetails(assigned) },
    });
  } else {
    record(frame, exitOf(frame), { stateExitedEventDetails: { name: state.name, ...outputDetails(output) } });
  }
  return output;
}

const exitOf = ({ state }: Frame): EventType => `${state.type}StateExited` as EventType;

/** @throws {StatesError} States.DataLimitExceeded */
export function checkPayload(payload: Json, name: string): void {
  const excess = payloadExcess(payload, name);
  if (excess !== undefined) throw excess;
}

export function payloadExcess(payload: Json, name: string): StatesError | undefined {
  if (byteSize(payload) <= MAX_PAYLOAD) return undefined;
  const cause = `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`;
  return new StatesError('States.DataLimitExceeded', cause);
}

function checkVariables({ run }: Frame): void {
  let size = 0;
  const add = ({ variables, inner }: typeof run.top): void => {
    size += byteSize(variables);
    for (const branch of inner) add(branch);
  };
  add(run.top);
  if (size > MAX_VARIABLES) {
    throw new StatesError('States.DataLimitExceeded', 'The variables of the execution exceed 10485760 bytes.');
  }
}
