import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drainCeilingSeconds, drainHeartbeatSeconds } from '../../functions/domain/drain-hook.ts';
import { longestDrainSeconds, turnReserveSeconds } from '../../functions/domain/tags.ts';
import {
  lastCall,
  lastReserveSeconds,
  takenAnswer,
  takersAmong,
  turnFinding,
  turnWatchSeconds,
  waitingAnswer,
  waitsForZone,
  zoneAnswer,
} from '../../functions/domain/turn-wait.ts';
import { anInstance, now } from '../support/builders.ts';

const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const aPolicy = (overrides: object = {}) => ({
  ...{ startedAt: now.toISOString(), drainDeadline: later(5400).toISOString(), drainTimeoutSeconds: 5400 },
  ...{ ceiling: later(30_000).toISOString(), onDrainTimeout: 'wait' as const },
  ...overrides,
});
const names = { nodeGroup: 'win2022', instanceId: 'i-0a' };

describe('the wait for a turn', () => {
  it('leaves the whole drain timeout, whatever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: longestDrainSeconds }), (drainTimeoutSeconds) => {
        const ceilingSeconds = drainCeilingSeconds({ drainTimeoutSeconds });
        const wait = lastCall({ ceiling: later(ceilingSeconds).toISOString(), drainTimeoutSeconds });
        expect(wait.getTime() + (drainTimeoutSeconds + lastReserveSeconds) * 1000).toBe(
          later(ceilingSeconds).getTime(),
        );
        expect(wait.getTime()).toBeGreaterThanOrEqual(later(turnReserveSeconds - lastReserveSeconds).getTime());
      }),
    );
  });

  it('never lets a heartbeat be missed', () => {
    fc.assert(
      fc.property(fc.nat(172_800), fc.option(fc.nat(400)), fc.nat(120), (passed, lookAgain, taken) => {
        const at = later(passed);
        const lookAgainAt = lookAgain === null ? undefined : later(passed + lookAgain);
        const watched = turnWatchSeconds(aPolicy(), lookAgainAt, at);
        const busy = { holders: [], ahead: 0, lookAgainAt };
        const { pauseSeconds } = waitingAnswer(names, busy, { startedAt: at, now: later(passed + taken) });
        expect(watched + pauseSeconds).toBeLessThan(drainHeartbeatSeconds({ drainTimeoutSeconds: 60 }) / 2);
        expect(pauseSeconds).toBeGreaterThanOrEqual(1);
        const zone = zoneAnswer(aPolicy(), 'ip-10-0-1-23', { volumes: [], needed: 'a node' }, at);
        expect(zone.pauseSeconds).toBeLessThan(drainHeartbeatSeconds({ drainTimeoutSeconds: 60 }) / 2);
      }),
    );
  });

  it.each([
    { case: 'nothing is known to change', lookAgainAt: undefined, passed: 0, seconds: 100 },
    { case: 'a Lease runs out in thirty seconds', lookAgainAt: later(30), passed: 0, seconds: 31 },
    { case: 'a Lease runs out at any moment', lookAgainAt: later(1), passed: 0, seconds: 0 },
    { case: 'a Lease has run out', lookAgainAt: later(-9), passed: 0, seconds: 0 },
    { case: 'the last call is near', lookAgainAt: undefined, passed: 23_980, seconds: 21 },
    { case: 'the last call is over', lookAgainAt: undefined, passed: 24_400, seconds: 0 },
  ])('watches for $seconds seconds when $case', ({ lookAgainAt, passed, seconds }) => {
    expect(turnWatchSeconds(aPolicy(), lookAgainAt, later(passed))).toBe(seconds);
  });

  it('names those who drain and counts those who go first', () => {
    expect(turnFinding(names, { holders: ['i-0b', 'i-0c'], ahead: 2 }).cause).toBe(
      'Instance i-0a waits for its turn to drain: i-0b, i-0c of win2022 drain now; 2 that have waited for longer go first.',
    );
    expect(turnFinding(names, { holders: [], ahead: 0 }).cause).toBe(
      'Instance i-0a waits for its turn to drain: it is the next.',
    );
    expect(takenAnswer({ ...aPolicy(), ...names }, undefined)).toMatchObject({
      turn: 'taken',
      finding: { error: 'TurnsTaken', cause: expect.stringContaining('drains without') },
    });
  });
});

describe('the wait for a node in the zone', () => {
  it.each([
    { policy: 'force', passed: 5399, waits: true },
    { policy: 'force', passed: 5400, waits: false },
    { policy: 'wait', passed: 5400, waits: true },
    { policy: 'wait', passed: 23_999, waits: true },
    { policy: 'wait', passed: 24_000, waits: false },
  ] as const)('under $policy after $passed seconds goes on: $waits', ({ policy, passed, waits }) => {
    expect(waitsForZone(aPolicy({ onDrainTimeout: policy }), later(passed))).toBe(waits);
  });

  it('is for another node: in a rollout for one on the new AMI', () => {
    const instances = [
      { ...anInstance({ instanceId: 'i-0a' }), nodeName: 'a' },
      { ...anInstance({ instanceId: 'i-0b' }), nodeName: 'b' },
      { ...anInstance({ instanceId: 'i-0c', imageId: 'ami-0new' }), nodeName: 'c' },
    ];
    const takers = (wantedImageId: string | undefined) =>
      takersAmong(instances, { instanceId: 'i-0a', wantedImageId }).map(({ nodeName }) => nodeName);
    expect(takers(undefined)).toEqual(['b', 'c']);
    expect(takers('ami-0new')).toEqual(['c']);
  });
});
