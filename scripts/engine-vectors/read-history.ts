import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Json, JsonObject } from '../../simulator/states-language/json.ts';
import { type Place, placesOf } from './branches.ts';
import type { Attempt, Visit } from './vector.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
type OpenVisit = Writable<Omit<Visit, 'attempts'>> & { attempts?: Writable<Attempt>[] };

/** Reads the text of a history as JSON. */
const parse = (text: string | undefined): Json => JSON.parse(text ?? 'null');

/**
 * The visits of one execution, in the order in which the states were entered.
 *
 * @param jitterOf The draw for the pause after a failed attempt, counted from 0.
 * @throws {Error} The history has something that no vector describes.
 */
export function readVisits(
  events: readonly HistoryEvent[],
  jitterOf: (place: Place, attempt: number) => number,
): readonly Visit[] {
  const places = placesOf(events);
  const startedAt = events[0]?.timestamp?.getTime() ?? 0;
  const visits = new Map<string, OpenVisit>();
  for (const event of events) {
    const place = places.get(event.id ?? 0) as Place;
    const key = `${place.branch}#${place.visit}`;
    const at = (event.timestamp?.getTime() ?? 0) - startedAt;
    const visit = visits.get(key);
    if (event.type?.endsWith('StateEntered')) visits.set(key, entered(event, place, at));
    else if (visit !== undefined) take(visit, event, at, (attempt) => jitterOf(place, attempt));
  }
  return [...visits.values()];
}

const entered = ({ stateEnteredEventDetails: details }: HistoryEvent, place: Place, enteredAt: number): OpenVisit => ({
  branch: place.branch,
  number: place.visit,
  state: details?.name ?? '',
  enteredAt,
  input: parse(details?.input),
});

function take(visit: OpenVisit, event: HistoryEvent, at: number, jitterOf: (attempt: number) => number): void {
  const { type = '' } = event;
  if (type.endsWith('StateExited')) leave(visit, event, at);
  else if (type === 'TaskScheduled') {
    const before = visit.attempts?.at(-1);
    if (before !== undefined) before.jitter = jitterOf((visit.attempts?.length ?? 1) - 1);
    visit.attempts = [...(visit.attempts ?? []), called(event, at)];
  } else if (/^Task(Succeeded|Failed|TimedOut)$/.test(type)) end(visit, event, at);
}

function leave(visit: OpenVisit, { stateExitedEventDetails: details }: HistoryEvent, at: number): void {
  visit.leftAt = at;
  visit.output = parse(details?.output);
  if (details?.assignedVariables === undefined) return;
  const assigned = Object.entries(details.assignedVariables).map(([name, text]) => [name, parse(text)] as const);
  visit.assigned = Object.fromEntries(assigned) satisfies JsonObject;
}

function called({ taskScheduledEventDetails: details }: HistoryEvent, at: number): Writable<Attempt> {
  const seconds = details?.timeoutInSeconds;
  return { at, arguments: parse(details?.parameters), ...(seconds === undefined ? {} : { timeoutSeconds: seconds }) };
}

function end({ attempts }: OpenVisit, event: HistoryEvent, at: number): void {
  const attempt = attempts?.at(-1);
  if (attempt === undefined) return;
  const { taskSucceededEventDetails: succeeded, taskFailedEventDetails: failed } = event;
  attempt.endedAt = at;
  if (succeeded !== undefined) attempt.result = parse(succeeded.output);
  else if (failed === undefined) attempt.timedOut = true;
  if (failed?.error !== undefined) attempt.error = failed.error;
  if (failed?.cause !== undefined) attempt.cause = failed.cause;
}
