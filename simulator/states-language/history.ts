import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Clock } from '../kernel/clock.ts';
import { Interrupted } from './interruption.ts';
import type { Json } from './json.ts';

export type EventDetails = Omit<HistoryEvent, 'timestamp' | 'type' | 'id' | 'previousEventId'>;
export type EventType = NonNullable<HistoryEvent['type']>;

/** What happened in one execution, in the words of GetExecutionHistory. */
export type History = {
  readonly events: () => readonly HistoryEvent[];
  /** @returns The id of the event. @throws {Interrupted} The history is full; the execution has been failed. */
  readonly write: (type: EventType, previousEventId: number, details?: EventDetails) => number;
  /** Writes the event that ends the execution, for which there is always room. */
  readonly close: (type: EventType, previousEventId: number, details?: EventDetails) => void;
};

/** The service's limit for one execution, the event that ends it included. */
export const MAX_EVENTS = 25_000;

/** @param onFull Called once per attempt, instead of writing an event that would leave no room for the last one. */
export function createHistory(
  clock: Pick<Clock, 'now'>,
  onFull: () => void,
  onEvent: (event: HistoryEvent) => void,
): History {
  const events: HistoryEvent[] = [];
  const append = (type: EventType, previousEventId: number, details: EventDetails): number => {
    const id = events.length + 1;
    const event = { timestamp: new Date(clock.now()), type, id, previousEventId, ...details };
    events.push(event);
    onEvent(event);
    return id;
  };

  return {
    events: () => events,
    write(type, previousEventId, details = {}) {
      if (events.length < MAX_EVENTS - 1) return append(type, previousEventId, details);
      onFull();
      throw new Interrupted();
    },
    close: (type, previousEventId, details = {}) => {
      append(type, previousEventId, details);
    },
  };
}

/** The service shortens long data in its history; 256 KiB, the most that a state may have, fits. */
const WHOLE = { truncated: false };

export const inputDetails = (input: Json) => ({ input: JSON.stringify(input), inputDetails: WHOLE });
export const outputDetails = (output: Json) => ({ output: JSON.stringify(output), outputDetails: WHOLE });
export const assignedDetails = (assigned: { readonly [name: string]: Json }) => ({
  assignedVariables: Object.fromEntries(Object.entries(assigned).map(([name, value]) => [name, JSON.stringify(value)])),
  assignedVariablesDetails: WHOLE,
});
