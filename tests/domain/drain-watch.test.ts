import { describe, expect, it } from 'vitest';
import { rememberLeaving, unattendedDrains } from '../../functions/domain/drain-watch.ts';
import { aKey, anInstance, aRollingState, now } from '../support/builders.ts';

const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const leaving = anInstance({ instanceId: 'i-0a', lifecycleState: 'Terminating:Wait' });
const serving = anInstance({ instanceId: 'i-0b', lifecycleState: 'InService' });
const state = aRollingState({ drainHook: 'ours' });

describe('instances that wait at the drain hook', () => {
  it('are remembered since a look first saw them, and forgotten when they have gone', () => {
    const seen = rememberLeaving(state, [leaving, serving], now);
    expect(seen.leaving).toEqual([{ instanceId: 'i-0a', seenAt: now.toISOString() }]);
    expect(rememberLeaving(seen, [leaving, serving], later(60))).toBe(seen);
    expect(rememberLeaving(seen, [serving], later(60)).leaving).toBeUndefined();
  });

  it('are not ours to look after where another tool drains', () => {
    const foreign = aRollingState({ drainHook: 'foreign' });
    expect(rememberLeaving(foreign, [leaving], now)).toBe(foreign);
  });
});

describe('a drain whose event got lost', () => {
  const seen = rememberLeaving(state, [leaving, serving], now);
  const found = (seconds: number) => unattendedDrains(aKey(), seen, [leaving, serving], later(seconds));

  it.each([
    { seconds: 0, count: 0, why: 'its event is under way' },
    { seconds: 60, count: 1, why: 'the next look finds it' },
    { seconds: 240, count: 1, why: 'two looks are at most so long apart, while the heartbeat lasts' },
    { seconds: 301, count: 0, why: 'somebody has renewed its heartbeat' },
  ])('is found after $seconds seconds by $count look: $why', ({ seconds, count }) => {
    expect(found(seconds)).toHaveLength(count);
  });

  it('starts as the event would have started it, in the name of the run', () => {
    expect(found(60)[0]).toMatchObject({
      ...{ cluster: 'demo', nodeGroup: 'win2022', instanceId: 'i-0a', run: 'run-1', onDrainTimeout: 'wait' },
      startedAt: now.toISOString(),
    });
  });
});
