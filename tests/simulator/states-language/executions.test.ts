import { describe, expect, it } from 'vitest';
import model from '../../../simulator/models/stepfunctions.json' with { type: 'json' };
import { aTask, oneState, outline, runMachine } from './machine-run.ts';

const branch = (name: string, state: object) => ({ StartAt: name, States: { [name]: { End: true, ...state } } });

describe('a stopped execution', () => {
  it('ends its tasks and writes nothing more', async () => {
    const run = runMachine(oneState(aTask('x')), { x: () => ({ afterMs: 60_000, result: 1 }) });
    await run.pass(1000);
    expect(run.execution.states()).toEqual(['Only']);
    run.execution.stop({ error: 'Stopped', cause: 'by hand' });
    expect(run.end()).toEqual({ status: 'ABORTED', error: 'Stopped', cause: 'by hand' });
    await run.pass(120_000);
    expect(run.cancelled).toEqual(['x']);
    expect(run.execution.states()).toEqual([]);
    expect(outline(run.execution.history()).slice(-2)).toEqual(['4 3 TaskStarted', '5 0 ExecutionAborted']);
  });
});

describe('a redriven execution', () => {
  it('continues at the failed task with its input and variables, and retries from the beginning', async () => {
    const definition = {
      StartAt: 'A',
      States: {
        A: aTask('a', { Assign: { kept: '{% $states.result %}' }, Next: 'B' }),
        B: aTask('b', {
          Arguments: '{% [$states.input, $kept, $states.context.Execution.RedriveCount] %}',
          Retry: [{ ErrorEquals: ['E'], MaxAttempts: 1 }],
          End: true,
        }),
      },
    };
    const run = runMachine(definition, {
      a: () => ({ result: 'a' }),
      b: (_, attempt) => (attempt < 3 ? { error: 'E' } : { result: 'b' }),
    });
    expect(await run.finish()).toMatchObject({ status: 'FAILED' });
    run.execution.redrive();
    expect(await run.finish()).toEqual({ status: 'SUCCEEDED', output: 'b' });
    expect(run.calls.map(({ name }) => name)).toEqual(['a', 'b', 'b', 'b', 'b']);
    expect(run.calls.at(-1)?.given).toEqual(['a', 'a', 1]);
    const types = run.execution.history().map(({ type }) => type);
    expect(types.slice(types.indexOf('ExecutionFailed'))).toEqual([
      'ExecutionFailed',
      'ExecutionRedriven',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('runs only the iterations of a Map that failed, were stopped or had not begun', async () => {
    const processor = { StartAt: 'I', States: { I: aTask('x', { End: true }) } };
    const definition = oneState({ Type: 'Map', Items: [0, 1, 2, 3], MaxConcurrency: 2, ItemProcessor: processor });
    let isMended = false;
    const answer = (given: unknown) => {
      if (given === 1 && !isMended) return { afterMs: 500, error: 'E' };
      return { afterMs: given === 0 ? 100 : 1000, result: given as number };
    };
    const run = runMachine(definition, { x: answer });
    expect(await run.finish()).toMatchObject({ status: 'FAILED', error: 'E' });
    isMended = true;
    run.execution.redrive();
    expect(await run.finish()).toEqual({ status: 'SUCCEEDED', output: [0, 1, 2, 3] });
    expect(run.calls.map(({ given }) => given)).toEqual([0, 1, 2, 1, 2, 3]);
  });

  it('that ended in Fail enters it again and fails again', async () => {
    const run = runMachine({ StartAt: 'A', States: { A: { Type: 'Fail', Error: 'E' } } });
    await run.finish();
    run.execution.redrive();
    expect(await run.finish()).toEqual({ status: 'FAILED', error: 'E' });
    expect(outline(run.execution.history()).slice(2)).toEqual([
      '3 2 ExecutionFailed',
      '4 2 ExecutionRedriven',
      '5 4 FailStateEntered',
      '6 5 ExecutionFailed',
    ]);
  });

  it('has its whole time-out again', async () => {
    const run = runMachine(
      { ...oneState(aTask('x')), TimeoutSeconds: 10 },
      { x: (_, attempt) => (attempt === 0 ? {} : { afterMs: 9000, result: 1 }) },
    );
    expect(await run.finish()).toEqual({ status: 'TIMED_OUT' });
    run.execution.redrive();
    expect(await run.finish()).toEqual({ status: 'SUCCEEDED', output: 1 });
  });

  it('that was stopped in a Wait waits again', async () => {
    const run = runMachine(oneState({ Type: 'Wait', Seconds: 10 }));
    await run.pass(6000);
    run.execution.stop({});
    run.execution.redrive();
    expect(await run.finish()).toMatchObject({ status: 'SUCCEEDED' });
    expect(run.kernel.clock.now() - Date.UTC(2026, 5, 1)).toBe(16_000);
  });
});

describe('the history', () => {
  it('holds at most 25000 events, of which the last fails the execution', async () => {
    const loop = { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'A' } } };
    const run = runMachine(loop);
    expect(await run.finish()).toEqual({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    const events = run.execution.history();
    expect([events.length, events.at(-1)?.type]).toEqual([25_000, 'ExecutionFailed']);
  });

  it('is also closed when a task brings the event that is too many', async () => {
    const loop = { StartAt: 'A', States: { A: aTask('x', { Next: 'A' }) } };
    const run = runMachine(loop, { x: () => ({ result: 1 }) });
    expect(await run.finish()).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(run.execution.history()).toHaveLength(25_000);
  });

  it('has types, members and ids of the service', async () => {
    const definition = {
      StartAt: 'Every',
      States: {
        Every: {
          Type: 'Parallel',
          Branches: [
            branch('T', aTask('x', { TimeoutSeconds: 9, HeartbeatSeconds: 4, Assign: { v: [1] } })),
            branch('M', { Type: 'Map', Items: [1], ItemProcessor: branch('I', { Type: 'Pass' }) }),
            branch('W', { Type: 'Wait', Seconds: 1 }),
            branch('X', aTask('bad', { Catch: [{ ErrorEquals: ['E'], Next: 'C' }] })),
          ].map((flow, index) =>
            index === 3 ? { ...flow, States: { ...flow.States, C: { Type: 'Succeed' } } } : flow,
          ),
          Next: 'Last',
        },
        Last: { Type: 'Pass', Output: '{% $nope %}', End: true },
      },
    };
    const run = runMachine(definition, {
      x: () => ({ afterMs: 1, result: { a: 'b' } }),
      bad: () => ({ error: 'E', cause: 'c' }),
    });
    await run.finish();
    const { shapes } = model as unknown as {
      shapes: Record<string, { enum?: string[]; members?: Record<string, { shape: string }> }>;
    };
    for (const [index, event] of run.execution.history().entries()) {
      const { timestamp, type, id, previousEventId, ...details } = event;
      expect([id, timestamp instanceof Date, Number(previousEventId) < Number(id)]).toEqual([index + 1, true, true]);
      expect(shapes.HistoryEventType?.enum).toContain(type);
      for (const [name, value] of Object.entries(details)) {
        const shape = shapes.HistoryEvent?.members?.[name]?.shape ?? `no member ${name}`;
        expect(Object.keys(shapes[shape]?.members ?? {})).toEqual(expect.arrayContaining(Object.keys(value as object)));
      }
    }
    const exit = run.execution.history().find(({ stateExitedEventDetails: details }) => details?.name === 'T');
    expect(exit?.stateExitedEventDetails).toEqual({
      name: 'T',
      output: '{"a":"b"}',
      outputDetails: { truncated: false },
      assignedVariables: { v: '[1]' },
      assignedVariablesDetails: { truncated: false },
    });
  });

  it('is the same, byte for byte, in two runs', async () => {
    const definition = oneState({
      Type: 'Map',
      Items: [3, 1, 2],
      ItemProcessor: branch(
        'I',
        aTask('x', {
          Arguments: { u: '{% $uuid() %}', n: '{% $states.input %}' },
          Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'FULL' }],
        }),
      ),
    });
    const once = async () => {
      const run = runMachine(definition, {
        x: (given, attempt) => (attempt < 4 ? { afterMs: Number(given.n), error: 'E' } : { result: given }),
      });
      await run.finish();
      return JSON.stringify(run.execution.history());
    };
    expect(await once()).toBe(await once());
  });
});

describe('a task with a token', () => {
  it('sees it in the context object, another in every attempt', async () => {
    const state = {
      Type: 'Task',
      Resource: 'arn:aws:states:::test:x.waitForTaskToken',
      Arguments: { token: '{% $states.context.Task.Token %}' },
      Retry: [{ ErrorEquals: ['E'], MaxAttempts: 1 }],
    };
    const run = runMachine(oneState(state), {
      x: (given, _, task) => (given.token === task.token ? { error: 'E' } : { result: 'other' }),
    });
    expect(await run.finish()).toMatchObject({ status: 'FAILED', error: 'E' });
    const [first, second] = run.calls.map(({ given }) => String(given.token));
    expect(first).not.toBe(second);
    expect(String(first).length).toBeLessThanOrEqual(2048);
  });
});
