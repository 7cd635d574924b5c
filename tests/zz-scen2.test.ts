import { it } from 'vitest';
import { play } from './support/play.ts';
it('x', async () => {
  const { log } = await play('scale-in');
  const start = Date.parse('2026-05-16T04:27:00Z');
  for (const { at, kind, details } of log) if (at >= start && at < start + 600_000 && (/^(hook|node|group|instance|pod|eviction|execution.state|execution.started)/.test(kind)) && !/roll-node/.test(String(details.machine))) console.log(new Date(at).toISOString().slice(11, 19), kind, JSON.stringify(details).slice(0, 210));
}, 100000);
