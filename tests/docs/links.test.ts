import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPage, root } from './support/page.ts';

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))];

/** The anchor that a heading gets on the usual code hosts. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

const isThere = (page: string, link: string): boolean => {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return false;
  const headings = readPage(file).match(/^#+ .*$/gm) ?? [];
  return anchor === undefined || headings.some((heading) => anchorOf(heading) === anchor);
};

describe.each(pages)('%s', (page) => {
  const text = readPage(page);

  it('links to nothing that is not there', () => {
    const links = [...text.matchAll(/\]\((?!https:)([^)]+)\)/g)].map(([, link = '']) => link);

    expect(links.filter((link) => !isThere(page, link))).toEqual([]);
  });

  it('names only npm scripts and files of the repository that exist', () => {
    const { scripts } = JSON.parse(readPage('package.json')) as { scripts: Record<string, string> };
    const commands = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    const files = [...text.matchAll(/`((?:functions|simulator|tests|infrastructure|events|scripts)\/[\w./-]+)`/g)];

    expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(files.map(([, path = '']) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
