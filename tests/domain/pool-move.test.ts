import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../functions/domain/admission.ts';
import { admissionName } from '../../functions/domain/execution-name.ts';
import {
  joiningMove,
  judgeMove,
  leavingMove,
  longestMoveSeconds,
  mayHavePods,
} from '../../functions/domain/pool-move.ts';
import { aNode, now } from '../support/builders.ts';

const event = { time: '2026-05-16T05:00:00Z', LifecycleActionToken: 'token-1' };

describe('the way of an instance that waits at a hook', () => {
  it.each([
    { Origin: 'EC2', Destination: 'AutoScalingGroup', joins: [], leaves: [] },
    { Origin: 'EC2', Destination: 'WarmPool', joins: ['destination'], leaves: ['destination', 'move'] },
    { Origin: 'WarmPool', Destination: 'AutoScalingGroup', joins: ['move'], leaves: ['move'] },
    { Origin: 'AutoScalingGroup', Destination: 'WarmPool', joins: ['destination'], leaves: ['destination', 'move'] },
    { Origin: 'WarmPool', Destination: 'EC2', joins: ['move'], leaves: ['move'] },
    { Origin: undefined, Destination: undefined, joins: [], leaves: [] },
  ])('from $Origin to $Destination', ({ joins, leaves, ...route }) => {
    expect(Object.keys(joiningMove({ ...event, ...route }))).toEqual(joins);
    expect(Object.keys(leavingMove({ ...event, ...route }))).toEqual(leaves);
  });

  it('is told apart from its other ways by the token, or by the time where AWS gives none', () => {
    const out = { ...event, Origin: 'WarmPool' };
    const moves = [
      joiningMove(out).move,
      joiningMove({ ...out, LifecycleActionToken: 'token-2' }).move,
      joiningMove({ ...out, LifecycleActionToken: undefined }).move,
    ];
    expect(new Set(moves).size).toBe(3);
    expect(joiningMove(out)).toEqual(joiningMove({ ...out, time: '2026-05-16T05:00:09Z' }));
    expect(admissionName('i-0a', moves[0])).toBe(`admit-i-0a-${moves[0]}`);
  });
});

describe('the verdict on an instance that goes through a warm pool', () => {
  const input = { instanceId: 'i-0a', joinDeadline: '2026-05-16T05:30:00Z' };
  const pooled = { ...input, destination: 'WarmPool' as const };
  const verdict = (word: Verdict['verdict']): Verdict => ({ verdict: word, finding: { error: 'E', cause: 'c' } });
  const own = aNode({ instanceId: 'i-0a' });
  const judge = (of: typeof input, node: ReturnType<typeof aNode> | undefined, word: Verdict['verdict']) =>
    judgeMove(of, { node }, verdict(word)).verdict;

  it.each([
    { case: 'has no node yet', node: undefined, word: 'joining' as const, becomes: 'joining' },
    { case: 'never registered', node: undefined, word: 'late' as const, becomes: 'let-in' },
    { case: 'has a namesake of before', node: aNode({ instanceId: 'i-0x' }), word: 'late' as const, becomes: 'let-in' },
    { case: 'has registered', node: own, word: 'joining' as const, becomes: 'registered' },
    { case: 'works, but may get pods', node: own, word: 'joined' as const, becomes: 'registered' },
    { case: 'is free of pods', node: { ...own, setAside: true }, word: 'joining' as const, becomes: 'joining' },
    { case: 'works', node: { ...own, setAside: true }, word: 'joined' as const, becomes: 'joined' },
    { case: 'registered and cannot work', node: { ...own, setAside: true }, word: 'late' as const, becomes: 'late' },
  ])('on its way in, when it $case: $becomes', ({ node, word, becomes }) => {
    expect(judge(pooled, node, word)).toBe(becomes);
  });

  it.each([
    { case: 'works', node: own, word: 'joined' as const, becomes: 'joined' },
    {
      case: 'works and is set aside still',
      node: { ...own, setAside: true },
      word: 'joined' as const,
      becomes: 'returning',
    },
    {
      case: 'boots and is set aside still',
      node: { ...own, setAside: true },
      word: 'joining' as const,
      becomes: 'joining',
    },
    { case: 'never comes back', node: { ...own, setAside: true }, word: 'late' as const, becomes: 'late' },
    { case: 'never registered', node: undefined, word: 'late' as const, becomes: 'late' },
  ])('on its way into service, when it $case: $becomes', ({ node, word, becomes }) => {
    expect(judge(input, node, word)).toBe(becomes);
  });
});

describe('the node of an instance that moves', () => {
  const seen = (lifecycleState: string | undefined, { isNodeReady = false, seconds = 60 } = {}) =>
    mayHavePods({ lifecycleState, isNodeReady, since: new Date(now.getTime() - seconds * 1000) }, now);

  it.each([
    ['Warmed:Pending', 'not-yet'],
    ['Warmed:Pending:Wait', 'not-yet'],
    ['Warmed:Pending:Proceed', 'not-yet'],
    ['Warmed:Stopped', 'yes'],
    ['Warmed:Hibernated', 'yes'],
    ['Warmed:Running', 'yes'],
    ['Pending', 'yes'],
    ['Pending:Wait', 'yes'],
    ['InService', 'yes'],
    ['Standby', 'yes'],
    ['Terminating', 'gone'],
    ['Warmed:Terminating:Wait', 'gone'],
    ['Warmed:Stopped:Retained', 'gone'],
    ['Detached', 'gone'],
    [undefined, 'gone'],
  ])('in state %s may have pods: %s', (state, expected) => {
    expect(seen(state)).toBe(expected);
  });

  it('gets none while the cluster takes a machine that has stopped for one that runs', () => {
    expect(seen('Warmed:Stopped', { isNodeReady: true })).toBe('not-yet');
    expect(seen('Warmed:Running', { isNodeReady: true })).toBe('yes');
  });

  it('is let be when hooks of others keep the instance for hours', () => {
    const seconds = longestMoveSeconds + 1;
    expect(seen('Warmed:Pending:Wait', { seconds })).toBe('yes');
    expect(seen('Warmed:Stopped', { seconds, isNodeReady: true })).toBe('yes');
  });
});
