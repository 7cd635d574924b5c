import { functionsOf } from './members.ts';

/** Holds the clock for as long as an operation takes that Node.js does outside the event loop. */
export type Hold = () => () => void;

type AnyFunction = (...parts: unknown[]) => unknown;

/**
 * The functions of a built-in module such as `node:zlib`, changed so that one that is given a callback, or that
 * returns a promise, holds the clock until it has ended.
 */
export function trackFunctions(module: object, hold: Hold): Record<string, unknown> {
  const tracked: Record<string, unknown> = {};
  for (const [name, original] of functionsOf(module)) {
    if (/^[a-z]/.test(name)) tracked[name] = trackFunction(original, module, hold);
  }
  return tracked;
}

/** `crypto.subtle` in which every operation holds the clock. */
export function trackSubtle(subtle: object, hold: Hold): object {
  return new Proxy(subtle, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? trackFunction(value as AnyFunction, target, hold) : value;
    },
  });
}

function trackFunction(original: AnyFunction, self: unknown, hold: Hold): AnyFunction {
  return (...parts) => {
    const callback = parts.at(-1);
    if (typeof callback === 'function') {
      const release = hold();
      const released: AnyFunction = (...results) => {
        release();
        return Reflect.apply(callback, undefined, results);
      };
      return Reflect.apply(original, self, [...parts.slice(0, -1), released]);
    }
    const result: unknown = Reflect.apply(original, self, parts);
    if (result instanceof Promise) {
      const release = hold();
      void result.then(release, release);
    }
    return result;
  };
}
