import type { Clock } from '../kernel/clock.ts';

/** A controller's list of what it must look at: each key once, however often it was added. */
export type WorkQueue = { readonly add: (key: string) => void };

/** The queues of all controllers of a cluster, and the delays of everything that happens in it. */
export type Work = {
  /** Calls `sync` with every key some time after it was added, in the order in which keys were added. */
  readonly queue: (sync: (key: string) => void) => WorkQueue;
  /** Like the clock's `after`, but at once while things are put in place. */
  readonly after: (delayMs: number, action: () => void) => { readonly cancel: () => void };
  /** Does something with all that follows from it in no time: what a cluster finds in place when the account begins. */
  readonly settle: (action: () => void) => void;
  readonly isSettling: () => boolean;
};

/** @param delayMs Between a change and the reaction of a controller that watches for it. */
export function createWork(clock: Pick<Clock, 'after'>, delayMs: number): Work {
  const runs: (() => boolean)[] = [];
  let due: { action: () => void; isOff: boolean }[] = [];
  let isSettling = false;

  const settleDue = () => {
    const now = due;
    due = [];
    for (const entry of now) if (!entry.isOff) entry.action();
    return now.length > 0;
  };

  return {
    queue(sync) {
      let keys = new Set<string>();
      const run = () => {
        const now = keys;
        keys = new Set();
        for (const key of now) sync(key);
        return now.size > 0;
      };
      runs.push(run);
      return {
        add(key) {
          if (keys.size === 0 && !isSettling) clock.after(delayMs, run);
          keys.add(key);
        },
      };
    },
    after(laterMs, action) {
      if (!isSettling) return clock.after(laterMs, action);
      const entry = { action, isOff: false };
      due.push(entry);
      return {
        cancel() {
          entry.isOff = true;
        },
      };
    },
    settle(action) {
      isSettling = true;
      try {
        action();
        // Every queue and every delay once more, until nothing moves any longer.
        while ([...runs, settleDue].map((run) => run()).includes(true));
      } finally {
        isSettling = false;
      }
    },
    isSettling: () => isSettling,
  };
}
