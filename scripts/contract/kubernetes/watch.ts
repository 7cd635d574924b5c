import { Deviation } from '../check.ts';
import type { Watch, WatchEvent } from './cluster.ts';
import type { ApiAnswer, ClusterEndpoint } from './endpoint.ts';

/** An event that has not come by then does not come. */
const patienceSeconds = 20;

/** Reads the lines of a watch as they come. */
export function openWatch({ body, close }: ApiAnswer, { pass }: Pick<ClusterEndpoint, 'pass'>): Watch {
  const reader = body[Symbol.asyncIterator]();
  const events: WatchEvent[] = [];
  let rest = '';
  let isOver = false;
  const read = async () => {
    for (let next = await reader.next(); !next.done; next = await reader.next()) {
      const lines = `${rest}${next.value.toString()}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') events.push(JSON.parse(line) as WatchEvent);
    }
  };
  // A connection that breaks ends the watch as the server's own end does.
  void read()
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
    });

  return {
    async next() {
      for (let waited = 0; events.length === 0 && !isOver; waited += 0.25) {
        if (waited > patienceSeconds) throw new Deviation('an event of the watch', 'none came');
        await pass(0.25);
      }
      return events.shift();
    },
    close: async () => close(),
  };
}
