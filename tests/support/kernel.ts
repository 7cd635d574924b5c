import { createClock } from '../../simulator/kernel/clock.ts';
import { createEventLog } from '../../simulator/kernel/event-log.ts';
import { createFaults } from '../../simulator/kernel/faults.ts';
import type { Kernel } from '../../simulator/kernel/kernel.ts';
import { createRandomness } from '../../simulator/kernel/randomness.ts';
import { defaultTimings } from '../../simulator/kernel/timings.ts';

/** A kernel in virtual time, without faults, that starts on the first of June 2026. */
export function aKernel(overrides: Partial<Kernel> = {}): Kernel {
  const clock = overrides.clock ?? createClock(Date.UTC(2026, 5, 1));
  return {
    identity: { accountId: '111122223333', region: 'us-west-2', partition: 'aws' },
    clock,
    random: createRandomness(1),
    log: createEventLog(clock),
    timings: defaultTimings,
    faults: createFaults([]),
    ...overrides,
  };
}
