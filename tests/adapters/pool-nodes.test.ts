import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiServer } from '../../functions/adapters/api-server.ts';
import { findNodeOf, loadBalancerLabel, putBack, setAside } from '../../functions/adapters/node-cordons.ts';
import { letPodsOnWith } from '../../functions/adapters/pool-nodes.ts';
import { setAsideAnnotation } from '../../functions/domain/node.ts';
import { aCluster, addNode, minute, type TestCluster } from '../simulator/kubernetes/a-cluster.ts';
import { simulatedApi } from './simulated-api.ts';

let cluster: TestCluster;
let api: ApiServer;
let instanceId: string;
let nodeName: string;

beforeEach(async () => {
  cluster = await aCluster();
  const instance = addNode(cluster, 1);
  instanceId = instance.instanceId;
  nodeName = instance.privateDnsName;
  await cluster.pass(minute);
  api = simulatedApi(cluster);
});

const path = () => `/api/v1/nodes/${nodeName}`;
const read = async () => {
  const node = await findNodeOf(api, nodeName, instanceId);
  if (node === undefined) throw new Error('There is no node.');
  return node;
};
const marks = async () => {
  const { metadata, spec } = await read();
  return {
    unschedulable: spec?.unschedulable ?? false,
    label: metadata?.labels?.[loadBalancerLabel],
    noted: metadata?.annotations?.[setAsideAnnotation],
  };
};
const patch = (body: object) => cluster.call('PATCH', path(), body, { contentType: 'application/merge-patch+json' });
const untouched = { unschedulable: false, label: undefined, noted: undefined };

describe('a node that is set aside', () => {
  it('gets no pods and no load balancer, and remembers only where it may return what was put on it', async () => {
    await setAside(api, await read(), { returns: false });
    expect(await marks()).toEqual({ unschedulable: true, label: 'true', noted: undefined });
    expect(await putBack(api, await read())).toBe(false);
    expect(await marks()).toMatchObject({ unschedulable: true });
  });

  it('is as it was once it is put back, and each is done once', async () => {
    await setAside(api, await read(), { returns: true });
    const { resourceVersion } = (await read()).metadata ?? {};
    await setAside(api, await read(), { returns: true });
    expect((await read()).metadata?.resourceVersion).toBe(resourceVersion);
    expect(await marks()).toMatchObject({ unschedulable: true, label: 'true', noted: 'unschedulable,load-balancers' });
    expect(await putBack(api, await read())).toBe(true);
    expect(await marks()).toEqual(untouched);
    expect(await putBack(api, await read())).toBe(false);
  });

  it.each([
    { what: 'a cordon', body: { spec: { unschedulable: true } }, stays: { ...untouched, unschedulable: true } },
    {
      what: 'the label',
      body: { metadata: { labels: { [loadBalancerLabel]: 'by-hand' } } },
      stays: { ...untouched, label: 'by-hand' },
    },
  ])('keeps $what that somebody else has put there before', async ({ body, stays }) => {
    await patch(body);
    await setAside(api, await read(), { returns: true });
    await putBack(api, await read());
    expect(await marks()).toEqual(stays);
  });

  it('is not taken for another instance of the same name', async () => {
    expect(await findNodeOf(api, nodeName, 'i-0123456789abcdef0')).toBeUndefined();
    const node = await read();
    const other = { ...node, metadata: { ...node.metadata, uid: '00000000-0000-4000-8000-000000000000' } };
    await expect(setAside(api, other, { returns: true })).rejects.toMatchObject({ name: 'KubernetesUnavailable' });
    expect(await marks()).toEqual(untouched);
  });

  it('needs nothing when it is gone', async () => {
    const node = await read();
    await cluster.call('DELETE', path());
    await setAside(api, node, { returns: true });
    expect(await findNodeOf(api, nodeName, instanceId)).toBeUndefined();
  });
});

describe('pods on the node of an instance that moves through a warm pool', () => {
  const looking = (lifecycleState: string | undefined, { isKnown = true } = {}) =>
    letPodsOnWith({
      findLifecycleState: async () => lifecycleState,
      identifyInstance: async () => (isKnown ? { imageId: 'ami-0new', privateDnsName: nodeName } : undefined),
      connect: async () => api,
    })(
      { cluster: 'demo', instanceId, since: new Date(cluster.kernel.clock.now()) },
      new Date(cluster.kernel.clock.now()),
    );

  it.each([
    { state: 'Warmed:Pending:Wait', pods: 'not-yet', isBack: false },
    { state: 'Warmed:Stopped', pods: 'not-yet', isBack: false },
    { state: 'Warmed:Running', pods: 'yes', isBack: true },
    { state: 'Pending:Wait', pods: 'yes', isBack: true },
    { state: 'Terminating:Wait', pods: 'gone', isBack: false },
    { state: undefined, pods: 'gone', isBack: false },
  ])('while it is Ready and its instance is $state: $pods', async ({ state, pods, isBack }) => {
    await setAside(api, await read(), { returns: true });
    expect(await looking(state)).toBe(pods);
    expect((await marks()).unschedulable).toBe(!isBack);
  });

  it('come back when the cluster has noticed that the machine has stopped', async () => {
    await setAside(api, await read(), { returns: true });
    cluster.cluster.stopKubelet(nodeName);
    await cluster.pass(2 * minute);
    expect(await looking('Warmed:Stopped')).toBe('yes');
    expect(await marks()).toEqual(untouched);
  });

  it('need no node, and no instance that EC2 knows', async () => {
    await cluster.call('DELETE', path());
    expect(await looking('Warmed:Stopped')).toBe('yes');
    expect(await looking('Warmed:Stopped', { isKnown: false })).toBe('yes');
  });
});
