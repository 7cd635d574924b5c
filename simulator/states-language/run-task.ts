import type { TaskState, Template } from './definition.ts';
import { checkPayload, payloadExcess } from './enter-leave.ts';
import { outputDetails } from './history.ts';
import { Interrupted } from './interruption.ts';
import type { Json } from './json.ts';
import { createQuery, type Query } from './query.ts';
import { type Frame, record, type TaskRequest } from './run.ts';
import { StatesError } from './states-error.ts';

type Limits = { readonly timeoutSeconds: number | undefined; readonly heartbeatSeconds: number | undefined };
type Named = { readonly resourceType: string; readonly resource: string };

const TOKEN_SUFFIX = '.waitForTaskToken';

/** One attempt of a Task: from TaskScheduled to its result. */
export async function runTask(frame: Frame<TaskState>): Promise<Json> {
  const { state, branch } = frame;
  const stateKey = stateKeyOf(frame);
  const key = `${stateKey}.${frame.run.redrives().count}.${branch.retryCount}`;
  const token = state.resource.endsWith(TOKEN_SUFFIX) ? tokenFor(frame, key) : undefined;
  const query = createQuery(frame, { token });
  const given = state.arguments === undefined ? branch.input : await query.value(state.arguments);
  checkPayload(given, state.name);
  const limits = {
    timeoutSeconds: await readSeconds(query, state.timeoutSeconds, 'TimeoutSeconds'),
    heartbeatSeconds: await readSeconds(query, state.heartbeatSeconds, 'HeartbeatSeconds'),
  };
  const isRedriven = branch.resumes;
  branch.resumes = false;
  const request = {
    executionArn: frame.run.identity.arn,
    resource: state.resource,
    arguments: given,
    stateKey,
    key,
    token,
    isRedriven,
  };
  return perform(frame, request, limits);
}

const stateKeyOf = ({ run, branch }: Frame) => `${run.identity.arn}${branch.key}#${branch.step}`;

const tokenFor = ({ run }: Frame, key: string) =>
  Buffer.from(run.engine.random.hex(128, 'task-token', key), 'hex').toString('base64');

async function readSeconds(query: Query, template: Template | undefined, field: string): Promise<number | undefined> {
  if (template === undefined) return undefined;
  const seconds = await query.typed<number>(template, 'number', field);
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  throw query.failure(field, `The field '${field}' must be a positive integer, but was: ${seconds}`);
}

function perform(frame: Frame<TaskState>, request: TaskRequest, limits: Limits): Promise<Json> {
  const { run, scope } = frame;
  const named = nameOf(request.resource);
  record(frame, 'TaskScheduled', {
    taskScheduledEventDetails: {
      ...named,
      region: run.engine.region,
      parameters: JSON.stringify(request.arguments),
      ...(limits.timeoutSeconds === undefined ? {} : { timeoutInSeconds: limits.timeoutSeconds }),
      ...(limits.heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: limits.heartbeatSeconds }),
    },
  });
  record(frame, 'TaskStarted', { taskStartedEventDetails: named });

  return scope.suspend<Json>((resume, fail) => {
    let isOver = false;
    let stop = () => {};
    const conclude = (act: () => void) => {
      if (isOver) return;
      isOver = true;
      watch.end();
      stop();
      unlessFull(act);
    };
    const watch = createWatch(frame, limits, (error) =>
      conclude(() => {
        record(frame, 'TaskTimedOut', { taskTimedOutEventDetails: { ...named, error: 'States.Timeout' } });
        fail(error);
      }),
    );
    stop = run.engine.integrations.start(request, {
      heartbeat: watch.beat,
      submitted(output) {
        const taskSubmittedEventDetails = { ...named, ...outputDetails(output) };
        if (!isOver) unlessFull(() => record(frame, 'TaskSubmitted', { taskSubmittedEventDetails }));
      },
      succeeded: (result) => conclude(() => recordResult(frame, named, result, resume, fail)),
      failed: (error) => conclude(() => recordFailure(frame, named, error, fail)),
    });
    return () => conclude(() => {});
  });
}

/** A full history has already failed the execution; whoever brought the news need not know. */
function unlessFull(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
}

type Fail = (error: StatesError) => void;

function recordResult(frame: Frame, named: Named, result: Json, resume: (result: Json) => void, fail: Fail): void {
  const excess = payloadExcess(result, named.resourceType);
  if (excess !== undefined) {
    recordFailure(frame, named, excess, fail);
    return;
  }
  record(frame, 'TaskSucceeded', { taskSucceededEventDetails: { ...named, ...outputDetails(result) } });
  resume(result);
}

function recordFailure(frame: Frame, named: Named, failure: StatesError, fail: Fail): void {
  const { error, reason: cause } = failure;
  const reason = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
  record(frame, 'TaskFailed', { taskFailedEventDetails: { ...named, ...reason } });
  fail(failure);
}

/** The time-out and the heartbeat of one attempt. */
function createWatch({ run }: Frame, limits: Limits, onTimeout: (error: StatesError) => void) {
  const { clock } = run.engine;
  let isOver = false;
  const expire = (alias?: string) => () => {
    end();
    onTimeout(new StatesError('States.Timeout', undefined, alias));
  };
  const after = (seconds: number | undefined, alias?: string) =>
    seconds === undefined ? undefined : clock.after(seconds * 1000, expire(alias));
  const timeout = after(limits.timeoutSeconds);
  let heartbeat = after(limits.heartbeatSeconds, 'States.HeartbeatTimeout');

  function end(): void {
    isOver = true;
    timeout?.cancel();
    heartbeat?.cancel();
  }
  return {
    end,
    beat() {
      if (isOver) return;
      heartbeat?.cancel();
      heartbeat = after(limits.heartbeatSeconds, 'States.HeartbeatTimeout');
    },
  };
}

/** `arn:aws:states:::states:startExecution.sync:2` is resource `startExecution.sync:2` of type `states`. */
function nameOf(arn: string): Named {
  const [resourceType = '', ...rest] = arn.split(':::').at(-1)?.split(':') ?? [];
  return { resourceType, resource: rest.join(':') };
}
