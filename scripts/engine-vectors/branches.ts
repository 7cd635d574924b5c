import type { HistoryEvent } from '@aws-sdk/client-sfn';

/** Where an event of a history belongs. */
export type Place = {
  /** As in `Visit.branch`. */
  readonly branch: string;
  /** The number of the visit within the branch; 0 before the first. */
  readonly visit: number;
  /** The state of the visit. */
  readonly state: string;
};

const start: Place = { branch: '', visit: 0, state: '' };

/**
 * Finds the branch and the visit of every event by following what came before it. An iteration of a Map begins with
 * an event that names its Map and its index.
 *
 * @throws {Error} The history has Parallel states, failed Maps or redrives, which no vector describes.
 */
export function placesOf(events: readonly HistoryEvent[]): ReadonlyMap<number, Place> {
  const places = new Map<number, Place>();
  const outer = new Map<string, Place>();
  for (const event of events) {
    const { id = 0, previousEventId = 0, type = '' } = event;
    if (/^Parallel|^MapState(Failed|Aborted)|^MapIteration(Failed|Aborted)|Redriven$/.test(type)) {
      throw new Error(`Not described by vectors: ${type}.`);
    }
    places.set(id, placeOf(event, places.get(previousEventId) ?? start, outer));
  }
  return places;
}

function placeOf(event: HistoryEvent, before: Place, outer: Map<string, Place>): Place {
  const { type = '', mapIterationStartedEventDetails: iteration, stateEnteredEventDetails: entry } = event;
  if (iteration !== undefined) {
    const map = mapAround(before, iteration.name ?? '', outer);
    const branch = `${map.branch && `${map.branch}/`}${map.visit}[${iteration.index}]`;
    outer.set(branch, map);
    return { ...start, branch };
  }
  // What follows the end of an iteration, other than another iteration, is the Map itself again.
  if (type === 'MapIterationSucceeded') return outer.get(before.branch) ?? before;
  return entry === undefined ? before : { ...before, visit: before.visit + 1, state: entry.name ?? '' };
}

/** The visit of a Map in whose iteration, or before whose first one, something happened. */
function mapAround(place: Place, name: string, outer: ReadonlyMap<string, Place>): Place {
  const around = outer.get(place.branch);
  return place.state === name || around === undefined ? place : mapAround(around, name, outer);
}
