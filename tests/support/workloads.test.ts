import { expect, it } from 'vitest';
import type { TestCluster } from '../simulator/kubernetes/a-cluster.ts';
import { aBudget, aCluster, aDeployment, addNode, minute } from '../simulator/kubernetes/a-cluster.ts';
import { aStatefulSet, aStorageClass, podsIn } from '../simulator/kubernetes/workload-manifests.ts';
import { lowestReady, movesOf, refusedEvictions } from './workloads.ts';

const evict = ({ call }: TestCluster, name: string) =>
  call('POST', `/api/v1/namespaces/default/pods/${name}/eviction`, { metadata: { name } });

async function withWorkloads() {
  const test = await aCluster();
  for (const number of [1, 2]) addNode(test, number);
  const budget = aBudget('web-pdb', { maxUnavailable: 1 });
  test.cluster.settleManifests([aDeployment('web', 3), budget, aStorageClass(), aStatefulSet(2)]);
  const names = async (app: string) =>
    (await podsIn(test)).filter(({ metadata }) => metadata.labels?.app === app).map(({ metadata }) => metadata.name);
  return { test, names, log: () => test.kernel.log.entries() };
}

it('tells the lowest number of ready pods, and how often each chain of pods moved', async () => {
  const { test, names, log } = await withWorkloads();
  const [first = ''] = await names('web');
  await evict(test, first);
  await test.pass(minute);
  const once = movesOf(log(), 'demo', 'default/Deployment/web');
  const [second = ''] = await names('web');
  await evict(test, second);
  await test.pass(minute);

  expect(once.toSorted()).toEqual([0, 0, 1]);
  expect(movesOf(log(), 'demo', 'default/Deployment/web').reduce((sum, moves) => sum + moves, 0)).toBe(2);
  expect(lowestReady(log(), 'demo', 'default/Deployment/web')).toBe(2);
  expect(lowestReady(log(), 'demo', 'default/StatefulSet/db')).toBe(2);
});

it('counts a pod that moves twice as two moves', async () => {
  const { test, log } = await withWorkloads();
  for (let round = 0; round < 2; round += 1) {
    await evict(test, 'db-0');
    await test.pass(3 * minute);
  }

  expect(movesOf(log(), 'demo', 'default/StatefulSet/db')).toEqual([2, 0]);
  expect(lowestReady(log(), 'demo', 'default/StatefulSet/db')).toBe(1);
});

it('counts refused evictions by their budget', async () => {
  const { test, names, log } = await withWorkloads();
  const [first = '', second = '', third = ''] = await names('web');
  for (const name of [first, second, third]) await evict(test, name);

  expect(refusedEvictions(log(), 'demo')).toEqual({ 'default/web-pdb': 2 });
});

it('does not take an unknown workload for one that was always available', async () => {
  const { log } = await withWorkloads();

  expect(() => lowestReady(log(), 'demo', 'default/Deployment/wbe')).toThrow('No pod of default/Deployment/wbe');
});
