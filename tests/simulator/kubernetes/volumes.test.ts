import { describe, expect, it } from 'vitest';
import { aCluster, addNode, minute, type TestCluster, type TestClusterOptions } from './a-cluster.ts';
import { aClaim, aPod, aStorageClass, isReady, nodeName, podNamed, withClaim } from './workload-manifests.ts';

type Attachment = {
  readonly spec: { readonly nodeName: string; readonly source: { readonly persistentVolumeName: string } };
  readonly status: { readonly attached: boolean };
};

const attachmentsOf = async ({ call }: TestCluster): Promise<readonly Attachment[]> =>
  (await call('GET', '/apis/storage.k8s.io/v1/volumeattachments')).body.items;
const volumesOf = async ({ call }: TestCluster) => (await call('GET', '/api/v1/persistentvolumes')).body.items;
const claimOf = async ({ call }: TestCluster, name: string) =>
  (await call('GET', `/api/v1/namespaces/default/persistentvolumeclaims/${name}`)).body;

async function withVolume(options: TestClusterOptions = {}) {
  const test = await aCluster(options);
  addNode(test, 1, { availabilityZone: 'us-west-2a' });
  addNode(test, 2, { availabilityZone: 'us-west-2a' });
  test.cluster.applyManifest(aStorageClass());
  test.cluster.applyManifest(aClaim('data'));
  return test;
}

const timings = { volumeDetach: [10_000, 10_000], volumeAttach: [4000, 4000], podStop: [3000, 3000] } as const;

describe('volumes', () => {
  it('that wait for their first consumer are made in the zone of its node', async () => {
    const test = await withVolume();
    await test.pass(minute);
    expect((await claimOf(test, 'data')).status.phase).toBe('Pending');

    test.cluster.applyManifest(aPod('one', withClaim('data')));
    await test.pass(minute);
    const [volume] = await volumesOf(test);

    expect((await claimOf(test, 'data')).status).toMatchObject({ phase: 'Bound', capacity: { storage: '20Gi' } });
    expect(volume.spec.csi).toMatchObject({ driver: 'ebs.csi.aws.com', volumeHandle: expect.stringMatching(/^vol-0/) });
    expect(volume.spec.nodeAffinity.required.nodeSelectorTerms).toEqual([
      { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['us-west-2a'] }] },
    ]);
    expect(isReady(await podNamed(test, 'one'))).toBe(true);
  });

  it('that need not wait are made at once', async () => {
    const test = await withVolume();
    test.cluster.applyManifest(aStorageClass({ metadata: { name: 'now' }, volumeBindingMode: 'Immediate' }));
    test.cluster.applyManifest(aClaim('soon', { storageClassName: 'now' }));
    await test.pass(minute);

    expect((await claimOf(test, 'soon')).status.phase).toBe('Bound');
  });

  it('keep a pod waiting, with the reason, while no node of their zone has room', async () => {
    const test = await withVolume();
    addNode(test, 3, { availabilityZone: 'us-west-2b' });
    test.cluster.settleManifests([aPod('one', withClaim('data'))]);
    await test.call('DELETE', '/api/v1/namespaces/default/pods/one');
    for (const number of [1, 2]) test.cluster.controlPlane.cordon(nodeName(number));
    await test.pass(minute);
    test.cluster.applyManifest(aPod('two', withClaim('data')));
    await test.pass(minute);

    const { status } = (await podNamed(test, 'two')) ?? {};
    expect(status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message).toBe(
      "0/3 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, 2 node(s) were unschedulable.",
    );
  });

  it('are attached before a pod starts, and stay attached for a while after it has stopped', async () => {
    const test = await withVolume({ cluster: { timings } });
    test.cluster.settleManifests([aPod('one', withClaim('data'))]);
    const during = await attachmentsOf(test);
    await test.call('DELETE', '/api/v1/namespaces/default/pods/one');
    await test.pass(4000);
    const [gone, lingering] = [await podNamed(test, 'one'), await attachmentsOf(test)];
    await test.pass(12_000);

    expect(during).toMatchObject([{ status: { attached: true } }]);
    expect(gone).toBeUndefined();
    expect(lingering).toMatchObject([{ metadata: { deletionTimestamp: expect.any(String) } }]);
    expect(await attachmentsOf(test)).toEqual([]);
  });

  it('are on one node at a time: the next pod waits until the volume is free', async () => {
    const test = await withVolume({ cluster: { timings } });
    test.cluster.settleManifests([aPod('one', withClaim('data'))]);
    const first = (await podNamed(test, 'one'))?.spec.nodeName;
    test.cluster.controlPlane.cordon(first ?? '');
    test.cluster.applyManifest(aPod('two', withClaim('data')));
    await test.pass(minute);
    const waiting = await podNamed(test, 'two');
    const nodes = (await attachmentsOf(test)).map(({ spec }) => spec.nodeName);
    await test.call('DELETE', '/api/v1/namespaces/default/pods/one');
    await test.pass(minute);

    expect(waiting?.spec.nodeName).not.toBe(first);
    expect([isReady(waiting), nodes]).toEqual([false, [first]]);
    expect(isReady(await podNamed(test, 'two'))).toBe(true);
    expect(test.log('volume.refused')).toContainEqual(
      expect.objectContaining({ attachedTo: first, reason: expect.stringContaining('Multi-Attach') }),
    );
  });

  it('stay where they are while containers have them that nobody can end', async () => {
    const guests = { containers: [{ workload: 'default/Pod/one', stop: 'never' as const }] };
    const test = await withVolume({ cluster: { guests } });
    test.cluster.settleManifests([aPod('one', withClaim('data'))]);
    await test.call('DELETE', '/api/v1/namespaces/default/pods/one?gracePeriodSeconds=0');
    await test.pass(20 * minute);

    expect(await podNamed(test, 'one')).toBeUndefined();
    expect(await attachmentsOf(test)).toMatchObject([{ status: { attached: true } }]);
  });

  it('outlive their claim only while a pod uses it, then go with it', async () => {
    const test = await withVolume();
    test.cluster.settleManifests([aPod('one', withClaim('data'))]);
    await test.call('DELETE', '/api/v1/namespaces/default/persistentvolumeclaims/data');
    await test.pass(minute);
    const kept = await claimOf(test, 'data');
    await test.call('DELETE', '/api/v1/namespaces/default/pods/one');
    await test.pass(minute);

    expect(kept.metadata).toMatchObject({ name: 'data', deletionTimestamp: expect.any(String) });
    expect((await claimOf(test, 'data')).code).toBe(404);
    expect(await volumesOf(test)).toEqual([]);
  });
});
