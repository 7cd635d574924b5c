import type { Clock } from '../kernel/clock.ts';
import { createAlarm } from './alarm.ts';
import type { attribute } from './direct-attribution.ts';
import { createGuest } from './direct-guest.ts';
import type { Hosts } from './direct-network.ts';
import { describeError } from './guest/handler.ts';
import {
  arrivalKey,
  type Environment,
  type EnvironmentSpec,
  exitError,
  exitReason,
  type FunctionError,
  type Invocation,
  neverSettled,
  type Outcome,
} from './runner.ts';

export type DirectEnvironment = Environment & {
  /** False while code of it is under way outside the reach of the clock. Called once per turn of the event loop. */
  readonly isQuiet: () => boolean;
  readonly crash: (error: FunctionError | string) => void;
};

type Options = {
  readonly spec: EnvironmentSpec;
  readonly clock: Clock;
  readonly hosts: Hosts;
  readonly changed: () => void;
  readonly owners: Map<number, DirectEnvironment>;
  readonly attribute: typeof attribute;
};

type Running = { readonly invocation: Invocation; readonly settle: (outcome: Outcome) => void };

/** Quiet turns of the event loop after which an invocation that waits for nothing counts as stuck. */
const stuckTurns = 4;

/** One execution environment inside this process: its own globals and modules, and a gate to the outside. */
export function createDirectEnvironment({
  spec,
  clock,
  hosts,
  changed,
  owners,
  attribute,
}: Options): DirectEnvironment {
  const { now } = clock;
  const backlog: (() => void)[] = [];
  let running: Running | undefined;
  let isGone = false;
  let step = 0;
  let idleTurns = 0;

  const stirred = () => {
    idleTurns = 0;
    changed();
  };
  const computing = createCounter(stirred);
  const awaited = createCounter(stirred);
  const guard = (run: () => void) => {
    if (isGone) return;
    idleTurns = 0;
    try {
      attribute(environment, run);
    } catch (error) {
      if (error !== exited) environment.crash(describeError(error));
    }
  };
  const deliver = (action: () => void) => {
    if (running === undefined) backlog.push(action);
    else guard(action);
  };
  const end = (outcome: Outcome) => {
    const ended = running;
    if (ended === undefined) return;
    running = undefined;
    if (outcome.kind === 'exited') environment.destroy();
    clock.arrive(arrivalKey(ended.invocation.number, 'end'), () => ended.settle(outcome));
  };
  const alarm = createAlarm(clock, () => deliver(() => guest.runTimers()));
  const setAlarm = () => {
    const dueAt = guest.timers.earliest();
    if (running !== undefined && dueAt !== undefined) alarm.setBy(dueAt);
  };
  const guest = createGuest({
    spec,
    now,
    hosts,
    computing: computing.open,
    awaited: awaited.open,
    deliver,
    requestId: () => running?.invocation.requestId,
    nextKey: () => arrivalKey(running?.invocation.number ?? 0, step++),
    arrive: clock.arrive,
    timersChanged: () => {
      if (running !== undefined) clock.arrive(arrivalKey(running.invocation.number, 'timer'), setAlarm);
    },
    exit(code) {
      environment.crash(exitReason(code));
      throw exited;
    },
  });

  const environment: DirectEnvironment = {
    invoke(invocation, settle) {
      running = { invocation, settle };
      owners.set(invocation.number, environment);
      step = 0;
      alarm.cancel();
      clock.arrive(arrivalKey(invocation.number, 'timer'), setAlarm);
      for (const action of backlog.splice(0)) guard(action);
      guard(() => {
        void guest.call(invocation).then((outcome) => {
          if (running?.invocation === invocation) end(outcome);
        });
      });
    },
    isQuiet() {
      if (computing.count() > 0) return false;
      if (running === undefined || awaited.count() > 0 || guest.timers.earliest() !== undefined) return true;
      idleTurns += 1;
      if (idleTurns > stuckTurns) end({ kind: 'exited', error: neverSettled });
      setImmediate(changed);
      return false;
    },
    crash(error) {
      if (running === undefined) return environment.destroy();
      const { requestId } = running.invocation;
      end({ kind: 'exited', error: typeof error === 'string' ? exitError(requestId, error) : error });
    },
    destroy() {
      isGone = true;
      running = undefined;
      alarm.cancel();
      backlog.length = 0;
      computing.reset();
      for (const [number, owner] of owners) if (owner === environment) owners.delete(number);
      changed();
    },
  };
  return environment;
}

/** Counts what is open; `changed` is called when something closes. */
function createCounter(changed: () => void) {
  const open = new Set<object>();
  return {
    count: () => open.size,
    reset: () => open.clear(),
    open: () => {
      const token = {};
      open.add(token);
      return () => {
        if (open.delete(token)) changed();
      };
    },
  };
}

/** Thrown by process.exit, which must not return; nobody reports it. */
const exited = new Error('process.exit');
