import { hash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';

/** The files of a deployment package, by path. */
export type FunctionCode = {
  /** Base64, as Lambda shows it. */
  readonly sha256: string;
  readonly size: number;
  readonly files: ReadonlyMap<string, string>;
};

/** The file that a handler string names, and how Node.js would load it. */
export type EntryPoint = { readonly file: string; readonly format: 'module' | 'commonjs'; readonly exportName: string };

/** Where the files of a function are, seen from inside. */
export const taskRoot = '/var/task';

const known = new Map<string, Promise<FunctionCode>>();
const hashes = new WeakMap<Buffer, string>();

/**
 * Reads a deployment package, once per content for all runs of this process. Rejects when it is no zip.
 *
 * @param zip Not to be written to any more: a buffer that is deployed again is not hashed again.
 */
export function readFunctionCode(zip: Buffer): Promise<FunctionCode> {
  const sha256 = hashes.get(zip) ?? hash('sha256', zip, 'base64');
  hashes.set(zip, sha256);
  const code = known.get(sha256) ?? unzip(zip, sha256);
  known.set(sha256, code);
  return code;
}

async function unzip(zip: Buffer, sha256: string): Promise<FunctionCode> {
  const archive = await fromBufferPromise(zip, { lazyEntries: true });
  const files = new Map<string, string>();
  for await (const entry of archive.eachEntry()) {
    if (!entry.fileName.endsWith('/'))
      files.set(entry.fileName, await text(await archive.openReadStreamPromise(entry)));
  }
  return { sha256, size: zip.length, files };
}

/**
 * Finds the file behind `path/file.export` in the order in which Lambda looks: `.js`, then `.mjs`, then `.cjs`.
 * Undefined when the package has none.
 */
export function findEntryPoint(code: FunctionCode, handler: string): EntryPoint | undefined {
  const slash = handler.lastIndexOf('/');
  const dot = handler.indexOf('.', slash + 1);
  if (dot < 0) return undefined;
  const base = handler.slice(0, dot).replace(/^\.\//, '');
  const file = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find((name) => code.files.has(name));
  if (file === undefined) return undefined;
  return { file, format: formatOf(code, file), exportName: handler.slice(dot + 1) };
}

/** As Node.js decides it: by extension, for `.js` by the nearest package.json. */
export function formatOf(code: FunctionCode, file: string): 'module' | 'commonjs' {
  if (file.endsWith('.mjs')) return 'module';
  if (!file.endsWith('.js')) return 'commonjs';
  const manifest = foldersOf(file)
    .map((folder) => code.files.get(`${folder}package.json`))
    .find((text) => text !== undefined);
  return manifest !== undefined && JSON.parse(manifest).type === 'module' ? 'module' : 'commonjs';
}

/** `a/b/` and `a/` and nothing for `a/b/c.js`. */
function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return [...parts.keys(), parts.length].toReversed().map((depth) =>
    parts
      .slice(0, depth)
      .map((part) => `${part}/`)
      .join(''),
  );
}
