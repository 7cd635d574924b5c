import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  leaseHolder,
  leaseRequest,
  release,
  renewLease,
  requireLease,
  takeLease,
} from '../../functions/domain/lease.ts';
import { nextAttempt, Phase, StateFile, targetVersion } from '../../functions/domain/state-file.ts';
import {
  aGroup,
  aKey,
  anImage,
  anInstance,
  aReport,
  aRollingState,
  aState,
  executionArn,
  now,
} from '../support/builders.ts';

const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
const request = leaseRequest(
  { key: aKey({ run: 'run-2' }), executionArn: 'arn:two', image: anImage() },
  aGroup(),
  aReport(),
);

describe('a lease', () => {
  it('is taken of a group that nobody works on, with what to go back to', () => {
    const answer = takeLease(undefined, request, now);
    expect(answer).toMatchObject({
      lease: 'taken',
      isNew: true,
      state: {
        phase: 'leased',
        before: { amiId: 'ami-0old', launchTemplate: { id: 'lt-0a', version: 7 }, patchLevel: '10.0.20348.4648' },
      },
    });
    expect(v.is(StateFile, answer.lease === 'taken' && answer.state)).toBe(true);
  });

  it('stays with the execution that has it, with all that it wrote', () => {
    const state = aRollingState();
    expect(takeLease(state, { ...request, executionArn }, now)).toEqual({ lease: 'taken', state, isNew: false });
  });

  it('is never taken from a run while it lasts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 * 60 - 1 }), fc.constantFrom(...Phase.options), (minutes, phase) => {
        const taken = takeLease(undefined, request, now);
        if (taken.lease !== 'taken') throw new Error('held');
        const later = new Date(now.getTime() + minutes * 60_000);
        expect(takeLease({ ...taken.state, phase }, { ...request, executionArn: 'arn:three' }, later)).toEqual({
          lease: 'held',
          holder: 'run-2',
        });
      }),
    );
  });

  it('that ran out is taken over with what the group was before it was left half done', () => {
    const stale = aRollingState({
      before: { launchTemplate: { id: 'lt-0a', version: 3 }, amiId: 'ami-0older', follows: 'number' },
    });
    const answer = takeLease(stale, request, hours(20));
    expect(answer).toMatchObject({
      lease: 'taken',
      state: { before: { amiId: 'ami-0older' }, phase: 'leased', hook: 'open' },
    });
    expect(answer).not.toHaveProperty('state.rollout');
  });

  it('of a released group starts from what the group is now', () => {
    const released = release(
      aRollingState({
        before: { launchTemplate: { id: 'lt-0a', version: 3 }, amiId: 'ami-0older', follows: 'number' },
      }),
      'run-1',
      { outcome: 'patched' },
    );
    expect(takeLease(released, request, now)).toMatchObject({ state: { before: { amiId: 'ami-0old' } } });
  });

  it('compares with the patch level that the rollout before it has proved, which no plan of then knew', () => {
    const released = release(
      aRollingState({
        image: anImage({ amiId: 'ami-0old' }),
        verified: { patchLevel: '10.0.20348.5000', leftAlone: [] },
      }),
      'run-1',
      { outcome: 'patched' },
    );
    expect(takeLease(released, request, now)).toMatchObject({ state: { before: { patchLevel: '10.0.20348.5000' } } });
    const movedOn = { ...released, image: anImage({ amiId: 'ami-0other' }) };
    expect(takeLease(movedOn, request, now)).toMatchObject({ state: { before: { patchLevel: '10.0.20348.4648' } } });
  });

  it('is not asked for a group whose instances could not be brought back', () => {
    const mixed = aGroup({ instances: [anInstance(), anInstance({ imageId: 'ami-0other' })] });
    expect(() => leaseRequest({ key: aKey(), executionArn, image: anImage() }, mixed, undefined)).toThrow(
      expect.objectContaining({ name: 'NodeGroupChanged', message: expect.stringContaining('ami-0other') }),
    );
  });

  it('is renewed in time, and not written again before', () => {
    const state = aState({ lease: { run: 'run-1', executionArn, until: hours(12).toISOString() } });
    expect(renewLease(state, hours(1))).toBe(state);
    expect(leaseHolder(renewLease(state, hours(7)), hours(18))).toBe('run-1');
  });

  it('of another run, or of nobody, stops a step', () => {
    expect(() => requireLease(aState(), aKey({ run: 'run-2' }))).toThrow(
      expect.objectContaining({ name: 'LeaseLost' }),
    );
    expect(() => requireLease(undefined, aKey())).toThrow(expect.objectContaining({ name: 'LeaseLost' }));
    expect(requireLease(aState(), aKey())).toEqual(aState());
  });

  it('that is released leaves the outcome and the way back', () => {
    const released = release(aRollingState(), 'run-1', { outcome: 'failed', reason: { error: 'A', cause: 'b' } });
    expect(released).toMatchObject({
      phase: 'released',
      outcome: { run: 'run-1', outcome: 'failed' },
      before: { amiId: 'ami-0old' },
    });
    expect(leaseHolder(released, now)).toBeUndefined();
    expect(v.is(StateFile, released)).toBe(true);
  });

  it('is not asked for a group that changed since the plan', () => {
    const changed = aGroup({ source: { type: 'mixed-instances-policy' } });
    expect(() => leaseRequest({ key: aKey(), executionArn, image: anImage() }, changed, undefined)).toThrow(
      expect.objectContaining({ name: 'NodeGroupChanged' }),
    );
  });
});

describe('an attempt', () => {
  it('that was intended and not confirmed is tried again, not replaced', () => {
    const intended = { startedAt: now.toISOString(), attempts: 2, after: 'refresh-1' };
    expect(nextAttempt(intended, 'refresh-2', hours(1))).toBe(intended);
  });

  it('after one that ended counts on and remembers what was there', () => {
    const ended = { id: 'refresh-2', startedAt: now.toISOString(), attempts: 2, stalled: true };
    expect(nextAttempt(ended, 'refresh-2', hours(1))).toEqual({
      startedAt: hours(1).toISOString(),
      attempts: 3,
      after: 'refresh-2',
    });
  });
});

it('a rollout has no target before its version was made', () => {
  expect(() => targetVersion(aState())).toThrow(expect.objectContaining({ name: 'NodeGroupChanged' }));
  expect(targetVersion(aRollingState())).toEqual({ id: 'lt-0a', version: 8 });
});
