import type { Suite } from './check.ts';
import { checksOf, type Result } from './run-suite.ts';

const signs = { ok: 'ok      ', failed: 'FAILED  ', skipped: 'skipped ' } as const;

/** One line of a check, and for a failed one what was expected and found. */
export function resultLines({ service, check, result, expected, found, needs = [] }: Result): readonly string[] {
  const line = `${signs[result]}${service}: ${check}`;
  if (result === 'skipped') return [`${line}: needs ${needs.join(' and ')}`];
  return result === 'ok' ? [line] : [line, `          expected ${expected}`, `          found    ${found}`];
}

export type Totals = { readonly ok: number; readonly failed: number; readonly skipped: number };

export function totalsOf(results: readonly Result[]): Totals {
  const count = (wanted: Result['result']) => results.filter(({ result }) => result === wanted).length;
  return { ok: count('ok'), failed: count('failed'), skipped: count('skipped') };
}

export const totalsLine = ({ ok, failed, skipped }: Totals): string =>
  `Of ${ok + failed + skipped}: ${ok} ok, ${failed} failed, ${skipped} skipped.`;

/** What a suite would try: one row per check. */
export const listingOf = (suite: Suite) =>
  checksOf(suite).map(({ name, source, changes, needs = [] }) => ({
    service: suite.service,
    check: name,
    source,
    changes: changes ?? false,
    needs,
  }));

/** The names of all suites, or of all checks of one with what each needs. */
export function listingLines(suites: readonly Suite[], withChecks: boolean): readonly string[] {
  if (!withChecks) {
    return suites.map((suite) => {
      const rows = listingOf(suite);
      const needs = [...new Set(rows.flatMap((row) => row.needs))];
      const about = needs.length === 0 ? '' : `, some need ${needs.join(', ')}`;
      return `${suite.service.padEnd(14)} ${rows.length} checks, ${rows.filter(({ changes }) => changes).length} make changes${about}`;
    });
  }
  return listingRowLines(suites.flatMap(listingOf));
}

/** One line per check, with what it needs and where it is written. */
export function listingRowLines(rows: ReturnType<typeof listingOf>): readonly string[] {
  return rows.map(({ service, check, source, changes, needs }) => {
    const marks = [...(changes ? ['changes'] : []), ...needs.map((need) => `needs ${need}`), source];
    return `${service}: ${check} (${marks.join('; ')})`;
  });
}
