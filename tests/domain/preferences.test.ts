import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refreshPreferences, surgeNodes } from '../../functions/domain/preferences.ts';
import { aPolicy } from '../support/builders.ts';

const nodes = fc.integer({ min: 1, max: 500 });
const maxSurge = fc.record({
  count: fc.integer({ min: 1, max: 100 }),
  unit: fc.constantFrom('nodes' as const, 'percent' as const),
});

describe('the preferences of an instance refresh', () => {
  it('never let AWS terminate before it launched, roll back by itself or touch protected instances', () => {
    expect(refreshPreferences(4, aPolicy({ bakeSeconds: 600 }), true)).toEqual({
      MinHealthyPercentage: 100,
      MaxHealthyPercentage: 125,
      InstanceWarmup: 0,
      SkipMatching: true,
      AutoRollback: false,
      ScaleInProtectedInstances: 'Ignore',
      StandbyInstances: 'Ignore',
      BakeTime: 0,
      CheckpointPercentages: [25, 100],
      CheckpointDelay: 600,
    });
  });

  it('stay within what AWS accepts for every size and surge', () => {
    fc.assert(
      fc.property(nodes, maxSurge, (count, surge) => {
        const { MaxHealthyPercentage, CheckpointPercentages } = refreshPreferences(
          count,
          aPolicy({ maxSurge: surge }),
          true,
        );
        expect(MaxHealthyPercentage).toBeGreaterThan(100);
        expect(MaxHealthyPercentage).toBeLessThanOrEqual(200);
        for (const percentage of CheckpointPercentages ?? []) expect(Number.isInteger(percentage)).toBe(true);
      }),
    );
  });

  it('let one node prove the AMI in every group that AWS can count so finely', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 100 }), (count) => {
        const [first = 0, last] = refreshPreferences(count, aPolicy(), true).CheckpointPercentages ?? [];
        expect(Math.ceil((count * first) / 100)).toBe(1);
        expect(last).toBe(100);
      }),
    );
  });

  it('let at most one percent of a larger group prove it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 101, max: 2000 }), (count) => {
        expect(refreshPreferences(count, aPolicy(), true).CheckpointPercentages?.[0]).toBe(1);
      }),
    );
  });

  it('watch the only node of a group for the bake time, but not on the way back', () => {
    const policy = aPolicy({ bakeSeconds: 3600 });
    expect(refreshPreferences(1, policy, true).BakeTime).toBe(3600);
    expect(refreshPreferences(1, policy, false).BakeTime).toBe(0);
    expect(refreshPreferences(2, policy, true)).toMatchObject({ BakeTime: 0, CheckpointDelay: 3600 });
  });

  it('have no checkpoint for a single node, nor on the way back', () => {
    expect(refreshPreferences(1, aPolicy(), true)).not.toHaveProperty('CheckpointPercentages');
    expect(refreshPreferences(9, aPolicy(), false)).not.toHaveProperty('CheckpointPercentages');
  });
});

describe('the surge', () => {
  it('is at least one node and at most as many as there are', () => {
    fc.assert(
      fc.property(nodes, maxSurge, (count, surge) => {
        const surplus = surgeNodes(count, { maxSurge: surge });
        expect(surplus).toBeGreaterThanOrEqual(1);
        expect(surplus).toBeLessThanOrEqual(count);
      }),
    );
  });

  it.each([
    { count: 4, surge: { count: 10, unit: 'percent' as const }, surplus: 1 },
    { count: 11, surge: { count: 10, unit: 'percent' as const }, surplus: 2 },
    { count: 4, surge: { count: 3, unit: 'nodes' as const }, surplus: 3 },
  ])('of $surge.count $surge.unit on $count nodes is $surplus', ({ count, surge, surplus }) => {
    expect(surgeNodes(count, { maxSurge: surge })).toBe(surplus);
  });
});
