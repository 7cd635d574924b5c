import type { Expression } from './expression.ts';
import type { Json } from './json.ts';

/** A field of a state as it is written: plain JSON with expressions at any depth. */
export type Template =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly field: string }
  | { readonly kind: 'list'; readonly items: readonly Template[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, value: Template])[] };

/** The members of an Assign field. */
export type Assignments = readonly (readonly [name: string, value: Template])[];

/** States that run one after another: a machine, a branch of a Parallel, the processor of a Map. */
export type Flow = { readonly startAt: string; readonly states: Readonly<Record<string, State>> };

export type Machine = Flow & {
  readonly comment?: string;
  readonly timeoutSeconds?: number;
};

export type Retrier = {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds?: number;
  readonly jitter: boolean;
};

export type Catcher = {
  readonly errorEquals: readonly string[];
  readonly next: string;
  readonly assign: Assignments;
  readonly output?: Template;
};

export type ChoiceRule = {
  readonly condition: Template;
  readonly next: string;
  readonly assign: Assignments;
  readonly output?: Template;
};

type Common = { readonly name: string; readonly assign: Assignments; readonly output?: Template };
/** `next` is missing where the state ends its flow. */
type Going = { readonly next?: string };
type Guarded = { readonly retry: readonly Retrier[]; readonly catch: readonly Catcher[] };

export type TaskState = Common &
  Going &
  Guarded & {
    readonly type: 'Task';
    readonly resource: string;
    readonly arguments?: Template;
    readonly timeoutSeconds?: Template;
    readonly heartbeatSeconds?: Template;
  };
export type ParallelState = Common &
  Going &
  Guarded & { readonly type: 'Parallel'; readonly arguments?: Template; readonly branches: readonly Flow[] };
export type MapState = Common &
  Going &
  Guarded & {
    readonly type: 'Map';
    readonly items?: Template;
    readonly itemSelector?: Template;
    readonly maxConcurrency: Template;
    readonly processor: Flow;
  };
export type PassState = Common & Going & { readonly type: 'Pass' };
export type WaitState = Common &
  Going & { readonly type: 'Wait'; readonly seconds?: Template; readonly timestamp?: Template };
export type ChoiceState = Common & {
  readonly type: 'Choice';
  readonly choices: readonly ChoiceRule[];
  readonly default?: string;
};
export type SucceedState = Common & { readonly type: 'Succeed' };
export type FailState = Common & { readonly type: 'Fail'; readonly error?: Template; readonly cause?: Template };

export type State =
  | TaskState
  | ParallelState
  | MapState
  | PassState
  | WaitState
  | ChoiceState
  | SucceedState
  | FailState;

/** Where a state can go, its catchers and inner flows aside. */
export function targetsOf(state: State): readonly string[] {
  if (state.type === 'Choice') {
    const targets = state.choices.map((choice) => choice.next);
    return state.default === undefined ? targets : [...targets, state.default];
  }
  const caught = 'catch' in state ? state.catch.map((catcher) => catcher.next) : [];
  return 'next' in state && state.next !== undefined ? [state.next, ...caught] : caught;
}

/** The flows inside a state. */
export function innerFlows(state: State): readonly Flow[] {
  if (state.type === 'Parallel') return state.branches;
  return state.type === 'Map' ? [state.processor] : [];
}
