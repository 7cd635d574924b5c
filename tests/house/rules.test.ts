import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const sourcesBelow = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, folder, name));
const offenders = (files: readonly string[], pattern: RegExp) =>
  files.filter((file) => pattern.test(readFileSync(file, 'utf8'))).map((file) => relative(root, file));

describe('the house', () => {
  it.each([
    { case: 'no test replaces a module', folder: 'tests', pattern: /\bvi\s*\.\s*mock\(/ },
    { case: 'the simulator never names the product', folder: 'simulator', pattern: /reglaze/i },
    { case: 'the simulator imports nothing of the product', folder: 'simulator', pattern: /from '[^']*\/functions\// },
    { case: 'the product imports nothing of the simulator', folder: 'functions', pattern: /from '[^']*\/simulator\// },
    {
      case: 'the domain imports nothing outside itself',
      folder: 'functions/domain',
      pattern: /from '(?!\.\/|valibot')/,
    },
    { case: 'no function sleeps', folder: 'functions', pattern: /timers\/promises|setTimeout\(/ },
  ])('$case', ({ folder, pattern }) => {
    expect(offenders(sourcesBelow(folder), pattern)).toEqual([]);
  });

  it.each(['functions', 'simulator'])(
    'has its own word for every schema that valibot reads generously: %s',
    (folder) => {
      const users = sourcesBelow(folder).filter((file) => !file.endsWith('/shapes.ts'));
      const generous =
        /\bv\.(object|looseObject|strictObject|objectWithRest|record|integer|isoTimestamp|isoDateTime)\(/;
      expect(offenders(users, generous)).toEqual([]);
    },
  );

  it('takes the time only from the clock of the account in the simulator', () => {
    const outsideTheKernel = sourcesBelow('simulator').filter((file) => !/simulator\/(kernel|lambda)\//.test(file));
    expect(
      offenders(outsideTheKernel, /Date\.now\(|new Date\(\)|Math\.random\(|\bsetTimeout\(|\brandomUUID\(/),
    ).toEqual([]);
  });
});
