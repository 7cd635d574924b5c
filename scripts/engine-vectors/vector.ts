import type { Json, JsonObject } from '../../simulator/states-language/json.ts';

export const format = 'engine-vectors';
/** Grows when what is written means something else than before. */
export const version = 1;

/** All executions of one machine on one path: one file. */
export type VectorFile = {
  readonly format: typeof format;
  readonly version: typeof version;
  /** The scenario that was played, and with which seed. */
  readonly path: string;
  readonly seed: number;
  readonly machine: string;
  /** Time between two states. */
  readonly transitionMs: number;
  /** As it is deployed, but that every Task is a plain call: `arn:aws:states:::vector:<what it was>`. */
  readonly definition: JsonObject;
  readonly executions: readonly Vector[];
};

/** One execution. All times are milliseconds since its start. */
export type Vector = {
  readonly execution: {
    readonly arn: string;
    readonly name: string;
    readonly roleArn: string;
    /** ISO 8601. */
    readonly startedAt: string;
    readonly machine: { readonly arn: string; readonly name: string };
  };
  readonly input: Json;
  readonly visits: readonly Visit[];
  readonly end: VectorEnd;
};

/** One entry into one state. */
export type Visit = {
  /** Empty for the execution itself; `3[1]` for the second iteration of the Map that was the third visit. */
  readonly branch: string;
  /** Counts the visits of the branch, from 1. */
  readonly number: number;
  readonly state: string;
  readonly enteredAt: number;
  readonly input: Json;
  /** Of a Task: its calls, the retries after the first. */
  readonly attempts?: readonly Attempt[];
  /** Missing where the state was not left: it failed, or was the last when the execution was stopped. */
  readonly leftAt?: number;
  readonly output?: Json;
  /** The variables that the state assigned. */
  readonly assigned?: JsonObject;
};

export type Attempt = {
  readonly at: number;
  readonly arguments: Json;
  readonly timeoutSeconds?: number;
  /** Missing when the execution ended first. */
  readonly endedAt?: number;
  readonly result?: Json;
  readonly error?: string;
  readonly cause?: string;
  /** The call did not answer in time, which the engine has to notice by itself. */
  readonly timedOut?: true;
  /** The draw for the pause before the next attempt, from 0 to 1; jitter of FULL takes this part of the pause. */
  readonly jitter?: number;
};

export type VectorEnd =
  | { readonly status: 'SUCCEEDED'; readonly at: number; readonly output: Json }
  | { readonly status: 'FAILED' | 'ABORTED'; readonly at: number; readonly error?: string; readonly cause?: string }
  | { readonly status: 'TIMED_OUT'; readonly at: number };
