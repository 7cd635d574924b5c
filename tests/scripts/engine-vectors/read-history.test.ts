import { describe, expect, it } from 'vitest';
import { readVisits } from '../../../scripts/engine-vectors/read-history.ts';
import { aTask, oneState, runMachine, type Tasks } from '../../simulator/states-language/machine-run.ts';

/** The visits of a machine of tests, with half of every pause waited. */
async function visitsOf(definition: object, tasks: Tasks, input = {}) {
  const run = runMachine(definition, tasks, { input, transitionMs: 10 });
  await run.finish();
  return readVisits(run.execution.history(), () => 0.5);
}

const square = { Type: 'Pass', Output: '{% $states.input * $states.input %}', End: true };
const mapOf = (name: string, processor: object) => ({
  ...{ Type: 'Map', ItemProcessor: { StartAt: name, States: { [name]: processor } }, End: true },
});

describe('the visits of a history', () => {
  it('name the iterations of a Map in a Map after the visits that they belong to', async () => {
    const visits = await visitsOf(
      { StartAt: 'Outer', States: { Outer: mapOf('Inner', mapOf('Square', square)) } },
      {},
      [[1, 2], [3]] as never,
    );

    expect(visits.map(({ branch, number, state, output }) => [branch, number, state, output])).toEqual(
      expect.arrayContaining([
        ['', 1, 'Outer', [[1, 4], [9]]],
        ['1[0]', 1, 'Inner', [1, 4]],
        ['1[0]/1[1]', 1, 'Square', 4],
        ['1[1]', 1, 'Inner', [9]],
        ['1[1]/1[0]', 1, 'Square', 9],
      ]),
    );
  });

  it('go on in the outer branch after a Map whose iterations took turns', async () => {
    const map = { ...mapOf('Square', square), MaxConcurrency: 1, End: undefined, Next: 'After' };
    const { End: _, ...first } = map;
    const visits = await visitsOf({ StartAt: 'Map', States: { Map: first, After: { Type: 'Succeed' } } }, {}, [
      1, 2,
    ] as never);

    expect(visits.map(({ branch, number, state }) => [branch, number, state])).toEqual([
      ['', 1, 'Map'],
      ['1[0]', 1, 'Square'],
      ['1[1]', 1, 'Square'],
      ['', 2, 'After'],
    ]);
  });

  it('hold attempts that timed out or failed, with the draws of the pauses between them', async () => {
    const retry = [{ ErrorEquals: ['States.Timeout', 'Busy'], MaxAttempts: 2 }];
    const answers = [{ afterMs: 9000, result: 'late' }, { error: 'Busy', cause: 'now' }, { result: 'done' }];
    const [visit] = await visitsOf(oneState(aTask('work', { TimeoutSeconds: 1, Retry: retry })), {
      work: (_, attempt) => answers[attempt] ?? {},
    });

    expect(visit?.attempts).toEqual([
      { at: 10, arguments: {}, timeoutSeconds: 1, endedAt: 1010, timedOut: true, jitter: 0.5 },
      { at: 2010, arguments: {}, timeoutSeconds: 1, endedAt: 2010, error: 'Busy', cause: 'now', jitter: 0.5 },
      { at: 4010, arguments: {}, timeoutSeconds: 1, endedAt: 4010, result: 'done' },
    ]);
  });

  it('are refused for what no vector describes', async () => {
    const branches = [{ StartAt: 'Inner', States: { Inner: { Type: 'Pass', End: true } } }];

    await expect(visitsOf(oneState({ Type: 'Parallel', Branches: branches }), {})).rejects.toThrow(
      'Not described by vectors: ParallelStateEntered.',
    );
  });
});
