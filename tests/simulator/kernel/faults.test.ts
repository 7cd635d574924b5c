import { describe, expect, it } from 'vitest';
import { createFaults } from '../../../simulator/kernel/faults.ts';

const lost = { kind: 'lost' } as const;

describe('createFaults', () => {
  it('strikes the n-th call of an operation and no other', () => {
    const faults = createFaults([{ at: 'call', operation: 'S3.PutObject', nth: 2, effect: lost }]);
    const calls = ['S3.PutObject', 'S3.GetObject', 'S3.PutObject', 'S3.PutObject'];
    expect(calls.map((operation) => faults.onCall(operation, 'any'))).toEqual([undefined, undefined, lost, undefined]);
  });

  it('counts the calls of the named function only', () => {
    const faults = createFaults([{ at: 'call', operation: 'S3.PutObject', functionName: 'b', nth: 1, effect: lost }]);
    expect(['a', 'a', 'b'].map((name) => faults.onCall('S3.PutObject', name))).toEqual([undefined, undefined, lost]);
  });

  it('counts for every fault, also while another one strikes', () => {
    const slow = { kind: 'slow', delayMs: 5 } as const;
    const faults = createFaults([
      { at: 'call', operation: 'S3.PutObject', nth: 1, effect: lost },
      { at: 'call', operation: 'S3.PutObject', nth: 2, effect: slow },
    ]);
    expect([1, 2, 3].map(() => faults.onCall('S3.PutObject', undefined))).toEqual([lost, slow, undefined]);
  });

  it.each([
    { case: 'before it begins', now: 9, group: 'web', strikes: false },
    { case: 'when it begins', now: 10, group: 'web', strikes: true },
    { case: 'when it has ended', now: 20, group: 'web', strikes: false },
    { case: 'in another group', now: 15, group: 'orders', strikes: false },
  ])('fails launches of its group within its time only: $case', ({ now, group, strikes }) => {
    const faults = createFaults();
    faults.add({ at: 'launch', group: 'web', from: 10, until: 20, code: 'InsufficientInstanceCapacity', message: 'm' });
    expect(faults.onLaunch(group, now) !== undefined).toBe(strikes);
  });

  it('delays, doubles and loses the n-th event of a rule, and lets all others come once', () => {
    const faults = createFaults([
      { at: 'event', rule: 'ended', nth: 2, delaysMs: [] },
      { at: 'event', rule: 'ended', nth: 3, delaysMs: [0, 60_000] },
    ]);
    expect(['ended', 'launched', 'ended', 'ended', 'ended'].map((rule) => faults.onEvent(rule))).toEqual([
      [0],
      [0],
      [],
      [0, 60_000],
      [0],
    ]);
  });
});
