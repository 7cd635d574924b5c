import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTimerHeap, type HeapEntry } from './timer-heap.ts';

/** Something that was put on the clock and can still be taken off it. */
export type Timer = { readonly at: number; readonly cancel: () => void };

/**
 * Somebody whose computing the account cannot see, such as the runner of the functions.
 * While one is not quiet, time stands still.
 */
export type Witness = {
  readonly isQuiet: () => boolean;
  /** Resolves when `isQuiet` may have changed. */
  readonly changed: () => Promise<void>;
};

/** Account seconds per second of the wall, or as fast as the machine can. */
export type Pace = number | 'max';

/**
 * The account's only clock. Whatever happens in the account happens in a callback of this clock, one
 * after another, and time moves only between two of them, when nobody computes any more.
 */
export type Clock = {
  /** Milliseconds since the epoch, in account time. */
  readonly now: () => number;
  /** Runs `action` once, `delayMs` from now. Of equal times the one asked for first runs first. */
  readonly after: (delayMs: number, action: () => void) => Timer;
  readonly sleep: (delayMs: number) => Promise<void>;
  /**
   * Takes in something from outside: a request, the result of a function. All that arrives within one
   * instant waits until everybody is quiet and is then run in the order of the keys, so the order in
   * which threads happen to finish never shows.
   */
  readonly arrive: (key: string, action: () => void) => void;
  /** Holds time still until `work` settles: computing takes no account time. */
  readonly busy: <T>(work: Promise<T>) => Promise<T>;
  readonly watch: (witness: Witness) => void;
  /** Lets time pass until `isOver`, asked after every instant; false when nothing is left to happen. */
  readonly run: (isOver: () => boolean, options?: { readonly idle?: 'stop' | 'wait' }) => Promise<boolean>;
  readonly setPace: (pace: Pace) => void;
};

type Arrival = { readonly key: string; readonly order: number; readonly action: () => void };

/** @param startsAt Milliseconds since the epoch. @param pace Can be changed while it runs. */
export function createClock(startsAt: number, pace: Pace = 'max'): Clock {
  const timers = createTimerHeap();
  let arrivals: Arrival[] = [];
  const witnesses: Witness[] = [];
  let now = startsAt;
  let order = 0;
  let holds = 0;
  let activity = 0;
  let currentPace = pace;
  let anchor = { account: startsAt, wall: performance.now() };
  let wake = () => {};

  const stir = () => {
    activity += 1;
    wake();
  };
  const stirred = (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    return promise;
  };

  const clock: Clock = {
    now: () => now,
    after(delayMs, action) {
      const entry: HeapEntry = { at: now + Math.max(0, Math.ceil(delayMs)), order: order++, action, cancelled: false };
      timers.push(entry);
      stir();
      return {
        at: entry.at,
        cancel: () => {
          entry.cancelled = true;
        },
      };
    },
    sleep: (delayMs) =>
      new Promise((resolve) => {
        clock.after(delayMs, resolve);
      }),
    arrive(key, action) {
      arrivals.push({ key, order: order++, action });
      stir();
    },
    async busy(work) {
      holds += 1;
      activity += 1;
      try {
        return await work;
      } finally {
        holds -= 1;
        stir();
      }
    },
    watch: (witness) => {
      witnesses.push(witness);
    },
    setPace(next) {
      anchor = { account: now, wall: performance.now() };
      currentPace = next;
      stir();
    },
    async run(isOver, { idle = 'stop' } = {}) {
      anchor = { account: now, wall: performance.now() };
      await untilQuiet();
      while (!isOver()) {
        const next = timers.peek();
        if (next === undefined && idle === 'stop') return false;
        if (isDue(next) || (await untilDue(next))) fire(next as HeapEntry);
        await untilQuiet();
      }
      return true;
    },
  };
  return clock;

  /** Takes in what has arrived until nothing more does, nobody holds the clock and no witness computes. */
  async function untilQuiet(): Promise<void> {
    do await untilStill();
    while (takeArrivals());
  }

  /** A turn of the event loop in which nobody stirred. */
  async function untilStill(): Promise<void> {
    for (let seen = -1; seen !== activity; ) {
      seen = activity;
      await nextTurn();
      const computing = holds > 0 ? [] : witnesses.filter((witness) => !witness.isQuiet());
      if (holds > 0 || computing.length > 0) await untilChange(seen, computing);
    }
  }

  /** Waits for those who compute, unless somebody has stirred in this turn, which may have ended it. */
  async function untilChange(seen: number, computing: readonly Witness[]): Promise<void> {
    if (seen === activity) await Promise.race([stirred(), ...computing.map((witness) => witness.changed())]);
    activity += 1;
  }

  /** False when nothing has come in. */
  function takeArrivals(): boolean {
    if (arrivals.length === 0) return false;
    const batch = arrivals.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.order - b.order));
    arrivals = [];
    for (const { action } of batch) action();
    return true;
  }

  function isDue(next: HeapEntry | undefined): boolean {
    return next !== undefined && (currentPace === 'max' || wallDelay(next.at) <= 0);
  }

  function fire(entry: HeapEntry): void {
    timers.pop();
    now = Math.max(now, entry.at);
    entry.action();
  }

  /** Waits for the wall clock where a pace is set. False when something stirred first. */
  async function untilDue(next: HeapEntry | undefined): Promise<boolean> {
    if (next === undefined) {
      await stirred();
      if (currentPace !== 'max') now = Math.max(now, Math.floor(accountTimeNow()));
      return false;
    }
    const before = activity;
    await wallSleep(wallDelay(next.at), stirred());
    now = Math.min(next.at, Math.max(now, Math.floor(accountTimeNow())));
    return before === activity && isDue(next);
  }

  function accountTimeNow(): number {
    const rate = currentPace === 'max' ? 1 : currentPace;
    return anchor.account + (performance.now() - anchor.wall) * rate;
  }

  function wallDelay(at: number): number {
    return currentPace === 'max' ? 0 : (at - accountTimeNow()) / currentPace;
  }
}

/** A timer of Node.js that is set further ahead ends at once. */
const longestPause = 2 ** 31 - 1;

/** A pause of the wall clock, of 24 days at most, that ends early, and leaves no timer behind, when `until` resolves. */
function wallSleep(delayMs: number, until: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(Math.max(delayMs, 0), longestPause));
    void until.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
