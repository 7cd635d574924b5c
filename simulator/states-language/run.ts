import type { Clock } from '../kernel/clock.ts';
import type { Randomness } from '../kernel/randomness.ts';
import type { Branch } from './branch.ts';
import type { Flow, State } from './definition.ts';
import type { EventDetails, EventType, History } from './history.ts';
import type { Scope } from './interruption.ts';
import type { Json, JsonObject } from './json.ts';
import type { ResourceCheck } from './parse-state.ts';
import type { StatesError } from './states-error.ts';

/** One attempt of a Task, as an integration sees it. */
export type TaskRequest = {
  readonly executionArn: string;
  readonly resource: string;
  readonly arguments: Json;
  /** Names the state that the attempt belongs to, across retries and redrives. */
  readonly stateKey: string;
  /** Names this attempt, the same in every run. */
  readonly key: string;
  /** Present where the task waits until somebody sends the token back. */
  readonly token: string | undefined;
  /** The attempt continues one that failed before a redrive. */
  readonly isRedriven: boolean;
};

/** What an integration says while a task runs. After `succeeded` or `failed` nothing more counts. */
export type TaskSignals = {
  readonly submitted: (output: Json) => void;
  readonly heartbeat: () => void;
  readonly succeeded: (result: Json) => void;
  readonly failed: (error: StatesError) => void;
};

/** The services that Tasks can call. */
export type Integrations = {
  readonly checkResource: ResourceCheck;
  /** @returns Called once when the task is over, however it ended: what still goes on for it is to stop. */
  readonly start: (task: TaskRequest, signals: TaskSignals) => () => void;
};

/** What the engine stands on and whom it tells. */
export type Engine = {
  readonly clock: Clock;
  readonly random: Randomness;
  readonly region: string;
  /** Account time between two states. */
  readonly transitionMs: number;
  readonly integrations: Integrations;
  readonly onTransition: () => void;
};

/** Who an execution is, for the context object. */
export type ExecutionIdentity = {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly input: Json;
  readonly startedAt: number;
  readonly machine: { readonly arn: string; readonly name: string };
};

/** One execution while it runs. */
export type Run = {
  readonly engine: Engine;
  readonly identity: ExecutionIdentity;
  readonly history: History;
  readonly redrives: () => { readonly count: number; readonly at: number | undefined };
  readonly onState: (state: string) => void;
  /** The execution's top flow, for its limits. */
  readonly top: Branch;
};

/** A state of a branch while it runs. */
export type Frame<S extends State = State> = {
  readonly run: Run;
  readonly flow: Flow;
  readonly branch: Branch;
  readonly scope: Scope;
  readonly state: S;
};

/** Where a state leads: to another, or to the end of its flow. */
export type Outcome = { readonly next: string | undefined; readonly output: Json };

/** Runs a flow to its end; how Parallel and Map run what is inside them. */
export type RunFlow = (run: Run, flow: Flow, branch: Branch, scope: Scope) => Promise<Json>;

/** Members of `$states` that a state has only once its work is done. */
export type Extras = { readonly result?: Json; readonly errorOutput?: JsonObject };

/** Lets account time pass. @throws {Interrupted} */
export function sleep({ scope, run }: Pick<Frame, 'scope' | 'run'>, delayMs: number): Promise<void> {
  return scope.suspend((resume) => run.engine.clock.after(delayMs, () => resume()).cancel);
}

/** Writes an event of the branch and moves its thread of events on. */
export function record({ run, branch }: Frame, type: EventType, details?: EventDetails): number {
  branch.lastEventId = run.history.write(type, branch.lastEventId, details);
  return branch.lastEventId;
}
