import { describe, expect, it } from 'vitest';
import { oneState, runMachine } from './machine-run.ts';

const outputOf = async (expression: string, input: unknown = {}) => {
  const run = runMachine(oneState({ Type: 'Pass', Output: `{% ${expression} %}` }), {}, { input: input as never });
  const end = await run.finish();
  return end.status === 'SUCCEEDED' ? end.output : end;
};

describe('expressions', () => {
  it.each([
    { case: 'partition', expression: '$partition([1,2,3,4,5], 2)', output: [[1, 2], [3, 4], [5]] },
    { case: 'range up', expression: '$range(0, 10, 5)', output: [0, 5, 10] },
    { case: 'range down', expression: '$range(3, 1, -1)', output: [3, 2, 1] },
    { case: 'hash', expression: '$hash("a", "SHA-1")', output: '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8' },
    { case: 'parse', expression: '$parse("{\\"a\\":[1]}").a', output: [1] },
    { case: 'account clock', expression: '$now()', output: '2026-06-01T00:00:00.000Z' },
    { case: 'account clock in milliseconds', expression: '$millis()', output: Date.UTC(2026, 5, 1) },
    { case: 'a picture', expression: '$now("[Y]-[M01]")', output: '2026-06' },
    { case: 'a time of day', expression: '$toMillis("10:00", "[H]:[m]")', output: Date.UTC(2026, 5, 1, 10) },
    { case: 'one item is unwrapped', expression: '$states.input.list[$ > 1]', output: 2 },
    { case: 'brackets keep the list', expression: '[$states.input.list[$ > 1]]', output: [2] },
    { case: 'names inside a filter', expression: '$states.input.nodes[ready].name', output: 'b' },
    { case: 'undefined members are left out', expression: '{"a": 1, "b": $states.input.none}', output: { a: 1 } },
    { case: 'a seeded random', expression: '$random(7) = $random(7)', output: true },
  ])('$case', async ({ expression, output }) => {
    const input = {
      list: [1, 2],
      nodes: [
        { name: 'a', ready: false },
        { name: 'b', ready: true },
      ],
    };
    expect(await outputOf(expression, input)).toEqual(output);
  });

  it('gives the same uuid in every run and another for every use', async () => {
    const [first, again] = [await outputOf('[$uuid(), $uuid()]'), await outputOf('[$uuid(), $uuid()]')];
    expect(first).toEqual(again);
    expect(new Set(first as string[]).size).toBe(2);
    expect((first as string[])[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it.each([
    {
      case: 'nothing found',
      expression: '$states.input.none',
      says: "'$states.input.none' specified for the field 'Output' returned nothing (undefined).",
    },
    { case: 'an unknown variable', expression: '$doesNotExist', says: 'returned nothing (undefined).' },
    {
      case: 'an unknown function',
      expression: '$doesNotExist(1)',
      says: 'threw an error during evaluation. T1006: Attempted to invoke a non-function',
    },
    { case: 'an error of JSONata', expression: '1 + "a"', says: 'threw an error during evaluation. T2002' },
    { case: 'a function as result', expression: '$sum', says: 'A function is not JSON.' },
    { case: 'a lambda inside the result', expression: '{"f": function($x){$x}}', says: 'A function is not JSON.' },
    { case: 'broken JSON text', expression: '$parse("{")', says: 'threw an error during evaluation.' },
    {
      case: 'an endless loop',
      expression: '($f := function($x){$f($x + 1)}; $f(1))',
      says: 'Expression evaluation timeout',
    },
  ])('fails the state on $case', async ({ expression, says }) => {
    const end = await outputOf(expression);
    expect(end).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    expect((end as { cause: string }).cause).toMatch(
      /^An error occurred while executing the state 'Only' \(entered at the event id #2\)\. /,
    );
    expect((end as { cause: string }).cause).toContain(says);
  });

  it('shows the documented context object', async () => {
    expect(await outputOf('$states.context', { a: 1 })).toEqual({
      Execution: {
        Id: 'arn:aws:states:us-west-2:111122223333:execution:machine:name',
        Input: { a: 1 },
        Name: 'name',
        RoleArn: 'arn:aws:iam::111122223333:role/machine',
        StartTime: '2026-06-01T00:00:00.000Z',
        RedriveCount: 0,
      },
      State: { Name: 'Only', EnteredTime: '2026-06-01T00:00:00.000Z' },
      StateMachine: { Id: 'arn:aws:states:us-west-2:111122223333:stateMachine:machine', Name: 'machine' },
    });
  });
});
