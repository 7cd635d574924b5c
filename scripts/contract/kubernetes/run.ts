import { Deviation, show } from '../check.ts';
import { read, text } from '../fields.ts';
import type { Result } from '../run-suite.ts';
import { Unreachable } from '../transport.ts';
import { checks } from './checks.ts';
import type { ClusterCheck } from './cluster.ts';
import type { ClusterEndpoint } from './endpoint.ts';
import { createCluster, uniqueText } from './place.ts';

export type KubernetesOptions = {
  readonly endpoint: ClusterEndpoint;
  /** Which checks to try; all when missing. */
  readonly isChosen?: (check: ClusterCheck) => boolean;
  readonly onResult?: (result: Result) => void;
};

/**
 * Tries every check against one API server, in a namespace made for it, which is deleted at the end.
 *
 * @throws {Unreachable}
 * @throws {Deviation} when the namespace cannot be made.
 */
export async function runKubernetes({ endpoint, isChosen, onResult }: KubernetesOptions): Promise<readonly Result[]> {
  const namespace = `contract-${uniqueText(`namespace ${endpoint.now()}`)}`;
  const { cluster, undoAll } = createCluster({ endpoint, namespace, number: -1 });
  const results: Result[] = [];
  try {
    await cluster.create('/api/v1/namespaces', { metadata: { name: namespace } });
    await cluster.until('pods can be made in a new namespace', async () => hasServiceAccount(cluster));
    const system = await cluster.ask('GET', '/api/v1/namespaces/kube-system');
    const minutes = (endpoint.now() - Date.parse(text(system.body, 'metadata.creationTimestamp'))) / 60_000;
    for (const [number, check] of checks.entries()) {
      if (isChosen?.(check) === false) continue;
      const result = await attempt(check, { endpoint, namespace, number }, minutes);
      results.push(result);
      onResult?.(result);
    }
  } finally {
    await undoAll();
  }
  return results;
}

type Parts = Parameters<typeof createCluster>[0];

/** Where there are service accounts, pods are refused until the one named `default` is there. */
async function hasServiceAccount({ ask, namespace }: ReturnType<typeof createCluster>['cluster']): Promise<boolean> {
  const { body } = await ask('GET', '/api/v1');
  const kinds = read(body, 'resources');
  const isServed = Array.isArray(kinds) && kinds.some((kind) => read(kind, 'name') === 'serviceaccounts');
  return !isServed || (await ask('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`)).status === 200;
}

async function attempt(check: ClusterCheck, parts: Parts, minutes: number): Promise<Result> {
  const about = { service: 'kubernetes', check: check.name, source: check.source };
  const { needsMinutes = 0 } = check;
  if (minutes < needsMinutes) {
    return { ...about, result: 'skipped', needs: [`a cluster older than ${needsMinutes} minutes`] };
  }
  const { cluster, undoAll } = createCluster(parts);
  const failure = await failureOf(() => check.run(cluster));
  const left = await undoAll();
  if (failure !== undefined) return { ...about, result: 'failed', ...failure };
  if (left.length === 0) return { ...about, result: 'ok' };
  return { ...about, result: 'failed', expected: 'everything taken away', found: left.join('; ') };
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
