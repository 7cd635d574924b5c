import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensurePackaged } from '../../scripts/package.ts';
import { hashInputs } from '../../scripts/packaging/inputs.ts';
import { withLock } from '../../scripts/packaging/lock.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'packaging-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('a package', () => {
  it('is the same whoever asks, and made once', async () => {
    const [first, second] = await Promise.all([ensurePackaged(), ensurePackaged()]);

    expect(second.template).toEqual(first.template);
    expect([first.isNew, second.isNew].filter(Boolean).length).toBeLessThanOrEqual(1);
  });

  it('holds a zip for every function, under keys without a time in them', async () => {
    const { template, artifact, hash } = await ensurePackaged();
    const keys = Object.values(template.Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => (Properties as { Code: { S3Key: string } }).Code.S3Key);

    expect(keys.map((key) => key.split('/').at(-2))).toEqual(keys.map(() => hash));
    expect(keys.map((key) => artifact(key).subarray(0, 2).toString())).toEqual(keys.map(() => 'PK'));
  });
});

/** A repository with one file in every place that a package is made of. */
async function aRepository(): Promise<void> {
  for (const folder of ['functions/handlers', 'infrastructure', 'scripts/packaging', 'statemachines']) {
    await mkdir(join(directory, folder), { recursive: true });
    await writeFile(join(directory, folder, 'a.ts'), folder);
  }
  for (const file of ['package-lock.json', 'package.json', 'serverless.yml', 'tsconfig.json']) {
    await writeFile(join(directory, file), file);
  }
}

describe('the hash of the inputs', () => {
  it('stays while nothing changes', async () => {
    await aRepository();

    expect(await hashInputs(directory)).toBe(await hashInputs(directory));
  });

  it.each([
    'functions/handlers/a.ts',
    'infrastructure/a.ts',
    'scripts/packaging/a.ts',
    'statemachines/a.ts',
    'package-lock.json',
    'serverless.yml',
    'functions/handlers/new.ts',
  ])('changes with %s', async (file) => {
    await aRepository();
    const before = await hashInputs(directory);
    await writeFile(join(directory, file), 'changed');

    expect(await hashInputs(directory)).not.toBe(before);
  });

  it('does not change with a file that is no input', async () => {
    await aRepository();
    const before = await hashInputs(directory);
    await writeFile(join(directory, 'README.md'), 'changed');

    expect(await hashInputs(directory)).toBe(before);
  });
});

describe('the lock', () => {
  it('lets one in at a time', async () => {
    const path = join(directory, 'lock');
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);

    expect(most).toBe(1);
  });

  it('is free again after a failure', async () => {
    const path = join(directory, 'lock');
    await withLock(path, () => Promise.reject(new Error('no'))).catch(() => {});

    expect(await withLock(path, async () => 'in')).toBe('in');
  });

  it('is taken from a process that is gone', async () => {
    const path = join(directory, 'lock');
    // Process ids end far below this on every system that Node.js runs on.
    await writeFile(path, '2147483646');

    expect(await withLock(path, async () => 'in')).toBe('in');
  });
});
