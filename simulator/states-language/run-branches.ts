import { type Branch, createBranch } from './branch.ts';
import type { Flow, MapState, ParallelState } from './definition.ts';
import { checkPayload } from './enter-leave.ts';
import { Interrupted } from './interruption.ts';
import type { Json } from './json.ts';
import { createQuery, inState } from './query.ts';
import { type Frame, type RunFlow, record } from './run.ts';
import { StatesError } from './states-error.ts';

/** The service's limit for a Map that runs inside its execution. */
const MAX_CONCURRENCY = 40;
const ABORTABLE: ReadonlySet<string> = new Set(['Task', 'Wait', 'Parallel', 'Map']);

/** How the branches of one state are run and named in the history. */
type Plan = { readonly flowOf: (index: number) => Flow; readonly concurrency: number; readonly runFlow: RunFlow };

/** All branches at once; the result has theirs in the order in which they are written. */
export async function runParallel(frame: Frame<ParallelState>, runFlow: RunFlow): Promise<Json> {
  const { state, branch } = frame;
  if (branch.inner.length === 0) {
    const input = state.arguments === undefined ? branch.input : await createQuery(frame).value(state.arguments);
    checkPayload(input, state.name);
    branch.inner = state.branches.map((flow, index) => innerBranch(frame, { index, state: flow.startAt, input }));
  }
  branch.resumes = false;
  record(frame, 'ParallelStateStarted');
  const flowOf = (index: number) => state.branches[index] as Flow;
  return runAll(frame, { flowOf, concurrency: state.branches.length, runFlow });
}

/** One branch per item, at most MaxConcurrency at a time; the result has theirs in the order of the items. */
export async function runMap(frame: Frame<MapState>, runFlow: RunFlow): Promise<Json> {
  const { state, branch } = frame;
  const asked = await createQuery(frame).typed<number>(state.maxConcurrency, 'number', 'MaxConcurrency');
  if (!branch.resumes || branch.inner.length === 0) branch.inner = await createIterations(frame);
  branch.resumes = false;
  record(frame, 'MapStateStarted', { mapStateStartedEventDetails: { length: branch.inner.length } });
  const concurrency = asked > 0 ? Math.min(asked, MAX_CONCURRENCY) : MAX_CONCURRENCY;
  return runAll(frame, { flowOf: () => state.processor, concurrency, runFlow });
}

async function createIterations(frame: Frame<MapState>): Promise<readonly Branch[]> {
  const { state, branch } = frame;
  const items =
    state.items === undefined ? branch.input : await createQuery(frame).typed<Json>(state.items, 'array', 'Items');
  if (!Array.isArray(items)) {
    const message = `Map state input must be an array but was: ${JSON.stringify(items)}`;
    throw new StatesError('States.Runtime', inState(frame, message));
  }
  const iterations: Branch[] = [];
  for (const [index, value] of items.entries()) {
    const item = { Index: index, Value: value as Json };
    const input =
      state.itemSelector === undefined ? item.Value : await createQuery(frame, { item }).value(state.itemSelector);
    checkPayload(input, state.name);
    iterations.push(innerBranch(frame, { index, state: state.processor.startAt, input, item }));
  }
  return iterations;
}

type Inner = Pick<Branch, 'state' | 'input'> & Partial<Pick<Branch, 'item'>> & { readonly index: number };

const innerBranch = ({ branch }: Frame, { index, ...inner }: Inner): Branch =>
  createBranch({ ...inner, key: `${branch.key}/${branch.step}.${branch.retryCount}[${index}]`, outer: branch });

async function runAll(frame: Frame<MapState | ParallelState>, plan: Plan): Promise<Json> {
  const { branch, scope, run } = frame;
  const branches = branch.inner;
  const waiting = [...branches.entries()].filter(([, inner]) => inner.status !== 'succeeded');
  const fork = scope.fork();
  let failure: { readonly index: number; readonly error: StatesError } | undefined;
  let lastEventId = branch.lastEventId;

  const runLane = async () => {
    let previousEventId = branch.lastEventId;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, inner] = next;
      startBranch(frame, { inner, index, previousEventId });
      try {
        await plan.runFlow(run, plan.flowOf(index), inner, fork);
      } catch (error) {
        if (!(error instanceof StatesError)) throw error;
        inner.status = 'failed';
        failure ??= { index, error };
        return fork.interrupt();
      }
      previousEventId = inner.lastEventId;
      lastEventId = endBranch(frame, inner, index);
    }
  };
  const lanes = Array.from({ length: Math.min(plan.concurrency, waiting.length) }, runLane);
  for (const lane of await Promise.allSettled(lanes)) rethrowUnexpected(lane);
  scope.release(fork);
  scope.check();
  if (failure !== undefined) {
    abortOthers(frame, plan, failure.index);
    throw failure.error;
  }
  return collect(frame, lastEventId);
}

function startBranch(frame: Frame, start: { inner: Branch; index: number; previousEventId: number }): void {
  const { state, run } = frame;
  const { inner, index, previousEventId } = start;
  const details = { mapIterationStartedEventDetails: { name: state.name, index } };
  inner.lastEventId =
    state.type === 'Map' ? run.history.write('MapIterationStarted', previousEventId, details) : previousEventId;
}

function endBranch({ state, run }: Frame, inner: Branch, index: number): number {
  if (state.type !== 'Map') return inner.lastEventId;
  const details = { mapIterationSucceededEventDetails: { name: state.name, index } };
  return run.history.write('MapIterationSucceeded', inner.lastEventId, details);
}

function rethrowUnexpected(lane: PromiseSettledResult<void>): void {
  if (lane.status === 'rejected' && !(lane.reason instanceof Interrupted)) throw lane.reason;
}

/** The events of the service: the branch that failed, then each one that it took down. */
function abortOthers(frame: Frame<MapState | ParallelState>, plan: Plan, failedIndex: number): void {
  const { branch, state, run } = frame;
  const failed = branch.inner[failedIndex] as Branch;
  branch.lastEventId = failed.lastEventId;
  const write = (type: 'MapIterationFailed' | 'MapIterationAborted', index: number) => {
    if (state.type !== 'Map') return;
    const details = { name: state.name, index };
    const named =
      type === 'MapIterationFailed'
        ? { mapIterationFailedEventDetails: details }
        : { mapIterationAbortedEventDetails: details };
    run.history.write(type, branch.lastEventId, named);
  };
  write('MapIterationFailed', failedIndex);
  if (plan.flowOf(failedIndex).states[failed.state]?.type === 'Task') {
    run.history.write('TaskStateAborted', branch.lastEventId);
  }
  for (const [index, inner] of branch.inner.entries()) {
    if (inner.status !== 'running') continue;
    write('MapIterationAborted', index);
    abort(frame, plan.flowOf(index), inner);
  }
}

function abort(frame: Frame, flow: Flow, branch: Branch): void {
  branch.status = 'aborted';
  const state = flow.states[branch.state];
  if (state === undefined) return;
  for (const [index, inner] of branch.inner.entries()) {
    if (inner.status !== 'running') continue;
    abort(frame, state.type === 'Parallel' ? (state.branches[index] as Flow) : (state as MapState).processor, inner);
  }
  if (branch.entered === undefined || !ABORTABLE.has(state.type)) return;
  frame.run.history.write(`${state.type}StateAborted` as 'TaskStateAborted', frame.branch.lastEventId);
}

function collect(frame: Frame<MapState | ParallelState>, lastEventId: number): Json {
  const { branch, state, run } = frame;
  const outputs = branch.inner.map((inner) => inner.output as Json);
  checkPayload(outputs, state.name);
  branch.lastEventId = lastEventId;
  run.history.write(`${state.type}StateSucceeded`, lastEventId);
  return outputs;
}
