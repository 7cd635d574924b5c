import { Script } from 'node:vm';
import { initSync, parse } from 'es-module-lexer';
import { buildSync } from 'esbuild';
import type { EntryPoint, FunctionCode } from './function-code.ts';

/** Names that a module sees instead of the host's: its own globals, and what a CommonJS module is given. */
export const shadowedNames = [
  'require',
  'module',
  'exports',
  '__filename',
  '__dirname',
  'globalThis',
  'global',
  'process',
  'console',
  'Date',
  'Math',
  'crypto',
  'performance',
  'AbortSignal',
  'fetch',
  'WebSocket',
  'EventSource',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  // Same length as what they stand for, so that line and column numbers stay those of the file.
  'imp0rt',
  'imp0rt$meta',
  '$import',
] as const;

export type Shadows = Readonly<Record<(typeof shadowedNames)[number], unknown>>;

/** A file of a function, ready to be run any number of times. Answers with the module's exports. */
export type CompiledModule = (shadows: Shadows) => Promise<Record<string, unknown>>;

const compiled = new Map<string, CompiledModule>();

initSync();

/**
 * Compiles a file once per content, for all runs of this process. Positions in stacks are those of the file, and the
 * code runs in the realm of the simulator, so that buffers and errors are of the same classes.
 */
export function compileModule(
  code: FunctionCode,
  { file, format }: Pick<EntryPoint, 'file' | 'format'>,
): CompiledModule {
  const key = `${code.sha256} ${file}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const source = code.files.get(file) ?? '';
  const { prelude, body, result } = format === 'module' ? fromModule(source) : fromCommonJs(source);
  const script = new Script(`(async function(${shadowedNames.join(',')}){${prelude}\n${body}\n${result}})`, {
    filename: `file:///var/task/${file}`,
    lineOffset: -1,
  });
  const factory = script.runInThisContext() as (...values: unknown[]) => Promise<Record<string, unknown>>;
  const module: CompiledModule = (shadows) => factory(...shadowedNames.map((name) => shadows[name]));
  compiled.set(key, module);
  return module;
}

type Edit = { readonly at: number; readonly until: number; readonly text: string };

type Wrapped = { readonly prelude: string; readonly body: string; readonly result: string };

/** A CommonJS file may use any global under its own name, and may declare names that are parameters here. */
function fromCommonJs(source: string): Wrapped {
  const edits = parse(source)[0]
    .filter(({ d }) => d >= 0)
    .map(dynamicImport);
  return { prelude: '(function(){', body: blank(source, edits), result: '}).call(exports);return module.exports' };
}

/**
 * Takes the import and export statements out of a module, leaving everything else where it is. The imports become
 * constants ahead of it, which is the same as long as they name built-in modules, whose exports never change.
 */
function fromModule(source: string): Wrapped {
  const [imports, exports] = parse(source);
  const statements = [...new Set(exports.map(({ ss }) => ss))].map((at) => exportEdit(source, at));
  const isPlain = exports.every(({ ln }) => ln !== undefined) && statements.every((edit) => edit !== undefined);
  if (!isPlain) return fromModule(normalise(source));

  const edits = imports.map((found): Edit => {
    if (found.d >= 0) return dynamicImport(found);
    return { at: found.ss, until: found.se, text: found.d === -2 ? 'imp0rt$meta' : '' };
  });
  const constants = imports
    .filter(({ d }) => d === -1)
    .map(({ ss, s, n = '' }) => toConstants(source.slice(ss, s - 1), n));
  const names = exports.map(({ n, ln }) => `get ${JSON.stringify(n)}(){return ${ln}}`);
  return {
    prelude: `"use strict";{${constants.join('')}`,
    body: blank(source, [...edits, ...statements.filter((edit) => edit !== undefined)]),
    result: `;return{${names.join(',')}}}`,
  };
}

/** What to take out of `export { a as b }` and of `export const a`; undefined for other forms. */
function exportEdit(source: string, at: number): Edit | undefined {
  const rest = source.slice(at);
  const [list] = /^export\s*\{[^}]*\}(?!\s*from\b)/.exec(rest) ?? [];
  const [keyword] =
    list === undefined ? (/^export(?=\s+(const|let|var|function|class|async)\b)/.exec(rest) ?? []) : [list];
  return keyword === undefined ? undefined : { at, until: at + keyword.length, text: '' };
}

const dynamicImport = ({ ss }: { readonly ss: number }): Edit => ({
  at: ss,
  until: ss + 'import'.length,
  text: 'imp0rt',
});

/** `import a, { b as c } from` becomes constants; `import * as d from` too. */
function toConstants(clause: string, specifier: string): string {
  const target = `$import(${JSON.stringify(specifier)})`;
  const bindings = clause
    .replace(/^import\s*/, '')
    .replace(/\s*from\s*$/, '')
    .trim();
  if (bindings === '') return `${target};`;
  const [, named] = /\{([^}]*)\}/.exec(bindings) ?? [];
  const [, whole] = /\*\s*as\s+([\w$]+)/.exec(bindings) ?? [];
  const [, standard] = /^([\w$]+)/.exec(bindings) ?? [];
  const constants: string[] = [];
  if (named !== undefined) constants.push(`const{${named.replaceAll(/\s+as\s+/g, ':')}}=${target};`);
  if (whole !== undefined) constants.push(`const ${whole}=${target};`);
  if (standard !== undefined) constants.push(`const ${standard}=${target}.default;`);
  return constants.join('');
}

function blank(source: string, edits: readonly Edit[]): string {
  let body = '';
  let done = 0;
  for (const { at, until, text } of edits.toSorted((a, b) => a.at - b.at)) {
    const removed = source.slice(at + text.length, until).replaceAll(/[^\n]/g, ' ');
    body += source.slice(done, at) + text + removed;
    done = until;
  }
  return body + source.slice(done);
}

/** Other forms of export, such as a default one or a re-export, become one export statement. */
function normalise(source: string): string {
  const { outputFiles } = buildSync({
    stdin: { contents: source, loader: 'js' },
    bundle: true,
    packages: 'external',
    external: ['*'],
    platform: 'node',
    format: 'esm',
    target: 'node24',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
