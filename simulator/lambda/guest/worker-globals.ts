import crypto from 'node:crypto';
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import timersModule from 'node:timers';
import timersPromises from 'node:timers/promises';
import zlib from 'node:zlib';
import { createConsoleMethods, createLineWriter } from './console.ts';
import { createCrypto } from './crypto.ts';
import { createDate, createHrtime, createPerformance } from './date.ts';
import { createTaskFiles, homeDirectory, type TaskFiles } from './files.ts';
import { define } from './members.ts';
import type { Pulse } from './pulse.ts';
import type { GuestRandom } from './randomness.ts';
import { createAbortSignal } from './timeouts.ts';
import { createTimersPromises, type GuestTimers } from './timers.ts';
import { trackFunctions } from './track-async.ts';

type World = {
  readonly now: () => number;
  readonly random: GuestRandom;
  readonly timers: GuestTimers;
  readonly pulse: Pulse;
  readonly files: ReadonlyMap<string, string>;
  readonly architecture: 'arm64' | 'x86_64';
  readonly requestId: () => string | undefined;
  readonly writeLine: (line: string) => void;
  readonly exit: (code: number) => never;
};

/**
 * Gives this thread the account's time and the environment's chance, in every place where Node.js offers them, and
 * shows it the file system and the process of a function.
 */
export function installWorld(world: World): void {
  const { node, webMembers } = createCrypto(world.random, world.pulse.hold);
  define(crypto, node);
  // The module's own getRandomValues and subtle read these.
  define(crypto.webcrypto, webMembers);
  define(zlib, trackFunctions(zlib, world.pulse.hold));
  define(globalThis, {
    performance: createPerformance(world.now),
    Date: createDate(world.now),
    AbortSignal: createAbortSignal(world.timers),
  });
  Date.prototype.constructor = Date;
  Math.random = world.random.fraction;
  installTimers(world);
  installFiles(createTaskFiles(world.files));
  installProcess(world);
  define(globalThis, { fetch: refuseUndici });
  // These come with undici, which every import of node:http would load for their sake.
  define(http, { WebSocket: refuseUndici, CloseEvent: refuseUndici, MessageEvent: refuseUndici });
  syncBuiltinESMExports();
}

function installTimers({ timers, pulse }: World): void {
  const hostImmediate = setImmediate;
  const immediate = (run: (...parts: unknown[]) => void, ...parts: unknown[]) => {
    const release = pulse.hold();
    return hostImmediate(() => {
      release();
      run(...parts);
    });
  };
  const functions = {
    setTimeout: timers.setTimeout,
    setInterval: timers.setInterval,
    clearTimeout: timers.clear,
    clearInterval: timers.clear,
    setImmediate: immediate,
  };
  define(globalThis, functions);
  define(timersModule, functions);
  define(timersPromises, createTimersPromises(timers, immediate));
}

function installFiles(files: TaskFiles): void {
  const readSync = fs.readFileSync;
  const read = fsPromises.readFile;
  const exists = fs.existsSync;
  define(fs, {
    readFileSync: (path: unknown, options: never) =>
      files.isMine(path) ? files.read(path, options) : readSync(path as string, options),
    existsSync: (path: unknown) => (files.isMine(path) ? files.exists(path) : exists(path as string)),
  });
  define(fsPromises, {
    readFile: async (path: unknown, options: never) =>
      files.isMine(path) ? files.read(path, options) : read(path as string, options),
  });
  define(os, { homedir: () => homeDirectory });
}

function installProcess({ now, writeLine, exit, requestId, architecture }: World): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = createLineWriter(writeLine);
    define(stream, {
      write: (chunk: string | Uint8Array, ...rest: unknown[]) => {
        write(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
        const done = rest.find((part) => typeof part === 'function');
        if (done !== undefined) queueMicrotask(done as () => void);
        return true;
      },
    });
  }
  Object.assign(console, createConsoleMethods(now, requestId, writeLine));
  define(process, {
    exit,
    hrtime: createHrtime(now),
    cwd: () => '/var/task',
    arch: architecture === 'arm64' ? 'arm64' : 'x64',
  });
}

function refuseUndici(): never {
  throw new Error('undici (fetch, WebSocket) is not simulated: use node:http or node:https');
}
