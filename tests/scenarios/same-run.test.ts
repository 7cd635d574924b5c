import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../simulator/kernel/event-log.ts';
import { play } from '../support/play.ts';

const lines = (log: readonly LogEntry[]) => log.map((entry) => JSON.stringify(entry));

describe('a run', () => {
  it('repeats byte for byte with the same seed', async () => {
    const [first, second] = [await play('tiny-month', { seed: 7 }), await play('tiny-month', { seed: 7 })];
    expect(lines(second.log)).toEqual(lines(first.log));
  });

  it('is another one with another seed', async () => {
    const [first, second] = [await play('tiny-month', { seed: 7 }), await play('tiny-month', { seed: 8 })];
    expect(second.document.run.status).toBe('SUCCEEDED');
    expect(lines(second.log)).not.toEqual(lines(first.log));
  });

  it.each(['tiny-month', 'killed'])(
    'of %s is the same in threads over HTTP and TLS as in one process',
    async (name) => {
      const inProcess = await play(name, { functions: 'process' });
      const inThreads = await play(name, { functions: 'threads' });
      expect(lines(inThreads.log)).toEqual(lines(inProcess.log));
    },
  );
});

describe('many seeds of tiny-month', () => {
  it.each([11, 12, 13, 14, 15])('seed %i patches all nodes and leaves nothing behind', async (seed) => {
    const { document } = await play('tiny-month', { seed });
    expect(document.nodeGroups.map(({ outcome, nodes }) => ({ outcome, ...nodes }))).toEqual([
      { outcome: 'patched', total: 2, patched: 2 },
      { outcome: 'patched', total: 2, patched: 2 },
    ]);
    for (const { readyNodes } of document.nodeGroups) expect(readyNodes).toEqual({ desired: 2, lowest: 2 });
  });
});
