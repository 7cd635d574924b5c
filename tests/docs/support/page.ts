import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../../..');

/** A page as it stands in the repository. */
export const readPage = (path: string): string => readFileSync(join(root, path), 'utf8');

/** One row of a table, its cells by the heading of their column. */
export type Row = Readonly<Record<string, string>>;

/** The text between a heading and the next one of the same or a higher level. Throws when there is no such heading. */
export function section(page: string, heading: string): string {
  const lines = page.split('\n');
  const start = lines.indexOf(heading);
  if (start === -1) throw new Error(`The page has no heading "${heading}".`);
  const level = heading.indexOf(' ');
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level);
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join('\n');
}

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());

/** The rows of the first table of a text. Throws when a row has another number of cells than the heading. */
export function firstTable(text: string): Row[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  const rows = lines.slice(start);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  const [heading = '', , ...body] = rows.slice(0, end === -1 ? undefined : end);
  const columns = cellsOf(heading);
  return body.map((line) => {
    const cells = cellsOf(line);
    if (cells.length !== columns.length) throw new Error(`${cells.length} cells instead of ${columns.length}: ${line}`);
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
  });
}

/** Everything in backticks in a cell: `a`, `b`. */
export const codeIn = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
