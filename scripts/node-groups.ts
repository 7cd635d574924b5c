import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case, CaseAccount } from '../tests/scenarios/node-groups/case.ts';
import { caseAccounts } from '../tests/scenarios/node-groups/cases.ts';

/** The page that this script writes. */
export const pagePath = join(import.meta.dirname, '../docs/node-groups.md');

const introduction = `# Kinds of node groups

What a run makes of each kind of node group. This page is written by \`npm run node-groups\` from the table that
\`tests/scenarios/node-groups.test.ts\` plays on the embedded account with the packaged functions: a row that is not true is a
test that fails.

After every one of these runs nothing is left behind: no lifecycle hook, no lease, no running instance refresh. A group that is
blocked, skipped or rolled back has the settings that it had before, one that is patched differs from them by the
version of its launch template alone. Reglaze never changes sizes, processes, protection or policies.

The outcomes are explained in [operate.md](operate.md#outcomes), the reasons [there too](operate.md#errors).
`;

/** The outcomes in the order in which the page has them. */
const sections: readonly { readonly title: string; readonly outcomes: readonly Case['outcome'][] }[] = [
  { title: 'Rolled', outcomes: ['patched', 'up-to-date'] },
  { title: 'Rolled in part', outcomes: ['partly-patched'] },
  { title: 'Skipped', outcomes: ['skipped'] },
  { title: 'Blocked: nothing is changed', outcomes: ['blocked'] },
  { title: 'Taken back', outcomes: ['rolled-back', 'failed'] },
];

const inTable = (text: string): string => text.replaceAll('|', '\\|');

function rowOf({ kind, outcome, reason, sentence }: Case, { circumstances }: CaseAccount): string {
  const group = circumstances === undefined ? kind : `${kind}, ${circumstances}`;
  const cells = [group, `\`${outcome}\``, reason === undefined ? '' : `\`${reason}\``, sentence];
  return `| ${cells.map(inTable).join(' | ')} |`.replace('|  |', '| |');
}

/** docs/node-groups.md, made from the table of cases. */
export function renderPage(accounts: readonly CaseAccount[]): string {
  const rows = accounts.flatMap((account) =>
    account.cases.filter(({ optedIn }) => optedIn !== false).map((one) => ({ one, row: rowOf(one, account) })),
  );
  const tables = sections.map(({ title, outcomes }) => {
    const own = rows.filter(({ one }) => outcomes.includes(one.outcome)).map(({ row }) => row);
    return [`## ${title}`, '', '| Group | Outcome | Reason | What happens |', '|---|---|---|---|', ...own].join('\n');
  });
  return `${[introduction, ...tables].join('\n')}\n`.replaceAll('\n## ', '\n\n## ').replaceAll('\n\n\n', '\n\n');
}

if (import.meta.main) await writeFile(pagePath, renderPage(caseAccounts));
