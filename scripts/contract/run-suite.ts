import { type Check, Deviation, type Place, type Suite, show } from './check.ts';
import { derivedChecks } from './derived-checks.ts';
import type { Endpoint } from './endpoint.ts';
import { createPlace } from './place.ts';
import { createServiceClient } from './service-client.ts';
import { Unreachable } from './transport.ts';

/** How one check went. */
export type Result = {
  readonly service: string;
  readonly check: string;
  readonly source: string;
  readonly result: 'ok' | 'failed' | 'skipped';
  /** Of a failed check. */
  readonly expected?: string;
  readonly found?: string;
  /** Of a skipped check: what it needs. */
  readonly needs?: readonly string[];
};

export type SuiteOptions = {
  readonly endpoint: Endpoint;
  /** What `--with` gave. */
  readonly given: Readonly<Record<string, string>>;
  readonly allowChanges: boolean;
  /** Which checks to try; all when missing. */
  readonly isChosen?: (check: Check) => boolean;
  readonly onResult?: (result: Result) => void;
};

/** What is written about a service and what its model says, in one list. */
export const checksOf = (suite: Suite): readonly Check[] => [...suite.checks, ...derivedChecks(suite)];

/** Tries every check of a suite, one after another. @throws {Unreachable} */
export async function runSuite(suite: Suite, options: SuiteOptions): Promise<readonly Result[]> {
  const client = await createServiceClient(suite.service, options.endpoint);
  const results: Result[] = [];
  for (const [index, check] of checksOf(suite).entries()) {
    if (options.isChosen?.(check) === false) continue;
    const about = { service: suite.service, check: check.name, source: check.source };
    const needs = missing(check, options);
    const place = createPlace({ suite, client, ...options, number: index });
    const result =
      needs.length > 0 ? { ...about, result: 'skipped' as const, needs } : await attempt(check, place, about);
    results.push(result);
    options.onResult?.(result);
  }
  return results;
}

const missing = ({ needs = [], changes }: Check, { given, allowChanges }: SuiteOptions): readonly string[] => [
  ...(changes && !allowChanges ? ['--allow-changes'] : []),
  ...needs.filter((need) => given[need] === undefined).map((need) => `--with ${need}=…`),
];

type About = Pick<Result, 'service' | 'check' | 'source'>;
type Undoable = { readonly place: Place; readonly undoAll: () => Promise<readonly string[]> };

async function attempt(check: Check, { place, undoAll }: Undoable, about: About): Promise<Result> {
  const failure = await failureOf(() => check.run(place));
  const left = await undoAll();
  if (failure !== undefined) return { ...about, result: 'failed', ...failure };
  if (left.length === 0) return { ...about, result: 'ok' };
  return { ...about, result: 'failed', expected: 'everything put back', found: left.join('; ') };
}

async function failureOf(act: () => Promise<void>): Promise<Pick<Result, 'expected' | 'found'> | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof Unreachable) throw error;
    if (error instanceof Deviation) return { expected: error.expected, found: error.found };
    return { expected: 'an answer', found: show(String(error)) };
  }
}
