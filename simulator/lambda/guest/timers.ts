import { promisify } from 'node:util';

type Entry = {
  readonly handle: TimerHandle;
  dueAt: number;
  readonly order: number;
  readonly intervalMs: number | undefined;
  readonly run: () => void;
};

/** What setTimeout returns inside a function: enough of Node's Timeout for libraries that treat it as one. */
export type TimerHandle = {
  readonly ref: () => TimerHandle;
  readonly unref: () => TimerHandle;
  readonly hasRef: () => boolean;
  readonly refresh: () => TimerHandle;
  readonly close: () => TimerHandle;
  readonly [Symbol.toPrimitive]: () => number;
  readonly [Symbol.dispose]: () => void;
};

/** The timers of one execution environment. They go off in account time, which somebody outside moves. */
export type GuestTimers = {
  readonly setTimeout: (callback: (...parts: unknown[]) => void, delayMs?: number, ...parts: unknown[]) => TimerHandle;
  readonly setInterval: (callback: (...parts: unknown[]) => void, delayMs?: number, ...parts: unknown[]) => TimerHandle;
  readonly clear: (handle: unknown) => void;
  /** Account time of the earliest one. */
  readonly earliest: () => number | undefined;
  /** Runs the earliest one that is due now. False when there is none. */
  readonly runNextDue: () => boolean;
};

/** @param changed Called when a timer was set. */
export function createGuestTimers(now: () => number, changed: () => void): GuestTimers {
  const entries = new Map<number, Entry>();
  let lastNumber = 0;

  const first = (): Entry | undefined => {
    let earliest: Entry | undefined;
    for (const entry of entries.values()) {
      if (
        earliest === undefined ||
        entry.dueAt < earliest.dueAt ||
        (entry.dueAt === earliest.dueAt && entry.order < earliest.order)
      ) {
        earliest = entry;
      }
    }
    return earliest;
  };
  const clear = (handle: unknown) => {
    const number = typeof handle === 'object' && handle !== null ? Number(handle) : Number(handle ?? Number.NaN);
    entries.delete(number);
  };
  const set = (run: () => void, delayMs: number | undefined, repeats: boolean): TimerHandle => {
    const number = ++lastNumber;
    // As in Node.js: at least a millisecond, and what does not fit 32 bits is a millisecond too.
    const delay = delayMs !== undefined && delayMs >= 1 && delayMs <= 2 ** 31 - 1 ? Math.trunc(delayMs) : 1;
    const handle = createHandle(
      number,
      () => {
        const entry = entries.get(number);
        if (entry !== undefined) entry.dueAt = now() + delay;
      },
      clear,
    );
    entries.set(number, { handle, dueAt: now() + delay, order: number, intervalMs: repeats ? delay : undefined, run });
    changed();
    return handle;
  };

  const setTimeout: GuestTimers['setTimeout'] = (callback, delayMs, ...parts) =>
    set(() => callback(...parts), delayMs, false);
  Object.assign(setTimeout, {
    [promisify.custom]: (delayMs: number, value: unknown) =>
      new Promise((resolve) => setTimeout(() => resolve(value), delayMs)),
  });

  return {
    setTimeout,
    setInterval: (callback, delayMs, ...parts) => set(() => callback(...parts), delayMs, true),
    clear,
    earliest: () => first()?.dueAt,
    runNextDue() {
      const entry = first();
      if (entry === undefined || entry.dueAt > now()) return false;
      if (entry.intervalMs === undefined) entries.delete(Number(entry.handle));
      else entry.dueAt = now() + entry.intervalMs;
      entry.run();
      return true;
    },
  };
}

function createHandle(number: number, refresh: () => void, clear: (handle: unknown) => void): TimerHandle {
  const handle: TimerHandle = {
    ref: () => handle,
    unref: () => handle,
    hasRef: () => true,
    refresh: () => {
      refresh();
      return handle;
    },
    close: () => {
      clear(number);
      return handle;
    },
    [Symbol.toPrimitive]: () => number,
    [Symbol.dispose]: () => clear(number),
  };
  return handle;
}

/** `node:timers/promises` on such timers. */
export function createTimersPromises(timers: GuestTimers, setImmediateOf: (run: () => void) => void) {
  const sleep = <T>(delayMs?: number, value?: T, options: { readonly signal?: AbortSignal } = {}): Promise<T> =>
    new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted) return reject(abortError(signal));
      const handle = timers.setTimeout(() => resolve(value as T), delayMs);
      signal?.addEventListener('abort', () => {
        timers.clear(handle);
        reject(abortError(signal));
      });
    });
  return {
    setTimeout: sleep,
    setImmediate: <T>(value?: T): Promise<T> => new Promise((resolve) => setImmediateOf(() => resolve(value as T))),
    async *setInterval<T>(delayMs?: number, value?: T): AsyncGenerator<T> {
      for (;;) yield await sleep(delayMs, value as T);
    },
    scheduler: { wait: (delayMs: number) => sleep(delayMs), yield: () => sleep(0) },
  };
}

function abortError(signal: AbortSignal): Error {
  return Object.assign(new Error('The operation was aborted', { cause: signal.reason }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  });
}
