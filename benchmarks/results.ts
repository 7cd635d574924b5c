import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Keeps the figures of a benchmark beside the code, so that two commits can be compared; not under version control. */
export async function saveResults(name: string, results: unknown): Promise<void> {
  const folder = join(import.meta.dirname, 'results');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(results, null, 2)}\n`);
}
