import { format } from 'node:util';

type Level = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

/** Splits what is written to a stream into lines; what is not ended by a newline waits for it. */
export function createLineWriter(writeLine: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) writeLine(line);
  };
}

/** The methods of `console` as Lambda's Node.js runtime replaces them: time, request and level before each text. */
export function createConsoleMethods(
  now: () => number,
  requestId: () => string | undefined,
  write: (line: string) => void,
) {
  const at =
    (level: Level) =>
    (...parts: unknown[]) => {
      const text = format(...parts).replaceAll('\n', '\r');
      write(`${new Date(now()).toISOString()}\t${requestId() ?? 'undefined'}\t${level}\t${text}`);
    };
  return {
    trace: at('TRACE'),
    debug: at('DEBUG'),
    log: at('INFO'),
    info: at('INFO'),
    warn: at('WARN'),
    error: at('ERROR'),
  };
}
