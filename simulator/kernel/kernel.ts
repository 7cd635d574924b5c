import type { Clock } from './clock.ts';
import type { EventLog } from './event-log.ts';
import type { Faults } from './faults.ts';
import type { Randomness } from './randomness.ts';
import type { Timings } from './timings.ts';

/** Whose account this is. */
export type Identity = { readonly accountId: string; readonly region: string; readonly partition: 'aws' };

/** What every part of the account stands on. */
export type Kernel = {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly log: EventLog;
  readonly timings: Timings;
  readonly faults: Faults;
  /**
   * Milliseconds since the epoch by the clock of clients outside the account, which cannot run at the account's pace.
   * Missing: they live in account time.
   */
  readonly clientClock?: () => number;
};
