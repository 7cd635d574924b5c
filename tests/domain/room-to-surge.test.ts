import { describe, expect, it } from 'vitest';
import { reason } from '../../functions/domain/errors.ts';
import { explainFailure, isUnexplained } from '../../functions/domain/rollout.ts';

const failed = {
  progress: 'failed',
  reason: reason('ReplacementFailed', 'There was no progress for 1 hour.'),
} as const;

describe('a refresh that failed by itself', () => {
  it.each([
    { desired: 2, max: 2, instances: 2, error: 'NoRoomToSurge' },
    { desired: 2, max: 3, instances: 2, error: 'ReplacementFailed' },
    { desired: 2, max: 2, instances: 3, error: 'ReplacementFailed' },
  ])('with $instances instances of $desired, at most $max, failed for $error', ({ error, ...sizes }) => {
    const explained = explainFailure(failed, sizes);
    expect(explained).toMatchObject({ progress: 'failed', reason: { error } });
    expect('reason' in explained && explained.reason.cause).toContain('There was no progress for 1 hour.');
  });

  it('is the only one that is explained', () => {
    expect(isUnexplained(failed)).toBe(true);
    expect(isUnexplained({ progress: 'replaced' })).toBe(false);
    expect(isUnexplained({ progress: 'failed', reason: reason('NodeNeverJoined', 'late') })).toBe(false);
  });
});
