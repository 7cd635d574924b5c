import { createHash } from 'node:crypto';
import type jsonata from 'jsonata';
import { type ExpressionRun, RUN } from './expression-run.ts';

/** What JSONata gives a function as `this`. */
type Focus = { readonly environment: { readonly lookup: (name: string) => unknown } };
type FromMillis = { readonly implementation: (this: Focus, ...given: unknown[]) => unknown };

const ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};
const MAX_RANGE = 1000;

/** Step Functions' own functions, and those of JSONata that need the account's clock or chance. */
export function registerStatesFunctions(expression: jsonata.Expression): void {
  expression.assign('eval', undefined);
  expression.registerFunction('partition', partition);
  expression.registerFunction('range', range);
  expression.registerFunction('hash', hash);
  expression.registerFunction('parse', parse);
  expression.registerFunction('random', random);
  expression.registerFunction('uuid', function () {
    const run = runOf(this);
    return run.draws.uuid(run.drawn++);
  });
  expression.registerFunction('millis', function () {
    return runOf(this).now;
  });
  expression.registerFunction('now', function (picture?: string, timezone?: string) {
    const { implementation } = this.environment.lookup('fromMillis') as FromMillis;
    return implementation.call(this, runOf(this).now, picture, timezone);
  });
}

const runOf = (focus: Focus): ExpressionRun => focus.environment.lookup(RUN) as ExpressionRun;

function partition(items: unknown, size: unknown): unknown {
  if (items === undefined) return undefined;
  if (!Array.isArray(items)) throw new TypeError('The first argument of $partition must be an array.');
  if (!isWhole(size) || size < 1) throw new TypeError('The second argument of $partition must be a positive integer.');
  const parts: unknown[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}

function range(first: unknown, last: unknown, step: unknown): unknown {
  if (!isWhole(first) || !isWhole(last) || !isWhole(step) || step === 0) {
    throw new TypeError('$range takes three integers: first, last and a step that is not 0.');
  }
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > MAX_RANGE) throw new RangeError(`$range gives at most ${MAX_RANGE} items.`);
  return Array.from({ length }, (_, index) => first + index * step);
}

function hash(data: unknown, algorithm: unknown): unknown {
  if (data === undefined) return undefined;
  const name = ALGORITHMS[String(algorithm)];
  if (name === undefined) {
    throw new TypeError(`The second argument of $hash must be one of ${Object.keys(ALGORITHMS).join(', ')}.`);
  }
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return createHash(name).update(text).digest('hex');
}

function parse(text: unknown): unknown {
  if (text === undefined) return undefined;
  if (typeof text !== 'string') throw new TypeError('The argument of $parse must be a string.');
  return JSON.parse(text);
}

/** A seed gives the same number in every account. */
function random(this: Focus, seed?: unknown): number {
  const run = runOf(this);
  if (seed === undefined) return run.draws.fraction(run.drawn++);
  return createHash('sha256').update(JSON.stringify(seed)).digest().readUIntBE(0, 6) / 2 ** 48;
}

const isWhole = (value: unknown): value is number => Number.isInteger(value);
