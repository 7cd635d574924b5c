import { compileModule, type Shadows } from './direct-code.ts';
import type { Hosts } from './direct-network.ts';
import { findEntryPoint, formatOf } from './function-code.ts';
import { createGlobals } from './guest/direct-globals.ts';
import { asNamespace, createBuiltins } from './guest/direct-modules.ts';
import { createTaskFiles } from './guest/files.ts';
import { callHandler, resolveHandler } from './guest/handler.ts';
import { createGuestRandom } from './guest/randomness.ts';
import { createGuestTimers, type GuestTimers } from './guest/timers.ts';
import type { EnvironmentSpec, Invocation, Outcome } from './runner.ts';

/** The inside of an execution environment. */
export type Guest = {
  readonly timers: GuestTimers;
  /** Runs what is due, one timer per turn of the event loop. */
  readonly runTimers: () => void;
  readonly call: (invocation: Invocation) => Promise<Outcome>;
};

/** How the inside reaches the outside. */
type Surroundings = {
  readonly spec: EnvironmentSpec;
  readonly now: () => number;
  readonly hosts: Hosts;
  /** Counts work that the event loop does not show, and answers that are owed, until they close. */
  readonly computing: () => () => void;
  readonly awaited: () => () => void;
  /** Runs what comes from outside, once the environment is not frozen. */
  readonly deliver: (action: () => void) => void;
  readonly requestId: () => string | undefined;
  readonly nextKey: () => string;
  readonly arrive: (key: string, action: () => void) => void;
  readonly timersChanged: () => void;
  readonly exit: (code: number) => never;
};

/** Builds the globals and modules of one environment; its code is loaded at the first call. */
export function createGuest(surroundings: Surroundings): Guest {
  const { spec, now, hosts, computing, awaited, deliver, requestId, nextKey, arrive, timersChanged, exit } =
    surroundings;
  const random = createGuestRandom(spec.randomSeed);
  const timers = createGuestTimers(now, timersChanged);
  const { globals, nodeCrypto } = createGlobals({
    ...spec,
    now,
    random,
    timers,
    hold: computing,
    writeLine(line) {
      if (requestId() !== undefined) arrive(nextKey(), () => spec.writeLog(line));
    },
    exit,
    guard: deliver,
    requestId,
  });
  const setImmediate = globals.setImmediate as (run: () => void) => unknown;
  const builtin = createBuiltins({
    globals,
    nodeCrypto,
    timers,
    setImmediate,
    hold: computing,
    files: createTaskFiles(spec.code.files),
    network: {
      hosts,
      timers,
      deliver,
      await: awaited,
      nextOrigin: () => ({ functionName: spec.functionName, key: nextKey() }),
    },
  });
  const load = createLoader(spec, globals, builtin);

  const runTimers = () => {
    if (timers.runNextDue()) setImmediate(runTimers);
    else timersChanged();
  };
  return {
    timers,
    runTimers,
    call(invocation) {
      random.seed(invocation.randomSeed);
      (globals.process as NodeJS.Process).env._X_AMZN_TRACE_ID = invocation.traceId;
      return callHandler(load, invocation, now);
    },
  };
}

/** Loads the handler's module once, when it is first wanted. */
function createLoader(
  spec: EnvironmentSpec,
  globals: Record<string, unknown>,
  builtin: (specifier: string) => unknown,
) {
  const entryPoint = findEntryPoint(spec.code, spec.handler);
  if (entryPoint === undefined) throw new Error(`${spec.functionName} has no file for its handler ${spec.handler}`);
  const modules = new Map<string, { exports: Record<string, unknown> }>();
  const importModule = (specifier: string) => asNamespace(builtin(specifier));

  const shadowsOf = (file: string, module: { exports: Record<string, unknown> }): Shadows => {
    const isCommonJs = formatOf(spec.code, file) === 'commonjs';
    const require = (specifier: string) => builtin(specifier);
    return {
      ...globals,
      require: isCommonJs ? require : undefined,
      module: isCommonJs ? module : undefined,
      exports: isCommonJs ? module.exports : undefined,
      __filename: isCommonJs ? `/var/task/${file}` : undefined,
      __dirname: isCommonJs ? '/var/task' : undefined,
      imp0rt: async (specifier: string) => importModule(specifier),
      imp0rt$meta: { url: `file:///var/task/${file}`, filename: `/var/task/${file}`, dirname: '/var/task' },
      $import: importModule,
    } as unknown as Shadows;
  };

  let loading: Promise<ReturnType<typeof resolveHandler>> | undefined;
  return () => {
    loading ??= (async () => {
      const module = { exports: {} };
      modules.set(entryPoint.file, module);
      const exports = await compileModule(spec.code, entryPoint)(shadowsOf(entryPoint.file, module));
      return resolveHandler(exports, entryPoint.exportName, spec.handler);
    })();
    return loading;
  };
}
