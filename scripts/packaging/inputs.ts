import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** What a package is made of. Tool versions are in the lockfile. */
const inputs = [
  'functions',
  'infrastructure',
  'scripts/packaging',
  'statemachines',
  'package-lock.json',
  'package.json',
  'serverless.yml',
  'tsconfig.json',
];

/** A hash of everything that a package is made of, the same on every machine: equal hashes mean equal packages. */
export async function hashInputs(root: string): Promise<string> {
  const hash = createHash('sha256').update(process.version.split('.')[0] ?? '');
  const files = (await Promise.all(inputs.map((input) => filesUnder(join(root, input))))).flat();
  const contents = await Promise.all(files.map((file) => readFile(file)));

  for (const [index, file] of files.entries()) {
    const content = contents[index] ?? '';
    hash.update(`\0${relative(root, file).split(sep).join('/')}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}

async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (entries === undefined) return [path];
  const below = await Promise.all(
    entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((entry) => filesUnder(join(path, entry.name))),
  );
  return below.flat();
}
