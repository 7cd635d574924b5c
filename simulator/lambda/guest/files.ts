import type { PathLike } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The home directory of functions. It does not exist, so no client finds the operator's own configuration in it. */
export const homeDirectory = '/home/sbx_user1051';

type Encoding = BufferEncoding | { readonly encoding?: BufferEncoding | null } | null | undefined;

/** The files of a function's package, read-only. What is elsewhere does not exist. */
export type TaskFiles = {
  readonly isMine: (path: unknown) => boolean;
  readonly exists: (path: unknown) => boolean;
  /** @throws ENOENT, as Node.js words it. */
  readonly read: (path: unknown, encoding?: Encoding) => string | Buffer;
};

export function createTaskFiles(files: ReadonlyMap<string, string>): TaskFiles {
  const nameOf = (path: unknown) => {
    const text = path instanceof URL ? fileURLToPath(path) : String(path as PathLike);
    return { text, name: text.startsWith('/var/task/') ? text.slice('/var/task/'.length) : undefined };
  };
  return {
    isMine: (path) => {
      if (typeof path === 'number') return false;
      const { text } = nameOf(path);
      return text.startsWith('/var/task') || text.startsWith(homeDirectory);
    },
    exists: (path) => files.has(nameOf(path).name ?? ''),
    read(path, encoding) {
      const { text, name } = nameOf(path);
      const content = name === undefined ? undefined : files.get(name);
      if (content === undefined) throw notFound(text);
      const charset = typeof encoding === 'object' ? encoding?.encoding : encoding;
      return charset ? Buffer.from(content).toString(charset) : Buffer.from(content);
    },
  };
}

function notFound(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), {
    errno: -2,
    code: 'ENOENT',
    syscall: 'open',
    path,
  });
}
