import { holds, same } from '../../check.ts';
import { list, read, text } from '../../fields.ts';
import { expectAnswer, expectFailure } from '../answers.ts';
import type { Answer, Cluster, ClusterCheck } from '../cluster.ts';
import { aBudget, aNode, aPod, collectionOf, setReady } from '../objects.ts';

const source = 'API-initiated eviction';
const refusal = "Cannot evict pod as it would violate the pod's disruption budget.";

const evict = ({ ask, ...cluster }: Cluster, pod: string, more: Record<string, unknown> = {}): Promise<Answer> =>
  ask('POST', `${collectionOf({ ask, ...cluster }, 'pods')}/${pod}/eviction`, {
    ...{ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod } },
    ...more,
  });

/** Pods that run and are ready, on a node of the check. */
async function runningPods(cluster: Cluster, count: number): Promise<readonly string[]> {
  const node = await aNode(cluster);
  const names = Array.from({ length: count }, (_, index) => `${cluster.name}-${index}`);
  for (const name of names) {
    await aPod(cluster, name, node);
    await setReady(cluster, name, true);
  }
  return names;
}

const budgetStatus = async (cluster: Cluster) => {
  const { body } = await cluster.ask('GET', `${collectionOf(cluster, 'poddisruptionbudgets')}/${cluster.name}`);
  return read(body, 'status') as Readonly<Record<string, unknown>> | undefined;
};
const allows = (cluster: Cluster, count: number) =>
  cluster.until(`the budget allows ${count}`, async () => {
    const status = await budgetStatus(cluster);
    return status?.disruptionsAllowed === count && Number(status.observedGeneration) >= 1;
  });

/** What the eviction subresource answers. */
export const evictionChecks: readonly ClusterCheck[] = [
  {
    name: 'evicts a pod without a budget with 201, and gives it its grace period',
    source,
    async run(cluster) {
      const [pod = ''] = await runningPods(cluster, 1);
      expectAnswer(await evict(cluster, pod), 201, { kind: 'Status', status: 'Success' });
      const { body } = await cluster.ask('GET', `${collectionOf(cluster, 'pods')}/${pod}`);
      same(body, 'metadata.deletionGracePeriodSeconds', 30);
      holds(text(body, 'metadata.deletionTimestamp') !== '', 'a deletionTimestamp', read(body, 'metadata'));
    },
  },
  {
    name: 'answers 404 for a pod that is not there',
    source,
    async run(cluster) {
      const { name } = cluster;
      expectFailure(await evict(cluster, name), 404, {
        ...{ reason: 'NotFound', message: `pods "${name}" not found`, details: { name, kind: 'pods' } },
      });
    },
  },
  {
    name: 'refuses an eviction that names another pod with 400',
    source,
    async run(cluster) {
      const [pod = ''] = await runningPods(cluster, 1);
      expectFailure(await evict(cluster, pod, { metadata: { name: 'other' } }), 400, { reason: 'BadRequest' });
    },
  },
  {
    name: 'refuses an eviction against a budget with 429, and names the budget and its numbers',
    source,
    async run(cluster) {
      const [pod = ''] = await runningPods(cluster, 2);
      await aBudget(cluster, { minAvailable: 2 });
      await cluster.until(
        'the budget sees two healthy pods',
        async () => (await budgetStatus(cluster))?.currentHealthy === 2,
      );
      const body = expectFailure(await evict(cluster, pod), 429, { reason: 'TooManyRequests', message: refusal });
      same(body, 'details.causes.0.reason', 'DisruptionBudget');
      const cause = `The disruption budget ${cluster.name} needs 2 healthy pods and has 2 currently`;
      same(body, 'details.causes.0.message', cause);
    },
  },
  {
    name: 'takes one disruption from the budget with each eviction, and refuses when none is left',
    source,
    async run(cluster) {
      const [first = '', second = ''] = await runningPods(cluster, 2);
      await aBudget(cluster, { minAvailable: 1 });
      await allows(cluster, 1);
      expectAnswer(await evict(cluster, first), 201);
      expectFailure(await evict(cluster, second), 429, { reason: 'TooManyRequests' });
    },
  },
  {
    name: 'evicts nothing in a dry run, and spends nothing',
    source,
    async run(cluster) {
      const [pod = ''] = await runningPods(cluster, 2);
      await aBudget(cluster, { minAvailable: 1 });
      await allows(cluster, 1);
      expectAnswer(await evict(cluster, pod, { deleteOptions: { dryRun: ['All'] } }), 201);
      const { body } = await cluster.ask('GET', `${collectionOf(cluster, 'pods')}/${pod}`);
      same(body, 'metadata.deletionTimestamp', undefined);
      same((await budgetStatus(cluster)) ?? {}, 'disruptionsAllowed', 1);
    },
  },
  {
    name: 'evicts nothing in a dry run that the query asks for, and nothing without the name of the pod',
    source,
    async run(cluster) {
      const [pod = ''] = await runningPods(cluster, 1);
      const path = `${collectionOf(cluster, 'pods')}/${pod}`;
      const dryRun = await cluster.ask('POST', `${path}/eviction?dryRun=All`, { metadata: { name: pod } });
      expectAnswer(dryRun, 201);
      expectFailure(await cluster.ask('POST', `${path}/eviction`, { metadata: {} }), 400, { reason: 'BadRequest' });
      same((await cluster.ask('GET', path)).body, 'metadata.deletionTimestamp', undefined);
    },
  },
  {
    name: 'writes into an evicted pod why it ends',
    source: 'Disruptions, pod disruption conditions',
    async run(cluster) {
      const [pod = ''] = await runningPods(cluster, 1);
      expectAnswer(await evict(cluster, pod), 201);
      const { body } = await cluster.ask('GET', `${collectionOf(cluster, 'pods')}/${pod}`);
      const condition = list(body, 'status.conditions').find((each) => text(each, 'type') === 'DisruptionTarget');
      same({ condition }, 'condition.reason', 'EvictionByEvictionAPI');
    },
  },
  {
    name: 'evicts pods that do not run yet whatever their budget says',
    source,
    async run(cluster) {
      await aPod(cluster, cluster.name);
      await aBudget(cluster, { minAvailable: 1 });
      await cluster.until(
        'the budget is seen',
        async () => Number((await budgetStatus(cluster))?.observedGeneration) >= 1,
      );
      expectAnswer(await evict(cluster, cluster.name), 201);
    },
  },
  {
    name: 'refuses a pod that is not ready while its budget is not met, unless the budget always allows that',
    source: 'Specifying a Disruption Budget, unhealthy pod eviction policy',
    async run(cluster) {
      const [pod = ''] = await runningPods(cluster, 2);
      await setReady(cluster, pod, false);
      await aBudget(cluster, { minAvailable: 2 });
      await cluster.until(
        'the budget sees one healthy pod',
        async () => (await budgetStatus(cluster))?.currentHealthy === 1,
      );
      expectFailure(await evict(cluster, pod), 429, { reason: 'TooManyRequests' });
      const path = `${collectionOf(cluster, 'poddisruptionbudgets')}/${cluster.name}`;
      const always = { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } };
      await cluster.ask('PATCH', path, always, { contentType: 'application/merge-patch+json' });
      expectAnswer(await evict(cluster, pod), 201);
    },
  },
  {
    name: 'says of a pod with two budgets that eviction does not support that, with 500 in the body',
    source: 'pkg/registry/core/pod/storage/eviction.go',
    async run(cluster) {
      const [pod = ''] = await runningPods(cluster, 1);
      for (const number of [1, 2]) await aBudget(cluster, { minAvailable: 0 }, `${cluster.name}-${number}`);
      const { status, body } = await evict(cluster, pod);
      holds(status === 201 || status === 500, 'status 201 or 500', status);
      const message =
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
      for (const [path, value] of Object.entries({ status: 'Failure', code: 500, message })) same(body, path, value);
    },
  },
  {
    name: 'evicts only the pod with the uid that the caller names, and answers 409 for another',
    source,
    async run(cluster) {
      const [pod = ''] = await runningPods(cluster, 1);
      const other = { preconditions: { uid: '00000000-0000-4000-8000-000000000000' } };
      expectFailure(await evict(cluster, pod, { deleteOptions: other }), 409, { reason: 'Conflict' });
    },
  },
];
