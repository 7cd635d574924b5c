import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Followed,
  judgeReplicas,
  longestReplicaWaitSeconds,
  secondsToNextReplicaLook,
} from '../../functions/domain/replicas.ts';
import { now } from '../support/builders.ts';

const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const web = (replicas: Followed['replicas'], kind = 'Deployment'): Followed => ({
  kind,
  namespace: 'shop',
  name: 'web',
  replicas,
});
const counts = (ready: number, wanted = 3, isCurrent = true) => ({ wanted, ready, isCurrent });
const judge = (controllers: readonly Followed[], seconds = 10) =>
  judgeReplicas(controllers, { nodeName: 'ip-10-0-1-23', since: now, now: later(seconds) });

describe('the next node of a group', () => {
  it.each([
    { case: 'nothing was evicted', controllers: [], verdict: 'back' },
    { case: 'all replicas are Ready', controllers: [web(counts(3))], verdict: 'back' },
    { case: 'more are Ready than wanted', controllers: [web(counts(4))], verdict: 'back' },
    { case: 'nothing is wanted any more', controllers: [web(counts(0, 0))], verdict: 'back' },
    { case: 'the controller was deleted', controllers: [web('gone')], verdict: 'back' },
    { case: 'only a Job was evicted', controllers: [web('not-watched', 'Job')], verdict: 'back' },
    { case: 'a replica is missing', controllers: [web(counts(2))], verdict: 'missing' },
    { case: 'the status is older than the spec', controllers: [web(counts(3, 3, false))], verdict: 'missing' },
    { case: 'one of two is short', controllers: [web(counts(3)), web(counts(2), 'StatefulSet')], verdict: 'missing' },
  ])('may leave or not when $case: $verdict', ({ controllers, verdict }) => {
    expect(judge(controllers).replicas).toBe(verdict);
  });

  it('leaves after fifteen minutes all the same, and the finding names what was missing', () => {
    expect(judge([web(counts(2))], longestReplicaWaitSeconds - 1).replicas).toBe('missing');
    expect(judge([web(counts(2)), web('not-watched', 'Job')], longestReplicaWaitSeconds)).toEqual({
      replicas: 'overdue',
      finding: {
        error: 'ReplicasMissing',
        cause:
          'Pods of node ip-10-0-1-23 are not Ready elsewhere yet after 15 minutes, and the next node may leave all the ' +
          'same: Deployment shop/web has 2 of 3 Ready.',
      },
      short: ['Deployment shop/web'],
      notWatched: ['Job shop/web'],
    });
  });

  const followed = fc
    .oneof(
      fc.record({ wanted: fc.nat(5), ready: fc.nat(5), isCurrent: fc.boolean() }),
      fc.constantFrom('gone' as const, 'not-watched' as const),
    )
    .map((replicas) => web(replicas));

  it('never waits for longer than the limit, and never while nothing is short', () => {
    fc.assert(
      fc.property(fc.array(followed), fc.nat(2000), (controllers, seconds) => {
        const { replicas, short } = judge(controllers, seconds);
        expect(replicas === 'missing').toBe(short.length > 0 && seconds < longestReplicaWaitSeconds);
        expect(replicas === 'back').toBe(short.length === 0);
      }),
    );
  });

  it('is looked for often at first, and every twenty seconds at the longest', () => {
    expect([0, 30, 45, 120, 900].map((seconds) => secondsToNextReplicaLook(now, later(seconds)))).toEqual([
      3, 3, 4, 12, 20,
    ]);
  });
});
