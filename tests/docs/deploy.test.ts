import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { codeIn, firstTable, readPage, section } from './support/page.ts';

const page = readPage(join('docs', 'deploy.md'));

describe('the page for whoever deploys', () => {
  it('names every parameter of the stack with its default, and no other', () => {
    const { params } = parse(readPage('serverless.yml')) as { params: { default: Record<string, unknown> } };
    const documented = firstTable(section(page, '### Parameters')).map((row) => [
      ...codeIn(row.parameter),
      (row.default ?? '').replaceAll('`', ''),
    ]);

    expect(documented).toEqual(Object.entries(params.default).map(([name, value]) => [name, String(value)]));
  });
});
