import type { Clock, Timer } from '../../kernel/clock.ts';

export type Message = {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAt: number;
  readonly receiveCount: number;
  /** Set on what `receive` returned. */
  readonly receiptHandle?: string;
};

export type MessageStore = {
  /** Counts what was ever asked for, so that ids do not depend on what is in the queue. */
  readonly nextNumber: () => number;
  readonly add: (message: Message) => void;
  readonly receive: (atMost: number) => readonly Message[];
  readonly remove: (receiptHandle: string) => void;
  readonly visible: () => readonly Message[];
  readonly counts: () => { readonly visible: number; readonly hidden: number };
  /** Drops everything and lets no timer run. */
  readonly close: () => void;
};

type Settings = {
  readonly clock: Clock;
  readonly receiptHandle: (messageId: string, receiveCount: number) => string;
  readonly delayMs: number;
  readonly visibilityMs: number;
  readonly retentionMs: number;
  readonly onDepth: (visible: number) => void;
  readonly redrive?: { readonly maxReceiveCount: number; readonly move: (message: Message) => void } | undefined;
};

type Entry = { message: Message; visibleFrom: number; timers: Timer[] };

/** The messages of one standard queue: delay, visibility, retention and redrive. */
export function createMessageStore(settings: Settings): MessageStore {
  const { clock, delayMs, visibilityMs, retentionMs, redrive } = settings;
  let entries: Entry[] = [];
  let reported = 0;
  let numbers = 0;

  const visibleEntries = () => entries.filter((entry) => entry.visibleFrom <= clock.now());
  const report = () => {
    const visible = visibleEntries().length;
    if (visible === reported) return;
    reported = visible;
    settings.onDepth(visible);
  };
  const drop = (entry: Entry) => {
    for (const timer of entry.timers) timer.cancel();
    entries = entries.filter((other) => other !== entry);
    report();
  };
  const hide = (entry: Entry, delay: number) => {
    entry.visibleFrom = clock.now() + delay;
    if (delay > 0) entry.timers.push(clock.after(delay, report));
    report();
  };
  const takenTooOften = (entry: Entry) =>
    redrive !== undefined && entry.message.receiveCount >= redrive.maxReceiveCount;
  const receive = (entry: Entry): Message => {
    const receiveCount = entry.message.receiveCount + 1;
    const receiptHandle = settings.receiptHandle(entry.message.messageId, receiveCount);
    entry.message = { ...entry.message, receiveCount, receiptHandle };
    hide(entry, visibilityMs);
    return entry.message;
  };

  return {
    nextNumber: () => numbers++,
    add(message) {
      const entry: Entry = { message, visibleFrom: clock.now(), timers: [] };
      entries.push(entry);
      // A message that is redriven keeps the time at which it was first sent.
      entry.timers.push(clock.after(message.sentAt + retentionMs - clock.now(), () => drop(entry)));
      hide(entry, delayMs);
    },
    receive(atMost) {
      for (const entry of visibleEntries().filter(takenTooOften)) {
        drop(entry);
        redrive?.move(entry.message);
      }
      return visibleEntries().slice(0, atMost).map(receive);
    },
    remove(receiptHandle) {
      const entry = entries.find(({ message }) => message.receiptHandle === receiptHandle);
      if (entry !== undefined) drop(entry);
    },
    visible: () => visibleEntries().map(({ message }) => message),
    counts() {
      const visible = visibleEntries().length;
      return { visible, hidden: entries.length - visible };
    },
    close() {
      for (const entry of [...entries]) drop(entry);
    },
  };
}
