import type { Terminal } from './terminal.ts';
import type { Trace } from './trace.ts';

/**
 * Takes one after another away; false when something could not be. What comes after a failure in the same place stays for
 * the next call, as a state file must not forget what is still there. Other places go all the same.
 */
export async function removeAll(traces: readonly Trace[], { complain }: Terminal): Promise<boolean> {
  const failed = new Set<string>();
  for (const { place, lines, remove } of traces) {
    if (failed.has(place)) continue;
    try {
      const remark = await remove();
      if (remark !== undefined) complain(remark);
    } catch (error) {
      const { name, message } = error as Error;
      complain(`Could not take away ${lines.join(', ')} of ${place}. ${name}: ${message}`);
      failed.add(place);
    }
  }
  return failed.size === 0;
}
