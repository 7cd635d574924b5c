import type { LogEntry } from '../../simulator/kernel/event-log.ts';
import type { Fault } from '../../simulator/kernel/faults.ts';
import { play } from '../../tests/support/play.ts';
import type { Stage } from '../start/stage.ts';
import { callFaults, type EffectName, effects, type ObservedCall } from './call-faults.ts';
import {
  at,
  type Intervention,
  interventions,
  linger,
  type Moment,
  startRun,
  stopExecutions,
} from './interventions.ts';
import { brokenPromises, type Promises } from './promises.ts';
import { type Situation, situations } from './situations.ts';

/** One run with one thing going wrong. */
export type Trial = {
  /** Says all that is tried; it selects the trial on the command line. */
  readonly id: string;
  readonly situation: string;
  readonly promises: Promises;
  /** Done when the stack is deployed, before anything happens. */
  readonly prepare: (stage: Stage) => void;
};

const minuteMs = 60_000;
const stackName = 'reglaze-live';
const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.16/1';

const find = (situation: string): Situation => {
  const found = situations[situation];
  if (found === undefined)
    throw new Error(`There is no situation ${situation}: ${Object.keys(situations).join(', ')}.`);
  return found;
};

/** Plays a trial to its end; answers the promises that were broken. */
export async function tryIt({ situation, promises, prepare }: Trial): Promise<string[]> {
  const { scenario, change } = find(situation);
  return brokenPromises(await play(scenario, { change, before: prepare }), promises);
}

/** The log of the run that nothing happens to: what can be disturbed is found in it. */
export async function playUndisturbed(situation: string): Promise<readonly LogEntry[]> {
  const { scenario, change, ...promises } = find(situation);
  const played = await play(scenario, { change });
  const broken = brokenPromises(played, promises);
  if (broken.length > 0) throw new Error(`${situation} alone breaks promises: ${broken.join('; ')}`);
  return played.log;
}

const addAll = ({ account }: Stage, faults: readonly Fault[]) => {
  for (const fault of faults) account.kernel.faults.add(fault);
};

/** What a run may come to when something decisive was taken from it. */
const loosen = ({ expected, ...promises }: Promises): Promises => ({
  ...promises,
  mayFail: true,
  expected: expected === 'patched' ? 'either' : expected,
});

export function callTrial(
  situation: string,
  call: Omit<ObservedCall, 'count'>,
  nth: number,
  effect: EffectName,
): Trial {
  const [alone, faults] = [
    find(situation),
    callFaults({ ...call, functionName: `${stackName}-${call.functionName}` }, nth, effect),
  ];
  const startsRun = call.functionName === 'start-run';
  return {
    id: `${situation}: ${call.functionName} ${call.operation} ${nth} ${effect}`,
    ...{
      situation,
      promises:
        effect === 'down' ? { ...loosen(alone), mayCutDrains: true, ...(startsRun && { expected: 'either' }) } : alone,
    },
    prepare: (stage) => {
      // Lambda tries an event again after one minute, then two; in the meantime nothing moves.
      if (call.functionName.startsWith('start-')) linger(stage, 20 * minuteMs);
      addAll(stage, faults);
    },
  };
}

/** Every effect on the first, the second and the last call of every operation of every function. */
export const callTrials = (situation: string, log: readonly LogEntry[]): Trial[] =>
  observedCalls(log).flatMap((call) =>
    turns(call.count, 'second').flatMap((nth) =>
      effects
        .filter((effect) => effect !== 'down' || nth === 1)
        .map((effect) => callTrial(situation, call, nth, effect)),
    ),
  );

function observedCalls(log: readonly LogEntry[]): ObservedCall[] {
  const counts = new Map<string, number>();
  for (const { kind, details } of log) {
    if (details.functionName === undefined || !kind.startsWith('call.')) continue;
    const operation = `${kind === 'call.kubernetes' ? 'Kubernetes.' : ''}${details.operation}`;
    const call = `${String(details.functionName).slice(stackName.length + 1)}|${operation}`;
    counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  return [...counts].toSorted().map(([call, count]) => {
    const [functionName = '', operation = ''] = call.split('|');
    return { functionName, operation, count };
  });
}

const turns = (count: number, also: 'second' | 'middle'): number[] => [
  ...new Set([1, also === 'second' ? Math.min(2, count) : Math.ceil(count / 2), count]),
];

function moments(log: readonly LogEntry[], machines: readonly string[]): Moment[] {
  const counts = new Map<string, number>();
  for (const { kind, details } of log) {
    const machine = String(details.machine).slice(stackName.length + 1);
    // Nobody is fast enough for a decision.
    if (kind !== 'execution.state' || !machines.includes(machine) || String(details.state).endsWith('?')) continue;
    counts.set(`${machine}|${details.state}`, (counts.get(`${machine}|${details.state}`) ?? 0) + 1);
  }
  return [...counts].flatMap(([place, count]) => {
    const [machine = '', state = ''] = place.split('|');
    return turns(count, 'middle').map((nth) => ({ machine, state, nth }));
  });
}

const say = ({ machine, state, nth }: Moment): string => `at ${machine} "${state}" ${nth}`;

export const stopTrial = (situation: string, machine: string, moment: Moment): Trial => ({
  id: `${situation}: stop ${machine} ${say(moment)}`,
  ...{ situation, promises: { ...loosen(find(situation)), mayCutDrains: machine === 'drain-node' } },
  prepare: (stage) => at(stage, moment, stopExecutions(machine)),
});

const machines = ['patch-fleet', 'roll-node-group', 'admit-node', 'drain-node'];

/** An operator stops the executions of each machine at each state. Nothing comes after settle, so it is not stopped. */
export const stopTrials = (situation: string, log: readonly LogEntry[]): Trial[] =>
  moments(log, machines).flatMap((moment) => machines.map((machine) => stopTrial(situation, machine, moment)));

export function othersTrial(situation: string, what: string, moment: Moment): Trial {
  const act = interventions[what];
  if (act === undefined) throw new Error(`Nobody can "${what}": ${Object.keys(interventions).join(', ')}.`);
  return {
    id: `${situation}: ${what} ${say(moment)}`,
    situation,
    promises: {
      ...loosen(find(situation)),
      othersTakeNodes: true,
      othersChangeGroup: what.includes('refresh'),
      mayCutDrains: what === 'delete the drain hook',
      othersMoveTemplate: what.includes('template'),
    },
    prepare: (stage) => interfere(stage, moment, act),
  };
}

/** Waits long enough for what others have begun to come to its end. */
function interfere(stage: Stage, moment: Moment, act: Intervention): void {
  linger(stage, 90 * minuteMs);
  at(stage, moment, act);
}

/** Other people and their tools do something to the group, at each state of its rollout. */
export const othersTrials = (situation: string, log: readonly LogEntry[]): Trial[] =>
  Object.keys(interventions).flatMap((what) =>
    moments(log, ['roll-node-group', 'drain-node']).map((moment) => othersTrial(situation, what, moment)),
  );

export const secondRunTrial = (situation: string, moment: Moment): Trial => ({
  id: `${situation}: start a second run ${say(moment)}`,
  ...{ situation, promises: find(situation) },
  prepare: (stage) => at(stage, moment, startRun(imageArn)),
});

/** The same image is rolled by hand while its run is under way. */
export const secondRunTrials = (situation: string, log: readonly LogEntry[]): Trial[] =>
  moments(log, ['patch-fleet', 'roll-node-group']).map((moment) => secondRunTrial(situation, moment));

/** How late the copies of an event come. */
const disturbances = {
  lost: [],
  doubled: [0, 3000],
  late: [10 * minuteMs],
  'doubled late': [0, 15 * minuteMs],
} as const;

export const eventTrial = (situation: string, rule: string, nth: number, what: keyof typeof disturbances): Trial => ({
  id: `${situation}: event of ${rule} ${nth} ${what}`,
  situation,
  promises:
    rule === 'image-available' && what === 'lost' ? { ...find(situation), expected: 'either' } : find(situation),
  prepare: (stage) => {
    // Until the next sweep has come, and what it finds has ended.
    linger(stage, 110 * minuteMs);
    addAll(stage, [{ at: 'event', rule: `${stackName}-${rule}`, nth, delaysMs: disturbances[what] }]);
  },
});

/** Each of the first events of each rule is lost, doubled or late. */
export const eventTrials = (situation: string): Trial[] =>
  ['image-available', 'node-launched', 'node-leaving', 'execution-ended'].flatMap((rule) =>
    [1, 2, 3].flatMap((nth) =>
      (Object.keys(disturbances) as (keyof typeof disturbances)[]).map((what) =>
        eventTrial(situation, rule, nth, what),
      ),
    ),
  );
