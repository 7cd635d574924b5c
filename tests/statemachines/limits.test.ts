import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { admitHeartbeatSeconds, longestWatchSeconds, secondsBetweenWatches } from '../../functions/domain/admission.ts';
import { drainCeilingSeconds, drainHeartbeatSeconds } from '../../functions/domain/drain-hook.ts';
import { longestInstanceSeconds } from '../../functions/domain/removal.ts';
import { secondsToNextLook } from '../../functions/domain/rollout.ts';
import { longestBakeSeconds, longestDrainSeconds, longestJoinSeconds, parseTags } from '../../functions/domain/tags.ts';
import { lastCall, lastReserveSeconds } from '../../functions/domain/turn-wait.ts';
import { machines, type State } from './support/definitions.ts';

const definitionOf = (name: string) => {
  const found = machines.find(({ machine }) => machine === name)?.definition;
  if (found === undefined) throw new Error(`There is no machine ${name}.`);
  return found;
};
const channel = { 'reglaze:channel': 'windows-2022-core' };

/** The hours that a state of roll-node-group gives to something, from its expression. */
const hoursIn = (state: State | undefined, name: string): number =>
  Number(new RegExp(`"${name}":"[^"]*\\$millis\\(\\) \\+ (\\d+) \\* 3600000`).exec(JSON.stringify(state))?.[1]);

describe('the longest join timeout', () => {
  it('is what tags may ask for, and no more', () => {
    const parsed = parseTags({ ...channel, 'reglaze:join-timeout': `${longestJoinSeconds}s` }, 'self-managed');
    expect(parsed).toMatchObject({ tags: { policy: { joinTimeoutSeconds: longestJoinSeconds } } });
    expect(
      parseTags({ ...channel, 'reglaze:join-timeout': `${longestJoinSeconds + 1}s` }, 'self-managed'),
    ).toMatchObject({ refused: { error: 'TagInvalid' } });
  });

  it('is over well before the admission runs out of time, and before AWS gives the hook up', () => {
    const admissionSeconds = definitionOf('admit-node').TimeoutSeconds ?? 0;
    expect(longestJoinSeconds + 3600).toBeLessThan(admissionSeconds);
    expect(longestJoinSeconds + 3600).toBeLessThan(100 * admitHeartbeatSeconds);
  });
});

describe('the watch of a booting node', () => {
  const admission = definitionOf('admit-node');
  const examine = admission.States['Examine node'];
  /** What an attempt may take besides its watch: calls of AWS, a new environment, the way to the API server. */
  const overheadSeconds = 30;

  it('leaves the hook its heartbeat, even when the next attempt is lost and tried again', () => {
    const { TimeoutSeconds: attemptSeconds = 0, Retry: [retrier] = [] } = examine ?? {};
    const untilNextTurn = longestWatchSeconds + overheadSeconds;
    const retrySeconds = retrier?.IntervalSeconds ?? Number.NaN;
    expect(attemptSeconds).toBeGreaterThan(longestWatchSeconds + overheadSeconds);
    expect(untilNextTurn + attemptSeconds + retrySeconds).toBeLessThan(admitHeartbeatSeconds);
  });

  it('makes no history that is too long, even when the API server ends each one at once', () => {
    const eventsOfTurn = 9;
    const turns = (admission.TimeoutSeconds ?? Number.NaN) / secondsBetweenWatches;
    expect(turns * eventsOfTurn).toBeLessThan(25_000);
  });
});

describe('a late node', () => {
  it('waits at its hook until the rollout has looked, and is not given up meanwhile', () => {
    const wait = Number(definitionOf('admit-node').States['Wait for the rollout']?.Seconds);
    expect(wait).toBeGreaterThan(secondsToNextLook(true));
    expect(wait + longestWatchSeconds).toBeLessThan(admitHeartbeatSeconds);
  });
});

describe('the longest bake time', () => {
  it('leaves as much of the rollout for replacing the nodes', () => {
    const rolloutSeconds = hoursIn(definitionOf('roll-node-group').States['Take lease'], 'rolloutDeadline') * 3600;
    expect(rolloutSeconds).toBeGreaterThan(0);
    expect(2 * longestBakeSeconds).toBeLessThanOrEqual(rolloutSeconds);
  });
});

describe('the pauses of a drain', () => {
  const drain = definitionOf('drain-node');
  const visits = ['Take a turn', 'Drain node'];
  const eventsOfVisit = 9;

  /** The pause after so many seconds at a hook that waits for `ceiling` seconds, as the machine's expression has it. */
  const pauseAfter = async (elapsed: number, ceiling: number, asked: number): Promise<number> => {
    const expression = jsonata(String(drain.States['Wait for pods']?.Seconds).replace(/^\{%|%\}$/g, ''));
    const startedAt = Date.parse('2026-05-16T05:00:00Z');
    expression.registerFunction('millis', () => startedAt + elapsed * 1000);
    const input = {
      startedAt: new Date(startedAt).toISOString(),
      ceiling: new Date(startedAt + ceiling * 1000).toISOString(),
    };
    return expression.evaluate({}, { states: { input }, pauseSeconds: asked });
  };

  const cases = [5400, longestDrainSeconds].map((drainTimeoutSeconds) => ({
    drainTimeoutSeconds,
    ceiling: drainCeilingSeconds({ drainTimeoutSeconds }),
    heartbeat: drainHeartbeatSeconds({ drainTimeoutSeconds }),
  }));

  it.each(cases)('make no history that is too long, with a timeout of $drainTimeoutSeconds s', async ({ ceiling }) => {
    let count = 0;
    for (let elapsed = 0; elapsed < ceiling; count += 1) elapsed += await pauseAfter(elapsed, ceiling, 5);
    expect(count * eventsOfVisit).toBeLessThan(20_000);
  });

  it.each(cases)(
    'leave the hook its heartbeat, with a timeout of $drainTimeoutSeconds s',
    async ({ ceiling, heartbeat }) => {
      const longest = await pauseAfter(ceiling, ceiling, 5);
      const untilNextVisit = longestWatchSeconds + 15 + longest;
      for (const name of visits) {
        const { TimeoutSeconds: attemptSeconds = Number.NaN, Retry: [retrier] = [] } = drain.States[name] ?? {};
        expect(untilNextVisit + attemptSeconds + (retrier?.IntervalSeconds ?? Number.NaN)).toBeLessThan(heartbeat);
      }
    },
  );

  it.each(cases)(
    'leave time for the alert and the policy after the deadline, with a timeout of $drainTimeoutSeconds s',
    async ({ drainTimeoutSeconds, ceiling }) => {
      const startedAt = Date.parse('2026-05-16T05:00:00Z');
      const input = { drainTimeoutSeconds, ceiling: new Date(startedAt + ceiling * 1000).toISOString() };
      const { drainDeadline = '' } = (drain.States['Take a turn']?.Assign ?? {}) as Record<string, string>;
      const expression = jsonata(drainDeadline.replace(/^\{%|%\}$/g, ''));
      // A node without a turn drains when the last call is over, which a visit notices some time later.
      expression.registerFunction('millis', () => lastCall(input).getTime() + longestWatchSeconds * 1000);
      const deadline = Date.parse(await expression.evaluate({}, { states: { input } }));
      const untilNextVisit = longestWatchSeconds + 15 + (await pauseAfter(ceiling, ceiling, 5));
      expect((Date.parse(input.ceiling) - deadline) / 1000).toBeGreaterThan(2 * untilNextVisit);
      expect(Date.parse(input.ceiling) - deadline).toBe(lastReserveSeconds * 1000);
    },
  );

  it('fit into the time of the machine, with what comes after the hook', () => {
    const longest = drainCeilingSeconds({ drainTimeoutSeconds: longestDrainSeconds });
    expect(drain.TimeoutSeconds).toBeGreaterThanOrEqual(longest + longestInstanceSeconds);
  });
});
