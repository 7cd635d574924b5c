import { describe, expect, it } from 'vitest';
import { aTask, oneState, outline, runMachine } from './machine-run.ts';

const START = Date.UTC(2026, 5, 1);

describe('Choice', () => {
  const choose = {
    StartAt: 'Which?',
    States: {
      'Which?': {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 10 %}', Next: 'Done', Assign: { size: 'large' }, Output: '{% "rule" %}' },
          { Condition: '{% $states.input.n > 5 %}', Next: 'Done', Assign: { size: 'medium' } },
        ],
        Default: 'Done',
        Assign: { size: 'small' },
        Output: '{% "default" %}',
      },
      Done: { Type: 'Succeed', Output: '{% {"size": $size, "input": $states.input} %}' },
    },
  };

  it.each([
    { n: 11, output: { size: 'large', input: 'rule' } },
    { n: 6, output: { size: 'medium', input: { n: 6 } } },
    { n: 1, output: { size: 'small', input: 'default' } },
  ])('takes the first rule that holds, with its own Assign and Output: $n', async ({ n, output }) => {
    expect(await runMachine(choose, {}, { input: { n } }).finish()).toEqual({ status: 'SUCCEEDED', output });
  });

  it('fails when no rule holds and there is no default', async () => {
    const states = { A: { Type: 'Choice', Choices: [{ Condition: false, Next: 'B' }] }, B: { Type: 'Succeed' } };
    expect(await runMachine({ StartAt: 'A', States: states }).finish()).toMatchObject({
      error: 'States.NoChoiceMatched',
    });
  });

  it('fails when a condition is not a boolean', async () => {
    const states = {
      A: { Type: 'Choice', Choices: [{ Condition: '{% "yes" %}', Next: 'B' }] },
      B: { Type: 'Succeed' },
    };
    const end = await runMachine({ StartAt: 'A', States: states }).finish();
    expect(end).toMatchObject({ error: 'States.QueryEvaluationError' });
    expect(JSON.stringify(end)).toContain("Expected 'boolean', but was 'string' for value");
  });
});

describe('Wait', () => {
  it.each([
    { case: 'Seconds', fields: { Seconds: 90 }, ms: 90_000 },
    { case: 'Seconds as expression', fields: { Seconds: '{% $states.input.s %}' }, ms: 7000 },
    { case: 'Timestamp', fields: { Timestamp: '2026-06-01T01:00:00Z' }, ms: 3_600_000 },
    { case: 'Timestamp with offset', fields: { Timestamp: '2026-06-01T01:00:00+00:30' }, ms: 1_800_000 },
    { case: 'Timestamp as expression', fields: { Timestamp: '{% $fromMillis($millis() + 5000) %}' }, ms: 5000 },
    { case: 'Timestamp in the past', fields: { Timestamp: '2026-05-01T00:00:00Z' }, ms: 0 },
  ])('$case', async ({ fields, ms }) => {
    const run = runMachine(oneState({ Type: 'Wait', ...fields }), {}, { input: { s: 7 } });
    expect(await run.finish()).toEqual({ status: 'SUCCEEDED', output: { s: 7 } });
    expect(run.kernel.clock.now() - START).toBe(ms);
  });

  it.each([
    { case: 'a time without zone', fields: { Timestamp: '{% "2026-06-01T01:00:00" %}' } },
    { case: 'half a second', fields: { Seconds: '{% 0.5 %}' } },
    { case: 'text for seconds', fields: { Seconds: '{% "1" %}' } },
  ])('fails on $case', async ({ fields }) => {
    const run = runMachine(oneState({ Type: 'Wait', ...fields }));
    expect(await run.finish()).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });
});

describe('Fail', () => {
  it.each([
    { case: 'text', fields: { Error: 'Bad', Cause: 'why' }, end: { status: 'FAILED', error: 'Bad', cause: 'why' } },
    {
      case: 'expressions',
      fields: { Error: '{% $states.input.e %}', Cause: '{% "c" & 1 %}' },
      end: { status: 'FAILED', error: 'E', cause: 'c1' },
    },
    { case: 'nothing', fields: {}, end: { status: 'FAILED' } },
  ])('ends the execution with $case', async ({ fields, end }) => {
    const run = runMachine({ StartAt: 'A', States: { A: { Type: 'Fail', ...fields } } }, {}, { input: { e: 'E' } });
    expect(await run.finish()).toEqual(end);
    expect(outline(run.execution.history())).toEqual([
      '1 0 ExecutionStarted',
      '2 0 FailStateEntered',
      '3 2 ExecutionFailed',
    ]);
  });
});

describe('Task', () => {
  it('gets its Arguments, and its Output and Assign see the result', async () => {
    const definition = {
      StartAt: 'A',
      States: {
        A: aTask('x', {
          Arguments: { fixed: [1], name: '{% $states.input.name %}' },
          Assign: { kept: '{% $states.result.value %}' },
          Output: '{% {"in": $states.input, "out": $states.result} %}',
          Next: 'B',
        }),
        B: { Type: 'Pass', Output: '{% $merge([$states.input, {"kept": $kept}]) %}', End: true },
      },
    };
    const run = runMachine(definition, { x: () => ({ result: { value: 3 } }) }, { input: { name: 'n' } });
    expect(await run.finish()).toEqual({
      status: 'SUCCEEDED',
      output: { in: { name: 'n' }, out: { value: 3 }, kept: 3 },
    });
    expect(run.calls).toEqual([{ name: 'x', at: 0, given: { fixed: [1], name: 'n' } }]);
  });

  it.each([
    { case: 'the result of a task', state: aTask('x'), says: "The state/task 'test'" },
    {
      case: 'an output',
      state: { Type: 'Pass', Output: '{% $string($range(1, 1000, 1)) & $pad("", 262144, "x") %}' },
      says: "The state/task 'Only'",
    },
  ])('more than 256 KiB in $case is States.DataLimitExceeded', async ({ state, says }) => {
    const end = await runMachine(oneState(state), { x: () => ({ result: 'x'.repeat(262_143) }) }).finish();
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect((end as { cause: string }).cause).toContain(says);
  });

  it('takes exactly 256 KiB', async () => {
    const end = await runMachine(oneState(aTask('x')), { x: () => ({ result: 'x'.repeat(262_142) }) }).finish();
    expect(end.status).toBe('SUCCEEDED');
  });
});

describe('Assign', () => {
  it('evaluates all its expressions with the values from before', async () => {
    const definition = {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { a: 1, b: 2 }, Next: 'Swap' },
        Swap: { Type: 'Pass', Assign: { a: '{% $b %}', b: '{% $a %}' }, Output: '{% [$a, $b] %}', Next: 'C' },
        C: { Type: 'Pass', Output: '{% [$states.input, $a, $b] %}', End: true },
      },
    };
    expect(await runMachine(definition).finish()).toEqual({ status: 'SUCCEEDED', output: [1, 2, 2, 1] });
  });

  it('of an inner flow reads outer variables and stays inside', async () => {
    const inner = {
      StartAt: 'I',
      States: {
        I: { Type: 'Pass', Assign: { y: '{% $x + 1 %}' }, Next: 'J' },
        J: { Type: 'Pass', Output: '{% $y %}', End: true },
      },
    };
    const definition = {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { x: 1 }, Next: 'P' },
        P: { Type: 'Parallel', Branches: [inner], Next: 'Z' },
        Z: { Type: 'Pass', Output: '{% {"inner": $states.input, "seen": $exists($y)} %}', End: true },
      },
    };
    expect(await runMachine(definition).finish()).toEqual({ status: 'SUCCEEDED', output: { inner: [2], seen: false } });
  });

  it('of more than 256 KiB fails the state', async () => {
    const run = runMachine(oneState({ Type: 'Pass', Assign: { a: '{% $pad("", 262144, "x") %}' } }));
    expect(await run.finish()).toMatchObject({ error: 'States.DataLimitExceeded' });
  });
});

it('JSONPath states without paths pass their input on', async () => {
  const definition = {
    QueryLanguage: 'JSONPath',
    StartAt: 'A',
    States: { A: { Type: 'Wait', Seconds: 2, Next: 'B' }, B: { Type: 'Pass', Result: { r: '{% no %}' }, End: true } },
  };
  expect(await runMachine(definition).finish()).toEqual({ status: 'SUCCEEDED', output: { r: '{% no %}' } });
});

it('counts every state entered and takes time for it', async () => {
  const run = runMachine(
    { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Succeed' } } },
    {},
    { transitionMs: 25 },
  );
  await run.finish();
  expect([run.transitions(), run.kernel.clock.now() - START]).toEqual([2, 50]);
});
