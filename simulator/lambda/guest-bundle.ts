import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

let source: string | undefined;

/**
 * The first file of a worker thread with all that it imports, as one script. Made once per process: threads start
 * several times faster from it than from the files.
 */
export function workerSource(): string {
  source ??= buildSync({
    entryPoints: [fileURLToPath(new URL('./guest/worker.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    write: false,
    logLevel: 'error',
  }).outputFiles[0]?.text;
  return source ?? '';
}
