import { describe, expect, it } from 'vitest';
import {
  autoscalerAlert,
  impatientAutoscaler,
  joinersDeleted,
  rememberAutoscaler,
  rememberAutoscalerAlert,
  rememberGone,
  withAutoscaler,
} from '../../functions/domain/autoscaler.ts';
import type { Progress } from '../../functions/domain/rollout.ts';
import type { StateFile } from '../../functions/domain/state-file.ts';
import { aGroup, anInstance, aRollingState, aSight, minutesAgo, now } from '../support/builders.ts';

const joinDeadline = minutesAgo(-10).toISOString();
const gone = { instanceId: 'i-0slow', joinDeadline, gone: { registered: false } };
const remember = (state: StateFile, desired: number, overrides = {}) =>
  rememberAutoscaler(state, aSight([], { desired, autoscaled: true, ...overrides }), now);

/** A rollout of which a cluster autoscaler has deleted so many new instances. */
const withDeleted = (...ids: string[]) =>
  ids.reduce(
    (state, instanceId, index) => remember(rememberGone(state, { ...gone, instanceId }, now), 3 - index),
    remember(aRollingState(), 4),
  );

describe('an instance that is gone before its node registered', () => {
  it('is remembered with when it was launched', () => {
    expect(rememberGone(aRollingState(), gone, now).vanishedNodes).toEqual([
      { instanceId: 'i-0slow', launchedAt: minutesAgo(20).toISOString(), goneAt: now.toISOString() },
    ]);
  });

  it('is remembered once', () => {
    const once = rememberGone(aRollingState(), gone, now);
    expect(rememberGone(once, gone, new Date(now.getTime() + 60_000))).toBe(once);
  });

  it.each([
    { when: 'its node had registered', input: { ...gone, gone: { registered: true } } },
    { when: 'its deadline was over', input: { ...gone, joinDeadline: minutesAgo(1).toISOString() } },
    { when: 'it was late and not gone', input: { ...gone, gone: undefined } },
  ])('is forgotten when $when', ({ input }) => {
    const state = aRollingState();
    expect(rememberGone(state, input, now)).toBe(state);
  });
});

describe('who took it away', () => {
  it('is a cluster autoscaler when the capacity went down with it', () => {
    expect(joinersDeleted(withDeleted('i-0slow'))).toEqual({
      error: 'JoinersDeletedByAutoscaler',
      cause: expect.stringMatching(/i-0slow \(20 minutes old\).*--max-node-provision-time above.*30 minutes/),
    });
  });

  it('is found in whichever order the two are noticed', () => {
    const lowered = remember(remember(aRollingState(), 4), 3);
    const later = new Date(now.getTime() + 100_000);
    expect(joinersDeleted(remember(rememberGone(lowered, gone, later), 3))).toBeDefined();
  });

  it.each([
    { why: 'the capacity stayed', after: () => remember(rememberGone(remember(aRollingState(), 4), gone, now), 4) },
    { why: 'the capacity rose', after: () => remember(rememberGone(remember(aRollingState(), 4), gone, now), 5) },
    {
      why: 'no autoscaler looks after the group',
      after: () =>
        remember(rememberGone(remember(aRollingState(), 4, { autoscaled: false }), gone, now), 3, {
          autoscaled: false,
        }),
    },
    {
      why: 'somebody else let it enter service',
      after: () =>
        remember(rememberGone(remember(aRollingState(), 4), gone, now), 3, {
          instances: [anInstance({ instanceId: 'i-0slow', lifecycleState: 'InService' })],
        }),
    },
    {
      why: 'the capacity went down long before',
      after: () => {
        const lowered = remember(remember(aRollingState(), 4), 3);
        return remember(rememberGone(lowered, gone, new Date(now.getTime() + 6 * 60_000)), 3);
      },
    },
  ])('is nobody in particular when $why', ({ after }) => {
    expect(joinersDeleted(after())).toBeUndefined();
  });

  it('writes nothing while nothing changes', () => {
    const state = remember(aRollingState(), 4);
    expect(remember(state, 4)).toBe(state);
  });
});

describe('a rollout beside such an autoscaler', () => {
  const goesOn: Progress = { progress: 'in-progress' };
  const failed = (error: string): Progress => ({ progress: 'failed', reason: { error, cause: 'It ended.' } });

  it('tries once more after the first, and gives up after the second', () => {
    expect(withAutoscaler(goesOn, aRollingState())).toBe(goesOn);
    expect(withAutoscaler(goesOn, withDeleted('i-0a'))).toBe(goesOn);
    expect(withAutoscaler(goesOn, withDeleted('i-0a', 'i-0b'))).toMatchObject({
      progress: 'failed',
      reason: { error: 'JoinersDeletedByAutoscaler', cause: expect.stringMatching(/i-0a .*i-0b /) },
    });
  });

  it('that has replaced every node has come to its end', () => {
    expect(withAutoscaler({ progress: 'replaced' }, withDeleted('i-0a', 'i-0b'))).toEqual({ progress: 'replaced' });
  });

  it.each([
    ['ReplacementFailed', 'JoinersDeletedByAutoscaler'],
    ['NoRoomToSurge', 'JoinersDeletedByAutoscaler'],
    ['NodeNeverJoined', 'NodeNeverJoined'],
    ['ReplacementCancelled', 'ReplacementCancelled'],
  ])('that fails with %s is told as %s, with both sentences', (error, told) => {
    const { reason } = withAutoscaler(failed(error), withDeleted('i-0a')) as Progress & { reason: { cause: string } };
    expect(reason).toMatchObject({ error: told });
    expect(reason.cause).toContain('It ended.');
    expect(reason.cause).toContain('i-0a');
  });

  it('is told to people once', () => {
    const state = withDeleted('i-0a');
    expect(autoscalerAlert(aRollingState())).toBeUndefined();
    expect(autoscalerAlert(state)?.text).toContain('--max-node-provision-time');
    expect(autoscalerAlert(rememberAutoscalerAlert(state, now))).toBeUndefined();
    expect(rememberAutoscalerAlert(aRollingState(), now).autoscalerAlertedAt).toBeUndefined();
  });
});

describe('the warning of a plan', () => {
  const tags = { 'reglaze:channel': 'windows', 'k8s.io/cluster-autoscaler/enabled': 'true' };

  it('is given when nodes have more time to join than the autoscaler gives by default', () => {
    expect(impatientAutoscaler(aGroup({ tags }))).toEqual({
      error: 'AutoscalerImpatient',
      cause: expect.stringMatching(/30 minutes to join.*15 minutes by default/),
    });
  });

  it.each([
    { when: 'no autoscaler looks after the group', group: aGroup({ tags: { 'reglaze:channel': 'windows' } }) },
    { when: 'its time is as short', group: aGroup({ tags: { ...tags, 'reglaze:join-timeout': '15m' } }) },
    { when: 'EKS decides', group: aGroup({ tags, kind: 'managed' }) },
  ])('is not given when $when', ({ group }) => {
    expect(impatientAutoscaler(group)).toBeUndefined();
  });
});
