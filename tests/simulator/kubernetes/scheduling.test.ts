import { describe, expect, it } from 'vitest';
import { aCluster, aDeployment, addNode, aGuest, anInstance, minute, type TestCluster } from './a-cluster.ts';
import { aPod, aStatefulSet, aStorageClass, isReady, nodeName, podNamed, podsIn } from './workload-manifests.ts';

const contentType = 'application/merge-patch+json';
const patchNode = ({ call }: TestCluster, number: number, body: unknown) =>
  call('PATCH', `/api/v1/nodes/${nodeName(number)}`, body, { contentType });
const placesOf = async (test: TestCluster) => (await podsIn(test)).map(({ spec }) => spec.nodeName ?? 'none').sort();
const whyNot = async (test: TestCluster, name: string) =>
  (await podNamed(test, name))?.status.conditions?.find(({ type }) => type === 'PodScheduled')?.message;

async function withNodes(count: number) {
  const test = await aCluster();
  for (let number = 1; number <= count; number += 1) addNode(test, number);
  await test.pass(1000);
  return test;
}

describe('the scheduler', () => {
  it('avoids nodes with a PreferNoSchedule taint, and takes them when there is no other', async () => {
    const test = await withNodes(2);
    const outdated = { key: 'example.com/outdated', effect: 'PreferNoSchedule' };
    await patchNode(test, 1, { spec: { taints: [outdated] } });
    test.cluster.applyManifest(aDeployment('web', 2));
    await test.pass(minute);
    const preferred = await placesOf(test);
    test.cluster.controlPlane.cordon(nodeName(2));
    test.cluster.applyManifest(aPod('one'));
    await test.pass(minute);

    expect(preferred).toEqual([nodeName(2), nodeName(2)]);
    expect((await podNamed(test, 'one'))?.spec.nodeName).toBe(nodeName(1));
  });

  it.each([
    { operator: 'In', values: ['us-west-2b'], fits: true },
    { operator: 'NotIn', values: ['us-west-2b'], fits: false },
    { operator: 'Exists', fits: true },
    { operator: 'DoesNotExist', fits: false },
  ])('keeps to required node affinity: zone $operator $values', async ({ fits, ...requirement }) => {
    const test = await aCluster();
    addNode(test, 1, { availabilityZone: 'us-west-2b' });
    const matchExpressions = [{ key: 'topology.kubernetes.io/zone', ...requirement }];
    const required = { nodeSelectorTerms: [{ matchExpressions }] };
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
    test.cluster.applyManifest(aPod('one', { affinity }));
    await test.pass(minute);

    expect(isReady(await podNamed(test, 'one'))).toBe(fits);
  });

  it('counts requests, and says which resource is short', async () => {
    const test = await withNodes(1);
    const half = { containers: [{ name: 'main', image: 'web:1', resources: { requests: { cpu: '2500m' } } }] };
    for (const name of ['one', 'two']) test.cluster.applyManifest(aPod(name, half));
    await test.pass(minute);
    expect(await whyNot(test, 'two')).toBe('0/1 nodes are available: 1 Insufficient cpu.');

    await test.call('DELETE', '/api/v1/namespaces/default/pods/one');
    await test.pass(minute);
    expect(isReady(await podNamed(test, 'two'))).toBe(true);
  });

  it('gives Windows pods no more addresses than the node has, and needs none for those on the host network', async () => {
    const test = await withNodes(1);
    test.cluster.applyManifest(aDeployment('web', 16));
    test.cluster.applyManifest(aPod('host', { hostNetwork: true }));
    await test.pass(2 * minute);

    expect((await podsIn(test)).filter(isReady)).toHaveLength(15);
    expect(isReady(await podNamed(test, 'host'))).toBe(true);
  });

  it('looks again at a waiting pod when a node has joined', async () => {
    const test = await withNodes(1);
    test.cluster.controlPlane.cordon(nodeName(1));
    test.cluster.applyManifest(aPod('one'));
    await test.pass(minute);
    const before = await podNamed(test, 'one');
    test.cluster.onInstance({ type: 'running', instance: anInstance({ instanceId: 'i-00000000000000002' }) });
    await test.pass(4 * minute);

    expect(before?.spec.nodeName).toBeUndefined();
    expect((await podNamed(test, 'one'))?.spec.nodeName).toBe(nodeName(2));
  });

  it('prefers the node that has the container image', async () => {
    const test = await aCluster();
    addNode(test, 1, { guest: aGuest({ cachedImages: [] }) });
    addNode(test, 2, { guest: aGuest({ cachedImages: ['web:1'] }) });
    test.cluster.settleManifests([aPod('one')]);

    expect((await podNamed(test, 'one'))?.spec.nodeName).toBe(nodeName(2));
  });

  it('spreads pods whose volumes are still being made', async () => {
    const test = await withNodes(3);
    test.cluster.settleManifests([aStorageClass()]);
    test.cluster.applyManifest(aStatefulSet(3, { podManagementPolicy: 'Parallel' }));
    await test.pass(5 * minute);

    expect(await placesOf(test)).toEqual([nodeName(1), nodeName(2), nodeName(3)]);
  });

  it.each([{ podAntiAffinity: {} }, { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } }])(
    'is not asked for what it does not know: %j',
    async (affinity) => {
      const test = await withNodes(1);
      const reply = await test.call('POST', '/api/v1/namespaces/default/pods', aPod('one', { affinity }));

      expect(reply).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    },
  );
});

describe('DaemonSets', () => {
  const agent = { ...aDeployment('agent', 0), kind: 'DaemonSet' };
  const withoutReplicas = { ...agent, spec: { selector: agent.spec.selector, template: agent.spec.template } };
  const statusOf = async ({ call }: TestCluster) =>
    (await call('GET', '/apis/apps/v1/namespaces/default/daemonsets/agent')).body.status;

  it('have one pod on each node, follow nodes that come, and count them', async () => {
    const test = await withNodes(2);
    test.cluster.settleManifests([withoutReplicas]);
    const before = await statusOf(test);
    addNode(test, 3);
    await test.pass(minute);

    expect(before).toMatchObject({ desiredNumberScheduled: 2, currentNumberScheduled: 2, numberReady: 2 });
    expect(await statusOf(test)).toMatchObject({ desiredNumberScheduled: 3, numberReady: 3, numberAvailable: 3 });
    expect(await placesOf(test)).toEqual([nodeName(1), nodeName(2), nodeName(3)]);
  });

  it('replace an evicted pod on its own node, cordoned or not', async () => {
    const test = await withNodes(1);
    test.cluster.settleManifests([withoutReplicas]);
    test.cluster.controlPlane.cordon(nodeName(1));
    const [before] = await podsIn(test);
    const name = before?.metadata.name ?? '';
    await test.call('POST', `/api/v1/namespaces/default/pods/${name}/eviction`, { metadata: { name } });
    await test.pass(minute);
    const after = await podsIn(test);

    expect(after.map(({ metadata }) => metadata.name)).not.toContain(name);
    expect(await placesOf(test)).toEqual([nodeName(1)]);
  });

  it('are not started where a taint keeps them away, and leave where it says NoExecute', async () => {
    const test = await withNodes(3);
    const tainted = (effect: string) => ({ spec: { taints: [{ key: 'example.com/own', effect }] } });
    await patchNode(test, 1, tainted('NoSchedule'));
    test.cluster.settleManifests([withoutReplicas]);
    await patchNode(test, 2, tainted('NoSchedule'));
    await patchNode(test, 3, tainted('NoExecute'));
    await test.pass(minute);

    expect(await placesOf(test)).toEqual([nodeName(2)]);
  });
});
