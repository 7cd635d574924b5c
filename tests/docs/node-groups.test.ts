import { describe, expect, it } from 'vitest';
import { renderPage } from '../../scripts/node-groups.ts';
import { caseAccounts } from '../scenarios/node-groups/cases.ts';
import { readPage } from './support/page.ts';

describe('the page of node group kinds', () => {
  it('is what `npm run node-groups` would write now', () => {
    expect(readPage('docs/node-groups.md')).toBe(renderPage(caseAccounts));
  });

  it('has a row for every case but those of groups that have not opted in', () => {
    const cases = caseAccounts.flatMap(({ cases: own }) => own).filter(({ optedIn }) => optedIn !== false);
    const rows = readPage('docs/node-groups.md').match(/^\| (?!Group|---).*$/gm) ?? [];
    expect(rows).toHaveLength(cases.length);
  });
});
