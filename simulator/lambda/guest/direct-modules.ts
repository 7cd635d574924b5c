import crypto from 'node:crypto';
import fs from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import os from 'node:os';
import perfHooks from 'node:perf_hooks';
import zlib from 'node:zlib';
import { type GuestNetwork, httpModuleOf } from './direct-request.ts';
import { homeDirectory, type TaskFiles } from './files.ts';
import { functionsOf, overlay } from './members.ts';
import { createTimersPromises, type GuestTimers } from './timers.ts';
import { type Hold, trackFunctions } from './track-async.ts';

const hostRequire = createRequire(import.meta.url);

/** Modules without a clock, chance, or an outside: they are the host's own. */
const passed = new Set([
  'assert',
  'assert/strict',
  'async_hooks',
  'buffer',
  'console',
  'constants',
  'diagnostics_channel',
  'events',
  'path',
  'path/posix',
  'path/win32',
  'punycode',
  'querystring',
  'stream',
  'stream/consumers',
  'stream/promises',
  'stream/web',
  'string_decoder',
  'url',
  'util',
  'util/types',
]);

/** What the modules of a function are made from. */
export type ModuleWorld = {
  readonly globals: Readonly<Record<string, unknown>>;
  readonly nodeCrypto: Readonly<Record<string, unknown>>;
  readonly timers: GuestTimers;
  readonly setImmediate: (run: () => void) => unknown;
  readonly network: GuestNetwork;
  readonly files: TaskFiles;
  readonly hold: Hold;
};

/**
 * Built-in modules as a function sees them when it runs inside the simulator's process. What would reach around the
 * account's network or clock can be imported, because libraries import much that they never use, but not used.
 */
export function createBuiltins(world: ModuleWorld): (specifier: string) => unknown {
  const made = new Map<string, unknown>();
  const makers: Record<string, () => unknown> = {
    http: () => httpModuleOf('http:', world.network),
    https: () => httpModuleOf('https:', world.network),
    crypto: () => overlay(crypto, world.nodeCrypto),
    zlib: () => overlay(zlib, { ...trackFunctions(zlib, world.hold), ...refusals('zlib', zlib, /^create/) }),
    timers: () => timersModule(world),
    'timers/promises': () => createTimersPromises(world.timers, (run) => void world.setImmediate(run)),
    process: () => world.globals.process,
    perf_hooks: () => overlay(perfHooks, { performance: world.globals.performance }),
    os: () => overlay(os, { homedir: () => homeDirectory }),
    fs: () => filesModule(world.files),
    'fs/promises': () => filesModule(world.files).promises,
    module: () => ({ createRequire: () => load, builtinModules, isBuiltin: (name: string) => isBuiltin(name) }),
  };

  const load = (specifier: string): unknown => {
    const name = specifier.replace(/^node:/, '');
    if (!isBuiltin(name)) throw notFound(specifier);
    if (!made.has(name)) made.set(name, make(name));
    return made.get(name);
  };
  const make = (name: string): unknown => {
    const maker = makers[name];
    if (maker !== undefined) return maker();
    const host: unknown = hostRequire(`node:${name}`);
    return passed.has(name) ? host : overlay(host as object, refusals(name, host as object, /./));
  };
  return load;
}

/** The module as `import` sees it. */
export function asNamespace(module: unknown): Record<string, unknown> {
  const view = Object.create(module as object, { default: { value: module } }) as Record<string, unknown>;
  return view;
}

const isBuiltin = (name: string) => builtinModules.includes(name) || name === 'sqlite' || name === 'test';

function timersModule({ timers, setImmediate, globals }: ModuleWorld): object {
  const { setTimeout, setInterval, clear } = timers;
  return {
    setTimeout,
    setInterval,
    setImmediate,
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: globals.clearImmediate,
  };
}

/** Reading the function's own files is all that there is of a file system. */
function filesModule(files: TaskFiles) {
  type Done = (error: unknown, content?: unknown) => void;
  const readFile = async (path: unknown, options?: never) => files.read(path, options);
  const promises = { ...refusals('fs.promises', fs.promises, /./), readFile, constants: fs.constants };
  return overlay(fs, {
    ...refusals('fs', fs, /^[a-z]/),
    constants: fs.constants,
    promises,
    readFileSync: files.read,
    existsSync: files.exists,
    readFile: (path: unknown, ...rest: unknown[]) => {
      const done = rest.at(-1) as Done;
      readFile(path, rest.length > 1 ? (rest[0] as never) : undefined).then(
        (content) => done(null, content),
        (error: unknown) => done(error),
      );
    },
  });
}

/** Functions of a module that say by name that they are not there. They can still be extended as classes. */
function refusals(moduleName: string, module: object, which: RegExp): Record<string, unknown> {
  const refused: Record<string, unknown> = {};
  for (const [name] of functionsOf(module)) {
    if (!which.test(name)) continue;
    refused[name] = function refuse() {
      throw new Error(`${moduleName}.${name} is not simulated for functions that run inside the simulator's process`);
    };
  }
  return refused;
}

function notFound(specifier: string): Error {
  return Object.assign(new Error(`Cannot find module '${specifier}'`), { code: 'MODULE_NOT_FOUND' });
}
