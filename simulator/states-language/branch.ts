import type { Json, JsonObject } from './json.ts';

/**
 * How far one flow has come: the execution itself, one branch of a Parallel, one iteration of a Map. It outlives a
 * failed attempt, so that a redrive continues from it.
 */
export type Branch = {
  /** Names the branch for chance and for task attempts, the same in every run. */
  readonly key: string;
  readonly outer: Branch | undefined;
  readonly item: { readonly Index: number; readonly Value: Json } | undefined;
  status: 'ready' | 'running' | 'succeeded' | 'failed' | 'aborted';
  state: string;
  input: Json;
  variables: JsonObject;
  output: Json | undefined;
  /** States entered so far. */
  step: number;
  /** The entry into the current state; missing until it is entered for the first time. */
  entered: { readonly eventId: number; readonly previousEventId: number; readonly at: number } | undefined;
  lastEventId: number;
  retryCount: number;
  /** Set by a redrive until the state that it continues with has begun. */
  resumes: boolean;
  /** The branches of the current Parallel or Map. */
  inner: readonly Branch[];
};

type NewBranch = Pick<Branch, 'key' | 'state' | 'input'> & Partial<Pick<Branch, 'outer' | 'item'>>;

export function createBranch({ key, state, input, outer, item }: NewBranch): Branch {
  return {
    key,
    outer,
    item,
    status: 'ready',
    state,
    input,
    variables: {},
    output: undefined,
    step: 0,
    entered: undefined,
    lastEventId: 0,
    retryCount: 0,
    resumes: false,
    inner: [],
  };
}

/** The variables that a branch can read: its own and those of the flows around it. */
export function visibleVariables(branch: Branch): JsonObject {
  if (branch.outer === undefined) return branch.variables;
  return { ...visibleVariables(branch.outer), ...branch.variables };
}

/** The item of the innermost Map around the branch. */
export function currentItem(branch: Branch): Branch['item'] {
  return branch.item ?? (branch.outer === undefined ? undefined : currentItem(branch.outer));
}

/** Names of the states that run now, the innermost first. */
export function runningStates(branch: Branch): readonly string[] {
  if (branch.status !== 'running' || branch.entered === undefined) return [];
  return [...branch.inner.flatMap(runningStates), branch.state];
}

/**
 * Prepares a redrive: what succeeded stays, the rest begins again at the state where it stopped. A Parallel or Map
 * whose branches all succeeded failed on its own result, so all of it runs again.
 */
export function resume(branch: Branch): void {
  branch.resumes = branch.entered !== undefined;
  branch.status = 'ready';
  branch.retryCount = 0;
  if (branch.inner.every((inner) => inner.status === 'succeeded')) branch.inner = [];
  for (const inner of branch.inner) if (inner.status !== 'succeeded') resume(inner);
}
