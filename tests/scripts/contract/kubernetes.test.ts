import { beforeAll, describe, expect, it } from 'vitest';
import { checks } from '../../../scripts/contract/kubernetes/checks.ts';
import { runKubernetes } from '../../../scripts/contract/kubernetes/run.ts';
import type { Result } from '../../../scripts/contract/run-suite.ts';
import { aClusterEndpoint, type ClusterUnderTest, type SpoilAnswer, spoiltCluster } from './a-cluster-endpoint.ts';

const notOk = (results: readonly Result[]) => results.filter(({ result }) => result !== 'ok');
const spoiltBy = async (spoil: SpoilAnswer) => {
  const { endpoint } = await aClusterEndpoint(20);
  return runKubernetes({ endpoint: spoiltCluster(endpoint, spoil) });
};

describe('the contract of Kubernetes', () => {
  let results: readonly Result[];
  let under: ClusterUnderTest;
  beforeAll(async () => {
    under = await aClusterEndpoint(20);
    results = await runKubernetes({ endpoint: under.endpoint });
  });

  it('is kept by the simulated cluster, and nothing is left out', () => {
    expect(notOk(results)).toEqual([]);
    expect(results).toHaveLength(checks.length);
    expect(under.test.log('defect')).toEqual([]);
  });

  it('leaves nothing behind', async () => {
    const { call } = under.test;
    const names = async (path: string) =>
      (await call('GET', path)).body.items
        .map(({ metadata }: { metadata: { name: string } }) => metadata.name)
        .filter((name: string) => name.startsWith('contract-'));

    expect(await names('/api/v1/namespaces')).toEqual([]);
    expect(await names('/api/v1/nodes')).toEqual([]);
    expect(await names('/api/v1/pods')).toEqual([]);
  });

  it('names every check once', () => {
    const names = checks.map(({ name }) => name);

    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('has no check that every API server passes', async () => {
    const silent = await spoiltBy(() => ({ status: 200, text: '{}' }));
    const nonsense = '{"kind":"Status","status":"Failure","code":418}';
    const refusing = await spoiltBy(() => ({ status: 418, text: nonsense }));
    const passedBoth = silent.filter(({ result }, index) => result === 'ok' && refusing[index]?.result === 'ok');

    // Watches are not spoilt here, and need nothing else.
    expect(passedBoth.map(({ check }) => check)).toEqual([
      'ends a watch after timeoutSeconds',
      'sends one ERROR event with 410 to a watch from a forgotten version, and ends it',
    ]);
  });

  it('skips on a young cluster what it cannot have forgotten yet', async () => {
    const { endpoint } = await aClusterEndpoint(0);
    const young = await runKubernetes({ endpoint, isChosen: ({ name }) => name.includes('forgotten') });

    expect(young.map(({ result, needs }) => [result, needs])).toEqual([
      ['skipped', ['a cluster older than 15 minutes']],
      ['skipped', ['a cluster older than 15 minutes']],
    ]);
  });
});

type Fault = { readonly fault: string; readonly spoil: SpoilAnswer; readonly seen: readonly string[] };

const faults: readonly Fault[] = [
  {
    fault: 'evicts against budgets',
    spoil: (_, __, status) =>
      status === 429 ? { status: 201, text: '{"kind":"Status","status":"Success"}' } : undefined,
    seen: ['refuses an eviction against a budget with 429, and names the budget and its numbers'],
  },
  {
    fault: 'lets everybody do everything',
    spoil: (_, __, status) => (status === 403 ? { status: 200, text: '{}' } : undefined),
    seen: ['allows exactly the verbs of a role, on its kinds, in its namespace'],
  },
  {
    fault: 'rounds percentages down',
    spoil: ({ path }, text) =>
      path.includes('poddisruptionbudgets')
        ? { text: text.replace('"desiredHealthy":2', '"desiredHealthy":1') }
        : undefined,
    seen: ['reckons minAvailable 50% over 3 pods of which 3 are ready: 2 must be healthy, 1 may go'],
  },
  {
    fault: 'lets the last writer win',
    spoil: ({ method }, _, status) => (status === 409 && method === 'PUT' ? { status: 200 } : undefined),
    seen: ['lets one of two who take over the same version of a lease have it, and answers the other with 409'],
  },
  {
    fault: 'has no tables',
    spoil: ({ headers }, text) =>
      headers.accept?.includes('Table') ? { text: text.replace('"Table"', '"List"') } : undefined,
    seen: ['makes a table of nodes with the columns that kubectl prints'],
  },
];

describe('an API server that', () => {
  it.each(faults)('$fault is found out', async ({ spoil, seen }) => {
    const failed = notOk(await spoiltBy(spoil)).map(({ check }) => check);

    expect(failed).toEqual(expect.arrayContaining([...seen]));
  });
});
