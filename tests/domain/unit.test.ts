import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateFile } from '../../functions/domain/state-file.ts';
import { judgeUnit, standingOf, stillChanging, waitsForPins } from '../../functions/domain/unit.ts';
import { aRollingState, aState, now } from '../support/builders.ts';

const before: StateFile['before'] = {
  launchTemplate: { id: 'lt-0a', version: 7 },
  amiId: 'ami-0old',
  follows: '$Latest',
};
const pinned = { others: [], pin: 'set' as const };
const sibling = (state: StateFile | undefined, ended?: { error: string; cause: string }) => ({
  name: { cluster: 'demo', name: 'api' },
  state,
  ended,
});
const released = (outcome: string): StateFile => {
  const { lease: _, ...rest } = aState({ phase: 'released', outcome: { run: 'run-1', outcome } });
  return rest;
};
const ofAnotherRun = aState({
  lease: { run: 'run-2', executionArn: 'arn:two', until: now.toISOString() },
});

describe('where a group of a unit stands', () => {
  it.each<{ case: string; state: StateFile | undefined; standing: string }>([
    { case: 'no file', state: undefined, standing: 'absent' },
    { case: 'the lease of another run', state: ofAnotherRun, standing: 'absent' },
    { case: 'leased', state: aState(), standing: 'open' },
    { case: 'rolling', state: aRollingState(), standing: 'open' },
    { case: 'replaced and not yet judged', state: aRollingState({ phase: 'replaced' }), standing: 'open' },
    { case: 'proved', state: aRollingState({ phase: 'proved' }), standing: 'proved' },
    {
      case: 'promoted, and done',
      state: aState({ phase: 'promoted', unit: { others: [], done: true } }),
      standing: 'proved',
    },
    { case: 'rolling back', state: aRollingState({ phase: 'rolling-back' }), standing: 'gone-back' },
    { case: 'done without proof', state: aState({ unit: { others: [], done: true } }), standing: 'gone-back' },
    { case: 'released as patched', state: released('patched'), standing: 'proved' },
    { case: 'released as partly patched', state: released('partly-patched'), standing: 'proved' },
    { case: 'released as failed', state: released('failed'), standing: 'gone-back' },
  ])('$case: $standing', ({ state, standing }) => {
    expect(standingOf(state, 'run-1')).toBe(standing);
  });
});

describe('the verdict of a unit', () => {
  const states = [
    aState(),
    aRollingState(),
    aRollingState({ phase: 'proved' }),
    aRollingState({ phase: 'promoted' }),
    aRollingState({ phase: 'rolling-back' }),
    released('patched'),
    released('rolled-back'),
    ofAnotherRun,
  ];

  it('is that of all groups, whoever asks and in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...states), { minLength: 1, maxLength: 5 }), (others) => {
        const standings = others.map((state) => standingOf(state, 'run-1'));
        const verdict = judgeUnit(
          aRollingState({ phase: 'proved' }),
          'run-1',
          others.map((state) => sibling(state)),
        );
        const hasFailed = standings.some((each) => each === 'gone-back' || each === 'absent');
        const expected = hasFailed ? 'failed' : standings.every((each) => each === 'proved') ? 'proved' : 'open';

        expect(verdict.unit).toBe(expected);
      }),
    );
  });

  it('is "proved" for a group that moves alone', () => {
    expect(judgeUnit(aRollingState(), 'run-1', [])).toEqual({ unit: 'proved' });
  });

  it('names the group that failed, and why', () => {
    const other = aRollingState({
      phase: 'rolling-back',
      rollBack: { reason: { error: 'NodeNeverJoined', cause: 'Late.' } },
    });
    expect(judgeUnit(aRollingState(), 'run-1', [sibling(other)])).toEqual({
      unit: 'failed',
      reason: {
        error: 'UnitFailed',
        cause: 'demo/win2022 moves together with demo/api, which did not get ami-0new. NodeNeverJoined: Late.',
      },
    });
  });
});

describe('the first new version of a unit', () => {
  const own = aState({ before, unit: pinned });

  it.each<{ case: string; state: StateFile | undefined }>([
    { case: 'has not begun', state: undefined },
    { case: 'waits for the lease of another run', state: ofAnotherRun },
    { case: 'has its lease and no number yet', state: aState({ before }) },
    { case: 'is being given its number', state: aState({ before, unit: { others: [], pin: 'intended' } }) },
  ])('waits for a group that $case', ({ state }) => {
    expect(waitsForPins(own, 'run-1', [sibling(state)])).toBe('demo/api');
  });

  it.each<{ case: string; state: StateFile | undefined }>([
    { case: 'has its number', state: own },
    { case: 'named a number all along', state: aState() },
    { case: 'is further already', state: aRollingState({ before, unit: pinned }) },
  ])('waits for nobody when the other $case', ({ state }) => {
    expect(waitsForPins(own, 'run-1', [sibling(state)])).toBeUndefined();
  });

  it.each([
    { case: 'went back', other: sibling(aState({ unit: { others: [], done: true } })), says: 'did not get' },
    { case: 'never came', other: sibling(undefined, { error: 'LeaseHeld', cause: 'Held.' }), says: 'LeaseHeld: Held.' },
    {
      case: 'was pinned to another number',
      other: sibling(aState({ before: { ...before, launchTemplate: { id: 'lt-0a', version: 8 } }, unit: pinned })),
      says: '$Latest of lt-0a was moved while the run began: demo/win2022 is at 7, demo/api at 8.',
    },
  ])('is not made when the other $case', ({ other, says }) => {
    expect(() => waitsForPins(own, 'run-1', [other])).toThrow(
      expect.objectContaining({ name: 'UnitFailed', message: expect.stringContaining(says) }),
    );
  });

  it('does not mind groups that followed the other alias at another number', () => {
    const other = aState({
      before: { ...before, follows: '$Default', launchTemplate: { id: 'lt-0a', version: 1 } },
      unit: pinned,
    });
    expect(waitsForPins(own, 'run-1', [sibling(other)])).toBeUndefined();
  });
});

describe('a group that unpins', () => {
  it.each<{ case: string; state: StateFile | undefined; waits: boolean }>([
    { case: 'is still rolling', state: aRollingState(), waits: true },
    { case: 'goes back', state: aRollingState({ phase: 'rolling-back' }), waits: true },
    {
      case: 'went back and is done',
      state: aRollingState({ phase: 'rolling-back', unit: { others: [], done: true } }),
      waits: false,
    },
    { case: 'has proved the AMI', state: aRollingState({ phase: 'proved' }), waits: false },
    { case: 'was released', state: released('rolled-back'), waits: false },
    { case: 'never began', state: undefined, waits: false },
  ])('waits for one that $case: $waits', ({ state, waits }) => {
    expect(stillChanging('run-1', [sibling(state)])).toBe(waits ? 'demo/api' : undefined);
  });
});
