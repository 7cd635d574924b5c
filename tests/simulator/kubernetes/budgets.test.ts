import { describe, expect, it } from 'vitest';
import { aBudget, aCluster, aDeployment, addNode, type TestCluster } from './a-cluster.ts';
import { aPod, aStatefulSet, aStorageClass, podsIn } from './workload-manifests.ts';

const statusOf = async ({ call }: TestCluster) =>
  (await call('GET', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/web-pdb')).body.status;
const evict = async ({ call }: TestCluster, name: string) =>
  call('POST', `/api/v1/namespaces/default/pods/${name}/eviction`, { metadata: { name } });

async function covering(manifests: readonly unknown[], spec: Readonly<Record<string, unknown>>) {
  const test = await aCluster();
  for (const number of [1, 2, 3]) addNode(test, number);
  test.cluster.settleManifests([...manifests, aBudget('web-pdb', spec)]);
  return test;
}

const bare = { ...aPod('bare'), metadata: { name: 'bare', namespace: 'default', labels: { app: 'web' } } };
const daemon = { ...aDeployment('agent', 0, { app: 'web' }), kind: 'DaemonSet' };
const agents = { ...daemon, spec: { selector: daemon.spec.selector, template: daemon.spec.template } };
const failed = 'found no controllers for pod';

describe('the numbers of a budget', () => {
  it.each([
    { case: 'a third of seven, rounded up', replicas: 7, spec: { minAvailable: '33%' }, desired: 3, allowed: 4 },
    { case: 'one per cent of seven is one', replicas: 7, spec: { minAvailable: '1%' }, desired: 1, allowed: 6 },
    {
      case: 'unavailable per cent are rounded up too',
      replicas: 7,
      spec: { maxUnavailable: '30%' },
      desired: 4,
      allowed: 3,
    },
    { case: 'nothing may be missing', replicas: 7, spec: { maxUnavailable: '0%' }, desired: 7, allowed: 0 },
    { case: 'more wanted than there are', replicas: 2, spec: { minAvailable: 5 }, desired: 5, allowed: 0 },
    { case: 'more may be missing than there are', replicas: 2, spec: { maxUnavailable: 5 }, desired: 0, allowed: 2 },
    { case: 'no pods, no disruption', replicas: 0, spec: { maxUnavailable: 1 }, desired: 0, allowed: 0 },
  ])('$case', async ({ replicas, spec, desired, allowed }) => {
    const test = await covering([aDeployment('web', replicas)], spec);

    expect(await statusOf(test)).toMatchObject({ desiredHealthy: desired, disruptionsAllowed: allowed });
  });

  it('come from the scale of a StatefulSet', async () => {
    const test = await covering([aStorageClass(), aStatefulSet(3)], {
      selector: { matchLabels: { app: 'db' } },
      maxUnavailable: 1,
    });

    expect(await statusOf(test)).toMatchObject({ expectedPods: 3, desiredHealthy: 2, disruptionsAllowed: 1 });
  });

  it('add up the scales of all controllers, and leave out pods without one', async () => {
    const two = aDeployment('two', 2, { app: 'web', part: 'two' });
    const test = await covering([aDeployment('web', 3, { app: 'web', part: 'one' }), two, bare], { maxUnavailable: 2 });

    expect(await statusOf(test)).toMatchObject({ expectedPods: 5, currentHealthy: 6, disruptionsAllowed: 3 });
  });

  it('count pods without a controller where the budget is a number of available pods', async () => {
    const test = await covering([aDeployment('web', 2, { app: 'web', part: 'one' }), bare], { minAvailable: 2 });

    expect(await statusOf(test)).toMatchObject({ expectedPods: 3, currentHealthy: 3, disruptionsAllowed: 1 });
  });

  it('cannot be told where pods have a controller without a scale: the budget is never observed, and closed', async () => {
    const test = await covering([agents], { maxUnavailable: 1 });
    const [pod] = await podsIn(test);
    const status = await statusOf(test);
    const { status: http, headers } = await evict(test, pod?.metadata.name ?? '');

    expect(status.conditions).toMatchObject([{ reason: 'SyncFailed', message: expect.stringContaining(failed) }]);
    expect(status).not.toHaveProperty('observedGeneration');
    expect([http, headers['retry-after']]).toEqual([429, '10']);
  });

  it('stay as they were when they can no longer be told, and the refusal says why', async () => {
    const test = await covering([aDeployment('web', 3)], { maxUnavailable: 1 });
    test.cluster.settleManifests([agents]);
    const [pod] = await podsIn(test);
    const { body } = await evict(test, pod?.metadata.name ?? '');

    expect(await statusOf(test)).toMatchObject({ observedGeneration: 1, expectedPods: 3, disruptionsAllowed: 0 });
    expect(body.details.causes[0].message).toMatch(
      /^The disruption budget web-pdb does not allow evicting pods currently because it failed sync: found no controllers/,
    );
  });

  it('give back an eviction whose pod stays, after two minutes', async () => {
    const test = await covering([aDeployment('web', 3)], { maxUnavailable: 1 });
    const path = '/apis/policy/v1/namespaces/default/poddisruptionbudgets/web-pdb/status';
    const name = (await podsIn(test))[0]?.metadata.name ?? '';
    const disruptedPods = { [name]: '2026-05-16T04:00:00Z' };
    const contentType = 'application/merge-patch+json';
    await test.call('PATCH', path, { status: { disruptionsAllowed: 0, disruptedPods } }, { contentType });
    await test.pass(60_000);
    const spent = await statusOf(test);
    await test.pass(3 * 60_000);

    expect(spent).toMatchObject({ disruptionsAllowed: 0, currentHealthy: 2, disruptedPods });
    expect(await statusOf(test)).toMatchObject({ disruptionsAllowed: 1, currentHealthy: 3 });
  });
});
