import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aTask, outline, runMachine } from './machine-run.ts';

const map = (fields: object, inner: object = aTask('x', { End: true })) => ({
  StartAt: 'M',
  States: {
    M: {
      Type: 'Map',
      Items: '{% $states.input.items %}',
      ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'I', States: { I: inner } },
      End: true,
      ...fields,
    },
  },
});
const branch = (name: string, state: object) => ({ StartAt: name, States: { [name]: { End: true, ...state } } });
const parallel = (branches: object[], fields: object = {}) => ({
  StartAt: 'P',
  States: { P: { Type: 'Parallel', Branches: branches, End: true, ...fields } },
});
const items = (...list: number[]) => ({ input: { items: list } });
/** A task that takes as many seconds as its input says, and answers with it. */
const slow = { x: (given: unknown) => ({ afterMs: Number(given) * 1000, result: given as number }) };

describe('Map', () => {
  it('keeps the order of its items for any concurrency and any duration, and never runs more at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { maxLength: 50 }), fc.nat(45), async (list, concurrency) => {
        let running = 0;
        let most = 0;
        const run = runMachine(
          map({ MaxConcurrency: '{% $states.input.concurrency %}' }),
          {
            x: (given) => {
              running += 1;
              most = Math.max(most, running);
              run.kernel.clock.after(Number(given) * 1000, () => {
                running -= 1;
              });
              return { afterMs: Number(given) * 1000, result: given };
            },
          },
          { input: { items: list, concurrency } },
        );
        expect(await run.finish()).toEqual({ status: 'SUCCEEDED', output: list });
        expect(most).toBeLessThanOrEqual(Math.min(concurrency || 40, 40, list.length));
      }),
      { numRuns: 60 },
    );
  });

  it('starts the next item when one is done', async () => {
    const run = runMachine(map({ MaxConcurrency: 2 }), slow, items(3, 1, 1, 5));
    await run.finish();
    expect(run.calls.map(({ at }) => at / 1000)).toEqual([0, 0, 1, 2]);
  });

  it('runs at most 40 inside its execution', async () => {
    const run = runMachine(map({ MaxConcurrency: 100 }), slow, items(...Array(41).fill(1)));
    await run.finish();
    expect(run.calls.filter(({ at }) => at === 0)).toHaveLength(40);
  });

  it('gives ItemSelector and inner states the item, and the flow inside its own input', async () => {
    const fields = {
      ItemSelector: { v: '{% $states.context.Map.Item.Value %}', all: '{% $count($states.input.items) %}' },
    };
    const inner = {
      Type: 'Pass',
      Output: '{% {"input": $states.input, "index": $states.context.Map.Item.Index} %}',
      End: true,
    };
    const run = runMachine(map(fields, inner), {}, items(7, 8));
    expect(await run.finish()).toEqual({
      status: 'SUCCEEDED',
      output: [
        { input: { v: 7, all: 2 }, index: 0 },
        { input: { v: 8, all: 2 }, index: 1 },
      ],
    });
  });

  it('of nothing gives nothing', async () => {
    expect(await runMachine(map({}), slow, items()).finish()).toEqual({ status: 'SUCCEEDED', output: [] });
  });

  it.each([
    { value: 1, text: "Expected 'array', but was 'number' for value: 1" },
    { value: { a: 1 }, text: `Expected 'array', but was 'object' for value: {"a":1}` },
  ])('fails on Items that are no list, in the words and events of the service: $value', async ({ value, text }) => {
    const run = runMachine(map({}), {}, { input: { items: value } });
    expect(await run.finish()).toEqual({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause: `An error occurred while executing the state 'M' (entered at the event id #2). The JSONata expression '$states.input.items' specified for the field 'Items' returned an unexpected result type. ${text}`,
    });
    expect(outline(run.execution.history())).toEqual([
      '1 0 ExecutionStarted',
      '2 0 MapStateEntered',
      '3 0 EvaluationFailed',
      '4 3 MapStateFailed',
      '5 4 ExecutionFailed',
    ]);
  });

  it('writes the events of the service', async () => {
    const run = runMachine(map({ MaxConcurrency: 1 }, { Type: 'Pass', End: true }), {}, items(1, 2));
    await run.finish();
    expect(outline(run.execution.history())).toEqual([
      '1 0 ExecutionStarted',
      '2 0 MapStateEntered',
      '3 2 MapStateStarted',
      '4 3 MapIterationStarted',
      '5 4 PassStateEntered',
      '6 5 PassStateExited',
      '7 6 MapIterationSucceeded',
      '8 6 MapIterationStarted',
      '9 8 PassStateEntered',
      '10 9 PassStateExited',
      '11 10 MapIterationSucceeded',
      '12 11 MapStateSucceeded',
      '13 11 MapStateExited',
      '14 13 ExecutionSucceeded',
    ]);
  });

  const failsOnTwo = {
    x: (given: unknown) => (given === 2 ? { afterMs: 2000, error: 'E', cause: 'two' } : { afterMs: 9000, result: 1 }),
  };

  it('stops its other iterations when one fails', async () => {
    const run = runMachine(map({ MaxConcurrency: 2 }), failsOnTwo, items(1, 2, 3));
    expect(await run.finish()).toEqual({ status: 'FAILED', error: 'E', cause: 'two' });
    expect(run.calls).toHaveLength(2);
    expect(run.cancelled).toEqual(['x']);
    expect(outline(run.execution.history()).slice(-7)).toEqual([
      '12 11 TaskFailed',
      '13 12 MapIterationFailed',
      '14 12 TaskStateAborted',
      '15 12 MapIterationAborted',
      '16 12 TaskStateAborted',
      '17 12 MapStateFailed',
      '18 17 ExecutionFailed',
    ]);
  });

  it('can be retried as a whole', async () => {
    const run = runMachine(map({ Retry: [{ ErrorEquals: ['E'], MaxAttempts: 1 }] }), failsOnTwo, items(2));
    expect(await run.finish()).toMatchObject({ status: 'FAILED', error: 'E' });
    expect(run.calls.map(({ at }) => at)).toEqual([0, 3000]);
  });
});

describe('Parallel', () => {
  it('gives the outputs in the order of its branches', async () => {
    const definition = parallel([branch('A', aTask('slow')), branch('B', aTask('fast'))]);
    const tasks = { slow: () => ({ afterMs: 10, result: 'a' }), fast: () => ({ afterMs: 1, result: 'b' }) };
    expect(await runMachine(definition, tasks).finish()).toEqual({ status: 'SUCCEEDED', output: ['a', 'b'] });
  });

  it('gives every branch its Arguments', async () => {
    const pass = { Type: 'Pass' };
    const definition = parallel([branch('A', pass), branch('B', pass)], {
      Arguments: { n: '{% $states.input.n + 1 %}' },
    });
    const end = await runMachine(definition, {}, { input: { n: 1 } }).finish();
    expect(end).toEqual({ status: 'SUCCEEDED', output: [{ n: 2 }, { n: 2 }] });
  });

  it('stops waiting branches, also nested ones, when one fails, and its Catch goes on', async () => {
    const nested = parallel([branch('Deep', { Type: 'Wait', Seconds: 100 })]).States.P;
    const definition = {
      StartAt: 'P',
      States: {
        P: {
          Type: 'Parallel',
          Branches: [branch('Outer', nested), branch('F', aTask('x'))],
          Catch: [{ ErrorEquals: ['E'], Next: 'Done' }],
          Next: 'Done',
        },
        Done: { Type: 'Succeed' },
      },
    };
    const run = runMachine(definition, { x: () => ({ afterMs: 5000, error: 'E' }) });
    expect(await run.finish()).toEqual({ status: 'SUCCEEDED', output: { Error: 'E' } });
    expect(run.kernel.clock.now() - Date.UTC(2026, 5, 1)).toBe(5000);
    expect(outline(run.execution.history()).slice(-9)).toEqual([
      '10 8 TaskFailed',
      '11 10 TaskStateAborted',
      '12 10 WaitStateAborted',
      '13 10 ParallelStateAborted',
      '14 10 ParallelStateFailed',
      '15 14 ParallelStateExited',
      '16 15 SucceedStateEntered',
      '17 16 SucceedStateExited',
      '18 17 ExecutionSucceeded',
    ]);
  });
});
