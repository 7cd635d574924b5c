import type { Clock } from './clock.ts';

/** One thing that happened in the account. `kind` is `<area>.<what>`, such as `instance.running` or `node.ready`. */
export type LogEntry = {
  readonly at: number;
  readonly kind: string;
  readonly details: Readonly<Record<string, unknown>>;
};

/** What happened in the account, in order: what the display shows, tests read and two runs are compared by. */
export type EventLog = {
  readonly write: (kind: string, details: Readonly<Record<string, unknown>>) => void;
  readonly entries: () => readonly LogEntry[];
  /** Called for every entry from now on. Returns how to stop. */
  readonly follow: (listener: (entry: LogEntry) => void) => () => void;
};

export function createEventLog(clock: Pick<Clock, 'now'>): EventLog {
  const entries: LogEntry[] = [];
  const listeners = new Set<(entry: LogEntry) => void>();

  return {
    write(kind, details) {
      const entry = { at: clock.now(), kind, details };
      entries.push(entry);
      for (const listener of listeners) listener(entry);
    },
    entries: () => entries,
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
