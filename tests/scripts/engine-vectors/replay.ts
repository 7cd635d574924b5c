import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Attempt, Vector, VectorEnd, VectorFile, Visit } from '../../../scripts/engine-vectors/vector.ts';
import { createClock } from '../../../simulator/kernel/clock.ts';
import type { Randomness } from '../../../simulator/kernel/randomness.ts';
import { type End, startExecution } from '../../../simulator/states-language/execution.ts';
import { parseMachine } from '../../../simulator/states-language/parse-machine.ts';
import type { Integrations } from '../../../simulator/states-language/run.ts';
import { StatesError } from '../../../simulator/states-language/states-error.ts';

/** What an engine did when it was given a vector's definition, input and task results. */
export type Replayed = {
  readonly calls: readonly {
    readonly branch: string;
    readonly visit: number;
    readonly at: number;
    readonly arguments: unknown;
  }[];
  readonly states: readonly { readonly state: string; readonly at: number; readonly input: unknown }[];
  readonly exits: readonly {
    readonly state: string;
    readonly at: number;
    readonly output: unknown;
    readonly assigned: unknown;
  }[];
  readonly end: VectorEnd;
};

/**
 * Runs one vector on this project's engine. It knows the engine and the form of vectors, and nothing of the machines:
 * tasks answer what the vector says, when it says so, and a pause between two attempts draws what it says.
 */
export async function replay(file: Pick<VectorFile, 'definition' | 'transitionMs'>, vector: Vector): Promise<Replayed> {
  const startedAt = Date.parse(vector.execution.startedAt);
  const clock = createClock(startedAt);
  const calls: Replayed['calls'][number][] = [];
  const history: HistoryEvent[] = [];
  let end: VectorEnd | undefined;

  const start: Integrations['start'] = ({ key, arguments: given }, signals) => {
    const { branch, visit, attempt } = placeOf(key.slice(vector.execution.arn.length));
    calls.push({ branch, visit, at: clock.now() - startedAt, arguments: given });
    const answer = attemptOf(vector, branch, visit, attempt);
    if (answer?.endedAt === undefined || answer.timedOut) return () => {};
    const timer = clock.after(answer.endedAt - answer.at, () => {
      if (answer.result !== undefined) signals.succeeded(answer.result);
      else signals.failed(new StatesError(answer.error, answer.cause));
    });
    return timer.cancel;
  };
  const execution = startExecution({
    engine: {
      ...{ clock, random: randomnessOf(vector), region: 'us-west-2', transitionMs: file.transitionMs },
      integrations: { checkResource: () => undefined, start },
      onTransition: () => {},
    },
    machine: parseMachine(file.definition, () => undefined),
    identity: { ...vector.execution, input: vector.input, startedAt },
    onState: () => {},
    onEvent: (event) => history.push(event),
    onEnd: (how) => {
      end = endOf(how, clock.now() - startedAt);
    },
  });
  const { end: expected } = vector;
  if (expected.status === 'ABORTED') {
    const { status: _, at, ...why } = expected;
    // Whoever stops it comes last in its millisecond.
    clock.after(at, () => clock.after(0, () => execution.stop(why)));
  }
  await clock.run(() => end !== undefined);
  return { calls: inOrder(calls), ...statesOf(history, startedAt), end: end as unknown as VectorEnd };
}

/** The engine's name for an attempt, `/3.0[1]#2.0.1`, is iteration `3[1]`, visit 2, attempt 1. */
function placeOf(key: string) {
  const [, path = '', visit, attempt] = /^(.*)#(\d+)\.\d+\.(\d+)$/.exec(key) ?? [];
  return { branch: branchOf(path), visit: Number(visit), attempt: Number(attempt) };
}

const branchOf = (path: string): string => path.slice(1).replaceAll(/(\d+)\.\d+\[/g, '$1[');

const attemptOf = ({ visits }: Vector, branch: string, visit: number, attempt: number): Attempt | undefined =>
  visits.find((one) => one.branch === branch && one.number === visit)?.attempts?.[attempt];

/** All chance that a vector knows of: the part of a pause that is waited before an attempt. */
function randomnessOf(vector: Vector): Randomness {
  const unknown = (): never => {
    throw new Error('The vectors know nothing of this chance.');
  };
  return {
    fraction(purpose, _arn, _redrives, path, visit, attempt) {
      if (purpose !== 'retry.jitter') return unknown();
      return attemptOf(vector, branchOf(String(path)), Number(visit), Number(attempt))?.jitter ?? 0;
    },
    between: unknown,
    hex: unknown,
    uuid: unknown,
  };
}

function endOf(how: End, at: number): VectorEnd {
  if (how.status === 'SUCCEEDED') return { status: how.status, at, output: how.output };
  if (how.status === 'TIMED_OUT') return { status: how.status, at };
  const { status, error, cause } = how;
  return { status, at, ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}

/** What the engine tells of the states that it went through. */
function statesOf(history: readonly HistoryEvent[], startedAt: number): Pick<Replayed, 'states' | 'exits'> {
  const at = ({ timestamp }: HistoryEvent) => (timestamp?.getTime() ?? 0) - startedAt;
  const states = history.flatMap((event) => {
    const details = event.stateEnteredEventDetails;
    return details === undefined
      ? []
      : [{ state: details.name ?? '', at: at(event), input: JSON.parse(details.input ?? 'null') }];
  });
  const exits = history.flatMap((event) => {
    const details = event.stateExitedEventDetails;
    if (details === undefined) return [];
    const assigned = details.assignedVariables;
    const values = assigned && Object.entries(assigned).map(([name, text]) => [name, JSON.parse(text)]);
    const output = JSON.parse(details.output ?? 'null');
    return [{ state: details.name ?? '', at: at(event), output, assigned: values && Object.fromEntries(values) }];
  });
  return { states: inOrder(states), exits: inOrder(exits) };
}

/** What a vector expects of an engine, in the words of a replay. */
export function expectationOf({ visits, end }: Vector): Replayed {
  const left = visits.filter(({ leftAt }) => leftAt !== undefined);
  return {
    calls: inOrder(
      visits.flatMap(({ branch, number: visit, attempts = [] }: Visit) =>
        attempts.map(({ at, arguments: given }) => ({ branch, visit, at, arguments: given })),
      ),
    ),
    states: inOrder(visits.map(({ state, enteredAt, input }) => ({ state, at: enteredAt, input }))),
    exits: inOrder(left.map(({ state, leftAt = 0, output, assigned }) => ({ state, at: leftAt, output, assigned }))),
    end,
  };
}

/** By time, because only that is binding between branches; what happens at one time by what it says. */
const inOrder = <T extends { readonly at: number }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => a.at - b.at || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
