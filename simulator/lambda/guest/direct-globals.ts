import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { createConsoleMethods, createLineWriter } from './console.ts';
import { createCrypto } from './crypto.ts';
import { createDate, createHrtime, createPerformance } from './date.ts';
import { define } from './members.ts';
import type { GuestRandom } from './randomness.ts';
import { createAbortSignal } from './timeouts.ts';
import type { GuestTimers } from './timers.ts';
import type { Hold } from './track-async.ts';

type Run = (...parts: unknown[]) => void;

export type GlobalWorld = {
  readonly now: () => number;
  readonly random: GuestRandom;
  readonly timers: GuestTimers;
  readonly hold: Hold;
  readonly variables: Readonly<Record<string, string>>;
  readonly architecture: 'arm64' | 'x86_64';
  readonly requestId: () => string | undefined;
  readonly writeLine: (line: string) => void;
  readonly exit: (code: number) => never;
  /** Runs what the event loop would run: errors in it end the environment. */
  readonly guard: (run: () => void) => void;
};

/** The globals of a function that runs inside the simulator's process, by name. */
export function createGlobals(world: GlobalWorld) {
  const { timers, now, writeLine } = world;
  const { node, webMembers } = createCrypto(world.random, world.hold);
  const web = Object.create(crypto);
  define(web, webMembers);
  const immediates = createImmediates(world);
  const refuse = (name: string) => () => {
    throw new Error(`${name} is not simulated: use node:http or node:https`);
  };
  const globals: Record<string, unknown> = {
    process: createProcess(world),
    console: Object.assign(Object.create(console), createConsoleMethods(now, world.requestId, writeLine)),
    Date: createDate(now),
    Math: Object.create(Math, { random: { value: world.random.fraction } }),
    crypto: web,
    performance: createPerformance(now),
    AbortSignal: createAbortSignal(timers),
    fetch: refuse('fetch'),
    WebSocket: refuse('WebSocket'),
    EventSource: refuse('EventSource'),
    setTimeout: timers.setTimeout,
    setInterval: timers.setInterval,
    clearTimeout: timers.clear,
    clearInterval: timers.clear,
    ...immediates,
  };
  const globalView = Object.create(globalThis) as Record<string, unknown>;
  const all: Record<string, unknown> = { ...globals, globalThis: globalView, global: globalView };
  define(globalView, all);
  return { globals: all, nodeCrypto: { ...node, ...webMembers, webcrypto: web } };
}

function createImmediates({ hold, guard }: GlobalWorld) {
  return {
    setImmediate: (run: Run, ...parts: unknown[]) => {
      const release = hold();
      const handle = setImmediate(() => {
        release();
        guard(() => run(...parts));
      });
      return { handle, release };
    },
    clearImmediate: (pending: { handle: NodeJS.Immediate; release: () => void } | undefined) => {
      clearImmediate(pending?.handle);
      pending?.release();
    },
  };
}

function createProcess({ now, variables, architecture, writeLine, exit }: GlobalWorld): object {
  const events = new EventEmitter();
  const members: Record<string, unknown> = {
    env: createVariables(variables),
    exit,
    abort: () => exit(134),
    hrtime: createHrtime(now),
    uptime: () => 0,
    cwd: () => '/var/task',
    arch: architecture === 'arm64' ? 'arm64' : 'x64',
    platform: 'linux',
    argv: ['/var/lang/bin/node', '/var/runtime/index.mjs'],
    execPath: '/var/lang/bin/node',
    stdout: createStream(writeLine, 1),
    stderr: createStream(writeLine, 2),
    emitWarning: (warning: unknown) => writeLine(`(node) ${String(warning)}`),
  };
  for (const name of [
    'on',
    'once',
    'off',
    'addListener',
    'removeListener',
    'removeAllListeners',
    'emit',
    'listeners',
    'listenerCount',
  ] as const) {
    members[name] = (...parts: never[]) => (events[name] as (...values: never[]) => unknown)(...parts);
  }
  const view = Object.create(process) as object;
  define(view, members);
  return view;
}

/** Environment variables: whatever is assigned becomes a string, as in Node.js. */
function createVariables(variables: Readonly<Record<string, string>>): Record<string, string> {
  return new Proxy<Record<string, string>>(
    { ...variables },
    {
      set: (target, name, value) => Reflect.set(target, name, String(value)),
    },
  );
}

function createStream(writeLine: (line: string) => void, fd: number): Writable {
  const write = createLineWriter(writeLine);
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      write(chunk.toString());
      done();
    },
  });
  return Object.assign(stream, { fd });
}
