import { expect, it } from 'vitest';
import { createAccount } from '../../../simulator/account.ts';
import { buildAccount } from '../../../simulator/scenario/build.ts';
import { parseScenario } from '../../../simulator/scenario/load.ts';

const text = (manifests: readonly unknown[], more: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({
    ...{ name: 'workloads', summary: 'One cluster with a workload', startsAt: '2026-05-16T04:12:00Z' },
    amis: [{ id: 'ami-0a1b2c3d4e5f60001', name: 'windows', kernelVersion: '10.0.20348.4648', cachedImages: ['web:1'] }],
    images: [{ name: 'windows', version: '2026.5.16/1' }],
    clusters: [
      {
        ...{ name: 'shop', manifests, ...more },
        nodeGroups: [{ name: 'web', kind: 'self-managed', ami: 'ami-0a1b2c3d4e5f60001', size: 3 }],
      },
    ],
  });

const deployment = {
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'store' } },
  spec: {
    ...{ replicas: 4, selector: { matchLabels: { app: 'web' } } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
};
const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'store' } };
const budget = {
  ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'web', namespace: 'store' } },
  spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } },
};

async function build(scenarioText: string) {
  const scenario = parseScenario(scenarioText, 'test.yml');
  const account = await createAccount({
    identity: { accountId: scenario.accountId, region: scenario.region, partition: 'aws' },
    ...{ startsAt: Date.parse(scenario.startsAt), seed: 1, pace: 'max', functions: 'process' },
  });
  try {
    return { account, built: await buildAccount(account, scenario) };
  } finally {
    await account.close();
  }
}

it('workloads of a scenario run, spread over the nodes, before it starts', async () => {
  const { account } = await build(text([namespace, deployment, budget]));
  const ready = account.kernel.log.entries().filter(({ kind }) => kind === 'pod.ready');

  expect(ready.map(({ details }) => [details.cluster, details.namespace, details.workload, details.settled])).toEqual(
    Array.from({ length: 4 }, () => ['shop', 'store', 'Deployment/web', true]),
  );
  expect(new Set(ready.map(({ details }) => details.node)).size).toBe(3);
});

it('a manifest that the API server refuses is named with the reason', async () => {
  await expect(build(text([deployment]))).rejects.toThrow(
    'A manifest of cluster shop cannot be applied: namespaces "store" not found',
  );
});

it('the same scenario places the same pods, every time', async () => {
  const [one, two] = [await build(text([namespace, deployment])), await build(text([namespace, deployment]))];

  expect(one.account.kernel.log.entries()).toEqual(two.account.kernel.log.entries());
});

it.each([
  { containers: [{ workload: 'web', startSeconds: [1, 2] }], wrong: 'a workload as <namespace>/<kind>/<name>' },
  { containers: [{ workload: 'store/Deployment/web', stop: 'sometimes' }], wrong: 'stop' },
  { containerImages: [{ image: 'web:1', pullSeconds: [60] }], wrong: 'pullSeconds' },
])('what a scenario cannot say of containers is refused: $wrong', ({ wrong, ...more }) => {
  expect(() => parseScenario(text([], more), 'test.yml')).toThrow(wrong);
});
