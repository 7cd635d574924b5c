import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from './build.ts';
import { withLock } from './lock.ts';

/** Packages kept, newest first: the one in use, and those of a branch or two. */
const keptPackages = 4;

/** The directory of the package with this hash, made if there is none yet. `isNew` says which. */
export async function findOrBuild(root: string, hash: string): Promise<{ directory: string; isNew: boolean }> {
  const store = join(root, '.cache', 'packages');
  const directory = join(store, hash);
  if (existsSync(directory)) return { directory, isNew: false };

  await mkdir(store, { recursive: true });
  const isNew = await withLock(join(store, 'lock'), async () => {
    if (existsSync(directory)) return false;
    await buildInto(root, store, directory);
    await forgetOld(store, hash);
    return true;
  });
  return { directory, isNew };
}

async function buildInto(root: string, store: string, directory: string): Promise<void> {
  const workshop = join(store, `build-${process.pid}`);
  try {
    const made = await build(root, workshop);
    await rename(made, directory).catch(async (error: NodeJS.ErrnoException) => {
      // Somebody else finished the same package first.
      if (!existsSync(directory)) throw error;
    });
    const now = new Date();
    await utimes(directory, now, now);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

async function forgetOld(store: string, current: string): Promise<void> {
  const names = (await readdir(store)).filter((name) => /^[0-9a-f]{32}$/.test(name) && name !== current);
  const dated = await Promise.all(
    names.map(async (name) => ({ name, madeAt: (await stat(join(store, name))).mtimeMs })),
  );
  const old = dated.toSorted((a, b) => b.madeAt - a.madeAt).slice(keptPackages - 1);
  await Promise.all(old.map(({ name }) => rm(join(store, name), { recursive: true, force: true })));
}
