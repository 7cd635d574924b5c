import { describe, expect, it } from 'vitest';
import { lastMovedControllers } from '../../functions/domain/drain-end.ts';
import type { DrainInput } from '../../functions/domain/drain-input.ts';
import { newDrainRecord } from '../../functions/domain/drain-record.ts';
import { longestReplicaWaitSeconds } from '../../functions/domain/replicas.ts';
import { now } from '../support/builders.ts';

const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const of = (name: string) => ({ kind: 'ReplicaSet', namespace: 'store', name });
const left = (name: string, seconds: number) => ({
  ...{ namespace: 'store', name: `${name}-${seconds}`, controller: of(name) },
  at: later(seconds).toISOString(),
});

describe('a controller that stays short', () => {
  const record = {
    ...newDrainRecord({ startedAt: now.toISOString() } as DrainInput, 'node-a'),
    evicted: [left('broken', 0), left('web', 0), left('web', longestReplicaWaitSeconds - 1)],
    forced: [{ ...left('shop', 10), why: 'hanging' as const }],
  };

  it('is waited for from when the last pod of its own left, not of another one', () => {
    const names = (seconds: number) => lastMovedControllers(record, later(seconds)).map(({ name }) => name);
    expect(names(longestReplicaWaitSeconds - 1)).toEqual(['broken', 'web', 'web', 'shop']);
    expect(names(longestReplicaWaitSeconds)).toEqual(['web', 'shop']);
    expect(names(longestReplicaWaitSeconds + 10)).toEqual(['web']);
    expect(names(2 * longestReplicaWaitSeconds)).toEqual([]);
  });
});
