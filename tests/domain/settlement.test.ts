import { describe, expect, it } from 'vitest';
import { findingOfEnd, machineOf, nextForRollout, nextForRun, reasonOfEnd } from '../../functions/domain/settlement.ts';
import type { Phase } from '../../functions/domain/state-file.ts';
import { aRollingState, aState, executionArn } from '../support/builders.ts';

const ended = { executionArn, name: 'demo-win2022', status: 'ABORTED' as const };

describe('what is left of a rollout whose execution ended', () => {
  it.each<{ phase: Phase; next: string }>([
    { phase: 'leased', next: 'release' },
    { phase: 'versioned', next: 'release' },
    { phase: 'admitting', next: 'close' },
    { phase: 'rolling', next: 'roll-back' },
    { phase: 'replaced', next: 'roll-back' },
    { phase: 'proved', next: 'judge' },
    { phase: 'rolling-back', next: 'roll-back' },
    { phase: 'promoted', next: 'close' },
    { phase: 'released', next: 'nothing' },
  ])('in phase $phase is $next', ({ phase, next }) => {
    expect(nextForRollout(aState({ phase }), executionArn)).toBe(next);
  });

  it('is nothing when another execution owns the group, or nobody does', () => {
    expect(nextForRollout(aRollingState(), 'arn:another')).toBe('nothing');
    expect(nextForRollout(undefined, executionArn)).toBe('nothing');
  });

  it('is the hook of a rollout that was taken over before it went on', () => {
    expect(nextForRollout(aState({ hook: 'open' }), executionArn)).toBe('close');
  });
});

describe('what is left of a run', () => {
  it.each([
    { isReported: true, leases: 0, next: 'nothing' },
    { isReported: false, leases: 2, next: 'wait' },
    { isReported: false, leases: 0, next: 'report' },
  ])('with $leases leases, reported $isReported: $next', ({ isReported, leases, next }) => {
    expect(nextForRun({ isReported, leases })).toBe(next);
  });
});

describe('the reason of an end', () => {
  it("is the execution's own when it has one", () => {
    expect(reasonOfEnd({ ...ended, status: 'FAILED', error: 'AccessDenied', cause: 'grant it' })).toEqual({
      error: 'AccessDenied',
      cause: 'grant it',
    });
  });

  it.each([
    { status: 'ABORTED' as const, error: 'ExecutionAborted', says: 'was stopped' },
    { status: 'TIMED_OUT' as const, error: 'ExecutionTimedOut', says: 'ran out of time' },
    { status: 'FAILED' as const, error: 'ExecutionFailed', says: 'failed' },
  ])('of $status without one is $error', ({ status, error, says }) => {
    expect(reasonOfEnd({ ...ended, status })).toMatchObject({ error, cause: expect.stringContaining(says) });
  });

  it.each([
    {
      case: "the message of Lambda's document",
      cause: '{"errorType":"AccessDenied","errorMessage":"grant it","trace":[]}',
      read: 'grant it',
    },
    { case: 'another document as it is', cause: '{"a":1}', read: '{"a":1}' },
    { case: 'a text as it is', cause: 'why', read: 'why' },
  ])('says $case', ({ cause, read }) => {
    expect(reasonOfEnd({ ...ended, status: 'FAILED', error: 'AccessDenied', cause }).cause).toBe(read);
  });

  it('of an admission that died never blames the AMI', () => {
    expect(findingOfEnd({ ...ended, status: 'FAILED', error: 'AccessDenied' })?.error).toBe('AdmissionStopped');
    expect(findingOfEnd({ ...ended, status: 'FAILED', error: 'NodeNeverJoined' })).toBeUndefined();
  });
});

it.each([
  { arn: 'arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-patch-fleet', machine: 'patch-fleet' },
  { arn: 'arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-dev-admit-node', machine: 'admit-node' },
  { arn: 'arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-dev-drain-node', machine: 'drain-node' },
  { arn: 'arn:aws:states:us-west-2:111122223333:stateMachine:reglaze-settle', machine: undefined },
])('$arn is the machine $machine', ({ arn, machine }) => {
  expect(machineOf(arn)).toBe(machine);
});
