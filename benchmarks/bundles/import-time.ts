import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Candidate } from './variants.ts';

const run = promisify(execFile);

/** What a fresh process does: import the handler's module, as Lambda does before the first invocation. */
const program = (file: string) =>
  `const startedAt = performance.now(); await import(${JSON.stringify(pathToFileURL(file).href)}); ` +
  'process.stdout.write(String(performance.now() - startedAt));';

/** Only what Lambda sets and modules look at while they load. */
const environment = { AWS_REGION: 'us-west-2', POWERTOOLS_SERVICE_NAME: 'benchmark' };

/** Milliseconds that importing a handler takes in a process of its own. */
export async function importMilliseconds({ file, nodeOptions }: Candidate): Promise<number> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program(file)], {
    env: { ...environment, NODE_OPTIONS: nodeOptions },
  });
  return Number(stdout);
}

/**
 * The median import time of each candidate.
 *
 * Every round imports every candidate once, so that what the machine does meanwhile meets all of them alike; the first
 * round only warms the disk cache.
 */
export async function medianImportTimes(
  candidates: readonly Candidate[],
  rounds: number,
): Promise<ReadonlyMap<Candidate, number>> {
  const times = new Map<Candidate, number[]>(candidates.map((candidate) => [candidate, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const candidate of candidates) {
      const milliseconds = await importMilliseconds(candidate);
      if (round > 0) times.get(candidate)?.push(milliseconds);
    }
  }
  return new Map([...times].map(([candidate, measured]) => [candidate, median(measured)]));
}

/** The middle value; of an even number the lower middle one. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
