import { describe, expect, it } from 'vitest';
import { aCluster, addNode, minute, type TestClusterOptions } from './a-cluster.ts';
import { aStatefulSet, aStorageClass, isReady, podNamed, podsIn } from './workload-manifests.ts';

const path = '/api/v1/namespaces/default/pods';

async function withNodes(options: TestClusterOptions = {}, zones: readonly string[] = ['a', 'b', 'a', 'b']) {
  const test = await aCluster(options);
  for (const [index, zone] of zones.entries()) addNode(test, index + 1, { availabilityZone: `us-west-2${zone}` });
  test.cluster.applyManifest(aStorageClass());
  return test;
}

describe('StatefulSets', () => {
  it('start their pods one after another, each when the one before is ready', async () => {
    const test = await withNodes();
    test.cluster.applyManifest(aStatefulSet(3));
    const seen: string[] = [];
    for (let second = 0; second < 180; second += 1) {
      await test.pass(1000);
      const pods = await podsIn(test);
      for (const { metadata } of pods) {
        if (seen.includes(metadata.name)) continue;
        const before = pods.slice(0, -1);
        expect(before.every(isReady)).toBe(true);
        seen.push(metadata.name);
      }
    }

    expect(seen).toEqual(['db-0', 'db-1', 'db-2']);
    const { status } = (await test.call('GET', '/apis/apps/v1/namespaces/default/statefulsets/db')).body;
    expect(status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3, observedGeneration: 1 });
  });

  it('start all at once where they are parallel', async () => {
    const test = await withNodes();
    test.cluster.applyManifest(aStatefulSet(3, { podManagementPolicy: 'Parallel' }));
    await test.pass(1000);

    expect((await podsIn(test)).map(({ metadata }) => metadata.name)).toEqual(['db-0', 'db-1', 'db-2']);
  });

  it('give a name again only when the pod that had it is gone', async () => {
    const guests = { containers: [{ workload: 'default/StatefulSet/db', stopSeconds: [20, 20] as const }] };
    const test = await withNodes({ cluster: { guests } });
    test.cluster.settleManifests([aStatefulSet(2)]);
    const before = await podNamed(test, 'db-1');
    await test.call('DELETE', `${path}/db-1`);
    await test.pass(19_000);
    const during = await podNamed(test, 'db-1');
    await test.pass(2 * minute);
    const after = await podNamed(test, 'db-1');

    expect(during?.metadata.uid).toBe(before?.metadata.uid);
    expect(during?.metadata.deletionTimestamp).toBeDefined();
    expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
    expect(isReady(after)).toBe(true);
  });

  it('keep the volume, and so the zone, of each name', async () => {
    const test = await withNodes();
    test.cluster.settleManifests([aStatefulSet(2)]);
    const zoneOf = async (name: string) => {
      const { spec } = (await podNamed(test, name)) ?? {};
      const node = await test.call('GET', `/api/v1/nodes/${spec?.nodeName}`);
      return node.body.metadata.labels['topology.kubernetes.io/zone'];
    };
    const claim = async () =>
      (await test.call('GET', '/api/v1/namespaces/default/persistentvolumeclaims/data-db-0')).body;
    const before = { zone: await zoneOf('db-0'), volume: (await claim()).spec.volumeName };
    test.cluster.controlPlane.cordon((await podNamed(test, 'db-0'))?.spec.nodeName ?? '');
    await test.call('DELETE', `${path}/db-0`);
    await test.pass(3 * minute);

    expect({ zone: await zoneOf('db-0'), volume: (await claim()).spec.volumeName }).toEqual(before);
    expect(isReady(await podNamed(test, 'db-0'))).toBe(true);
  });

  it('shrink from the highest name, and keep the claims', async () => {
    const test = await withNodes();
    test.cluster.settleManifests([aStatefulSet(3)]);
    const merge = { contentType: 'application/merge-patch+json' };
    await test.call('PATCH', '/apis/apps/v1/namespaces/default/statefulsets/db', { spec: { replicas: 1 } }, merge);
    await test.pass(2 * minute);
    const claims = (await test.call('GET', '/api/v1/namespaces/default/persistentvolumeclaims')).body.items;

    expect((await podsIn(test)).map(({ metadata }) => metadata.name)).toEqual(['db-0']);
    expect(claims).toHaveLength(3);
  });

  it('have no second pod of a name whose node no longer speaks, until the pod is taken away', async () => {
    const test = await withNodes();
    test.cluster.settleManifests([aStatefulSet(1)]);
    const before = await podNamed(test, 'db-0');
    test.cluster.stopKubelet(before?.spec.nodeName ?? '');
    await test.pass(10 * minute);
    const stuck = await podNamed(test, 'db-0');
    await test.call('DELETE', `${path}/db-0?gracePeriodSeconds=0`);
    await test.pass(30_000);
    const waiting = await podNamed(test, 'db-0');
    await test.pass(8 * minute);

    expect(stuck).toMatchObject({ metadata: { uid: before?.metadata.uid, deletionTimestamp: expect.any(String) } });
    // Its volume is on the silent node: that one may still write.
    expect(isReady(waiting)).toBe(false);
    expect(isReady(await podNamed(test, 'db-0'))).toBe(true);
  });
});
