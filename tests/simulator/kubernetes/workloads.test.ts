import { describe, expect, it } from 'vitest';
import { aCluster, aDeployment, addNode, aNamespace, minute, type TestCluster } from './a-cluster.ts';

type Pod = {
  readonly metadata: {
    readonly name: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase: string };
};

const nodeName = (number: number) => `ip-10-0-1-${number}.us-west-2.compute.internal`;
const podsIn = async ({ call }: TestCluster, namespace = 'default'): Promise<readonly Pod[]> =>
  (await call('GET', `/api/v1/namespaces/${namespace}/pods`)).body.items;
const placesOf = async (test: TestCluster) => (await podsIn(test)).map(({ spec }) => spec.nodeName).sort();

const aDaemonSet = (name: string) => {
  const { replicas: _, ...spec } = aDeployment(name, 0).spec;
  return { ...aDeployment(name, 0), kind: 'DaemonSet', spec };
};

describe('workloads', () => {
  it('keep their number of running pods, spread over the nodes', async () => {
    const test = await aCluster();
    for (const number of [1, 2]) addNode(test, number);
    test.cluster.applyManifest(aDeployment('web', 4));
    await test.pass(minute);

    expect(await placesOf(test)).toEqual([nodeName(1), nodeName(1), nodeName(2), nodeName(2)]);
    const { status } = (await test.call('GET', '/apis/apps/v1/namespaces/default/deployments/web')).body;
    expect(status).toMatchObject({ replicas: 4, readyReplicas: 4, observedGeneration: 1 });
  });

  it('grow and shrink when they are scaled', async () => {
    const test = await aCluster();
    addNode(test);
    test.cluster.applyManifest(aDeployment('web', 1));
    await test.pass(minute);
    const scale = async (replicas: number) => {
      const merge = { contentType: 'application/merge-patch+json' };
      await test.call('PATCH', '/apis/apps/v1/namespaces/default/deployments/web', { spec: { replicas } }, merge);
      await test.pass(minute);
      return (await podsIn(test)).length;
    };

    expect([await scale(3), await scale(2), await scale(0)]).toEqual([3, 2, 0]);
  });

  it('replace a pod that is deleted, and the old one has its grace period', async () => {
    const test = await aCluster();
    addNode(test);
    test.cluster.applyManifest(aDeployment('web', 1));
    await test.pass(minute);
    const [old] = await podsIn(test);
    await test.call('DELETE', `/api/v1/namespaces/default/pods/${old?.metadata.name}`);
    await test.pass(500);
    const during = await podsIn(test);
    await test.pass(minute);

    expect(during.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)).toMatchObject([
      { metadata: { name: old?.metadata.name } },
    ]);
    expect((await podsIn(test)).map(({ metadata }) => metadata.name)).not.toContain(old?.metadata.name);
    expect(await podsIn(test)).toHaveLength(1);
  });

  it('put no pod on a cordoned node, except those of DaemonSets', async () => {
    const test = await aCluster();
    for (const number of [1, 2]) addNode(test, number);
    test.cluster.controlPlane.cordon(nodeName(1));
    await test.pass(1000);
    test.cluster.applyManifest(aDeployment('web', 2));
    test.cluster.applyManifest(aDaemonSet('agent'));
    await test.pass(minute);

    expect(await placesOf(test)).toEqual([nodeName(1), nodeName(2), nodeName(2), nodeName(2)]);
    expect(test.cluster.controlPlane.podsToMove(nodeName(1))).toEqual([]);
    expect(test.cluster.controlPlane.podsToMove(nodeName(2))).toHaveLength(2);
  });

  it('go with their owner and with their namespace', async () => {
    const test = await aCluster();
    addNode(test);
    await test.call('POST', '/api/v1/namespaces', aNamespace('shop'));
    const inShop = { ...aDeployment('web', 2), metadata: { name: 'web', namespace: 'shop' } };
    test.cluster.applyManifest(inShop);
    test.cluster.applyManifest(aDeployment('web', 1));
    await test.pass(minute);
    await test.call('DELETE', '/apis/apps/v1/namespaces/default/deployments/web');
    await test.call('DELETE', '/api/v1/namespaces/shop');
    await test.pass(minute);

    expect([await podsIn(test), await podsIn(test, 'shop')]).toEqual([[], []]);
  });

  it('start sooner where the AMI has their container image', async () => {
    const startedAfter = async (image: string) => {
      const test = await aCluster();
      addNode(test);
      const pod = { metadata: { name: 'one' }, spec: { containers: [{ name: 'main', image }] } };
      await test.call('POST', '/api/v1/namespaces/default/pods', pod);
      await test.pass(20_000);
      return (await podsIn(test))[0]?.status.phase;
    };

    expect([await startedAfter('web:1'), await startedAfter('web:2')]).toEqual(['Running', 'Pending']);
  });

  it('are refused where their placement is not understood', async () => {
    const test = await aCluster();
    const picky = {
      metadata: { name: 'one' },
      spec: { affinity: { podAntiAffinity: {} }, containers: [{ name: 'main', image: 'web:1' }] },
    };

    expect(await test.call('POST', '/api/v1/namespaces/default/pods', picky)).toMatchObject({ status: 422 });
  });
});
