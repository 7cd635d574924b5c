import crypto from 'node:crypto';
import type { GuestRandom } from './randomness.ts';
import { type Hold, trackFunctions, trackSubtle } from './track-async.ts';

/** Node's own, whatever is put in their place in this thread. */
const { createHmac: hostHmac, createSecretKey } = crypto;

type Bytes = NodeJS.ArrayBufferView;
type Callback<T> = (error: null, value: T) => void;

/** Given bytes, Node.js takes four times as long as given the key object that stands for them. */
const createHmac: typeof hostHmac = (algorithm, key, options) =>
  hostHmac(algorithm, key instanceof Uint8Array ? createSecretKey(key) : key, options);

/**
 * The members of `node:crypto` and of `globalThis.crypto` that a function sees changed: chance comes from the seed,
 * and what works outside the event loop holds the clock.
 */
export function createCrypto(random: GuestRandom, hold: Hold) {
  const fill = <T extends Bytes>(target: T, offset = 0, size?: number): T => {
    const length = size ?? target.byteLength - offset;
    random.fill(new Uint8Array(target.buffer, target.byteOffset + offset, length));
    return target;
  };
  const randomBytes = (size: number, callback?: Callback<Buffer>): Buffer | undefined => {
    const bytes = fill(Buffer.alloc(size));
    if (callback === undefined) return bytes;
    queueMicrotask(() => callback(null, bytes));
    return undefined;
  };
  const randomInt = (
    low: number,
    high?: number | Callback<number>,
    callback?: Callback<number>,
  ): number | undefined => {
    const [from, below] = typeof high === 'number' ? [low, high] : [0, low];
    const done = typeof high === 'function' ? high : callback;
    const value = from + Math.floor(random.fraction() * (below - from));
    if (done === undefined) return value;
    queueMicrotask(() => done(null, value));
    return undefined;
  };
  const webMembers = {
    getRandomValues: fill,
    randomUUID: () => random.uuid(),
    subtle: trackSubtle(crypto.webcrypto.subtle, hold),
  };

  const node = {
    ...trackFunctions(crypto, hold),
    createHmac,
    randomBytes,
    pseudoRandomBytes: randomBytes,
    randomInt,
    randomUUID: () => random.uuid(),
    randomFillSync: fill,
    randomFill: (target: Bytes, callback: Callback<Bytes>) => queueMicrotask(() => callback(null, fill(target))),
  };
  return { node, webMembers };
}
