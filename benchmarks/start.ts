import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensurePackaged } from '../scripts/package.ts';
import { saveResults } from './results.ts';

const root = join(import.meta.dirname, '..');

/** Seconds of one `npm start` with these options, after packaging unless that is part of it. */
function secondsOf(...options: readonly string[]): number {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/start.ts'), ...options], { cwd: root });
  if (status !== 0) throw new Error(`npm start -- ${options.join(' ')} ended with ${status}: ${stderr}`);
  return (performance.now() - startedAt) / 1000;
}

const packagingStartedAt = performance.now();
const { isNew } = await ensurePackaged();
const packaging = isNew ? (performance.now() - packagingStartedAt) / 1000 : undefined;
const watched = secondsOf();
const max = secondsOf('--speed', 'max');
const ratio = (seconds: number, bound: number) =>
  `${seconds.toFixed(1)} s of ${bound} s, ratio ${(seconds / bound).toFixed(2)}`;
console.log(
  `packaging            ${packaging === undefined ? 'up to date (remove .cache to measure it)' : `${packaging.toFixed(1)} s`}`,
);
console.log(`npm start            ${ratio(watched + (packaging ?? 0), 45)}`);
console.log(`npm start, speed max ${ratio(max, 10)}`);
await saveResults('start', { packaging, watched, max });
