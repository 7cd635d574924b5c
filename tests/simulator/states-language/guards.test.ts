import { describe, expect, it } from 'vitest';
import { matchesError, StatesError } from '../../../simulator/states-language/states-error.ts';
import { aTask, oneState, outline, runMachine } from './machine-run.ts';

const failing = (error: string, times = Infinity) => ({
  x: (_: unknown, attempt: number) => (attempt < times ? { error, cause: `c${attempt}` } : { result: { attempt } }),
});
const times = (retry: object[], error = 'E') => {
  const run = runMachine(oneState(aTask('x', { Retry: retry })), failing(error));
  return run.finish().then(() => run.calls.map(({ at }) => at / 1000));
};

describe('an error name', () => {
  it.each([
    { names: ['States.ALL'], error: 'Anything', matches: true },
    { names: ['States.ALL'], error: 'States.Timeout', matches: true },
    { names: ['States.ALL'], error: 'States.QueryEvaluationError', matches: true },
    { names: ['States.ALL'], error: 'States.Runtime', matches: false },
    { names: ['States.Runtime'], error: 'States.Runtime', matches: false },
    { names: ['States.ALL'], error: 'States.DataLimitExceeded', matches: false },
    { names: ['States.DataLimitExceeded'], error: 'States.DataLimitExceeded', matches: true },
    { names: ['States.TaskFailed'], error: 'Lambda.ServiceException', matches: true },
    { names: ['States.TaskFailed'], error: 'States.Timeout', matches: false },
    { names: ['States.TaskFailed'], error: 'States.DataLimitExceeded', matches: false },
    { names: ['e'], error: 'E', matches: false },
    { names: ['A', 'E'], error: 'E', matches: true },
  ])('$names takes $error: $matches', ({ names, error, matches }) => {
    expect(matchesError(names, new StatesError(error))).toBe(matches);
  });
});

describe('Retry', () => {
  it.each([
    { case: 'defaults', retry: [{ ErrorEquals: ['E'] }], at: [0, 1, 3, 7] },
    {
      case: 'a flat pause',
      retry: [{ ErrorEquals: ['E'], IntervalSeconds: 5, BackoffRate: 1, MaxAttempts: 2 }],
      at: [0, 5, 10],
    },
    {
      case: 'a ceiling',
      retry: [{ ErrorEquals: ['E'], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 10, MaxAttempts: 4 }],
      at: [0, 2, 8, 18, 28],
    },
    { case: 'no attempts', retry: [{ ErrorEquals: ['E'], MaxAttempts: 0 }], at: [0] },
    { case: 'another error', retry: [{ ErrorEquals: ['Other'] }], at: [0] },
    {
      case: 'the first retrier that matches',
      retry: [{ ErrorEquals: ['E'], MaxAttempts: 1, IntervalSeconds: 9 }, { ErrorEquals: ['States.ALL'] }],
      at: [0, 9],
    },
  ])('waits as written: $case', async ({ retry, at }) => {
    expect(await times(retry)).toEqual(at);
  });

  it('counts each retrier by itself', async () => {
    const retry = [
      { ErrorEquals: ['A'], MaxAttempts: 2, BackoffRate: 1 },
      { ErrorEquals: ['B'], MaxAttempts: 1, IntervalSeconds: 10 },
    ];
    const errors = ['A', 'B', 'A', 'A'];
    const run = runMachine(oneState(aTask('x', { Retry: retry })), {
      x: (_, attempt) => ({ error: errors[attempt] ?? 'C' }),
    });
    expect(await run.finish()).toMatchObject({ error: 'A' });
    expect(run.calls.map(({ at }) => at / 1000)).toEqual([0, 1, 11, 12]);
  });

  it('with full jitter waits at most the pause, and the same in every run', async () => {
    const retry = [
      { ErrorEquals: ['E'], IntervalSeconds: 100, BackoffRate: 1, MaxAttempts: 5, JitterStrategy: 'FULL' },
    ];
    const at = await times(retry);
    const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(pauses.every((pause) => pause >= 0 && pause <= 100)).toBe(true);
    expect(new Set(pauses).size).toBe(5);
    expect(await times(retry)).toEqual(at);
  });

  it('tells the task how often, evaluates Arguments anew and does not enter the state again', async () => {
    const state = aTask('x', {
      Arguments: { n: '{% $states.context.State.RetryCount %}', at: '{% $millis() %}' },
      Retry: [{ ErrorEquals: ['E'] }],
    });
    const run = runMachine(oneState(state), failing('E', 1));
    expect(await run.finish()).toEqual({ status: 'SUCCEEDED', output: { attempt: 1 } });
    expect(run.calls.map(({ given }) => given.n)).toEqual([0, 1]);
    expect(Number(run.calls[1]?.given.at) - Number(run.calls[0]?.given.at)).toBe(1000);
    expect(outline(run.execution.history())).toEqual([
      '1 0 ExecutionStarted',
      '2 0 TaskStateEntered',
      '3 2 TaskScheduled',
      '4 3 TaskStarted',
      '5 4 TaskFailed',
      '6 5 TaskScheduled',
      '7 6 TaskStarted',
      '8 7 TaskSucceeded',
      '9 8 TaskStateExited',
      '10 9 ExecutionSucceeded',
    ]);
    expect(run.transitions()).toBe(2);
  });
});

describe('Catch', () => {
  const caught = (catcher: object, fields: object = {}) => ({
    StartAt: 'A',
    States: {
      A: aTask('x', {
        Assign: { own: 'state' },
        Output: '{% "state" %}',
        Next: 'B',
        Catch: [{ Next: 'B', ...catcher }],
        ...fields,
      }),
      B: { Type: 'Pass', Output: '{% {"input": $states.input, "own": $exists($own) ? $own : "unset"} %}', End: true },
    },
  });

  it.each([
    {
      case: 'the error output',
      catcher: { ErrorEquals: ['E'] },
      output: { input: { Error: 'E', Cause: 'c0' }, own: 'unset' },
    },
    {
      case: 'its own Output',
      catcher: { ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput.Error & $states.input.i %}' },
      output: { input: 'E1', own: 'unset' },
    },
    {
      case: 'only its own Assign',
      catcher: { ErrorEquals: ['States.TaskFailed'], Assign: { own: '{% $states.errorOutput.Cause %}' } },
      output: { input: { Error: 'E', Cause: 'c0' }, own: 'c0' },
    },
  ])('goes on with $case', async ({ catcher, output }) => {
    const end = await runMachine(caught(catcher), failing('E'), { input: { i: 1 } }).finish();
    expect(end).toEqual({ status: 'SUCCEEDED', output });
  });

  it('comes after the retries', async () => {
    const run = runMachine(
      caught({ ErrorEquals: ['E'] }, { Retry: [{ ErrorEquals: ['E'], MaxAttempts: 2 }] }),
      failing('E'),
    );
    expect(await run.finish()).toMatchObject({ output: { input: { Error: 'E', Cause: 'c2' } } });
    expect(run.calls).toHaveLength(3);
  });

  it.each([
    { field: 'Arguments', fields: { Arguments: '{% $nope %}' } },
    { field: 'Output', fields: { Output: '{% $nope %}' } },
    { field: 'Assign', fields: { Assign: { own: '{% $nope %}' } } },
  ])('takes States.QueryEvaluationError of $field', async ({ fields }) => {
    const definition = caught({ ErrorEquals: ['States.QueryEvaluationError'] }, fields);
    const end = await runMachine(definition, { x: () => ({ result: 1 }) }).finish();
    expect(end).toMatchObject({ output: { input: { Error: 'States.QueryEvaluationError' }, own: 'unset' } });
  });

  it('whose own Output fails lets the execution fail', async () => {
    const end = await runMachine(caught({ ErrorEquals: ['States.ALL'], Output: '{% $nope %}' }), failing('E')).finish();
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });
});

describe('time-outs', () => {
  it('fail the task, after which its late answer counts for nothing', async () => {
    const state = aTask('x', { TimeoutSeconds: '{% $states.input.t %}' });
    const run = runMachine(oneState(state), { x: () => ({ afterMs: 60_000, result: 1 }) }, { input: { t: 5 } });
    expect(await run.finish()).toEqual({ status: 'FAILED', error: 'States.Timeout' });
    expect(run.cancelled).toEqual(['x']);
    await run.pass(120_000);
    expect(outline(run.execution.history()).slice(3)).toEqual([
      '4 3 TaskStarted',
      '5 4 TaskTimedOut',
      '6 5 ExecutionFailed',
    ]);
  });

  it('begin anew with every attempt', async () => {
    const state = aTask('x', { TimeoutSeconds: 5, Retry: [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 1 }] });
    const run = runMachine(oneState(state));
    await run.finish();
    expect(run.calls.map(({ at }) => at)).toEqual([0, 6000]);
  });

  it('of a missed heartbeat are matched by both names', async () => {
    for (const name of ['States.HeartbeatTimeout', 'States.Timeout']) {
      const state = aTask('x', { HeartbeatSeconds: 5, Catch: [{ ErrorEquals: [name], Next: 'B' }], Next: 'B' });
      const run = runMachine({ StartAt: 'A', States: { A: state, B: { Type: 'Succeed' } } });
      await run.pass(4000);
      run.signals[0]?.heartbeat();
      await run.pass(4000);
      expect(run.end()).toBeUndefined();
      expect(await run.finish()).toEqual({ status: 'SUCCEEDED', output: { Error: 'States.Timeout' } });
      expect(run.kernel.clock.now() - Date.UTC(2026, 5, 1)).toBe(9000);
    }
  });

  it('of the machine end it as TIMED_OUT, and no Catch sees it', async () => {
    const state = aTask('x', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }], Next: 'B' });
    const run = runMachine({ TimeoutSeconds: 30, StartAt: 'A', States: { A: state, B: { Type: 'Succeed' } } });
    expect(await run.finish()).toEqual({ status: 'TIMED_OUT' });
    expect(run.cancelled).toEqual(['x']);
    expect(outline(run.execution.history()).at(-1)).toBe('5 0 ExecutionTimedOut');
  });
});
