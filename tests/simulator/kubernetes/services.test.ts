import { describe, expect, it } from 'vitest';
import { aCluster, aDeployment, addNode, aNamespace, minute } from './a-cluster.ts';
import { podsIn } from './workload-manifests.ts';

const aService = (name: string, spec: Readonly<Record<string, unknown>> = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' } },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
});
const path = '/api/v1/namespaces/default/services';

describe('services', () => {
  it('have an address of their own in the range of the cluster', async () => {
    const { call } = await aCluster();
    const addresses = [];
    for (const name of ['one', 'two']) {
      const { status, body } = await call('POST', path, aService(name));
      expect(status).toBe(201);
      addresses.push(body.spec.clusterIP);
    }
    const system = await call('GET', '/api/v1/namespaces/kube-system/services/kube-dns');

    expect(new Set(addresses).size).toBe(2);
    for (const address of addresses) expect(address).toMatch(/^172\.20\.\d+\.\d+$/);
    expect(system.body.spec.clusterIP).toBe('172.20.0.10');
  });

  it('are refused for an address that is taken, and as load balancers', async () => {
    const { call } = await aCluster();
    const taken = await call('POST', path, aService('one', { clusterIP: '172.20.0.10' }));
    const balancer = await call('POST', path, aService('two', { type: 'LoadBalancer' }));

    expect(taken).toMatchObject({ status: 422, body: { message: expect.stringContaining('already allocated') } });
    expect(balancer).toMatchObject({ status: 422, body: { message: expect.stringContaining('not simulated') } });
  });

  it('list the pods behind them, ready or terminating', async () => {
    const test = await aCluster();
    addNode(test);
    test.cluster.settleManifests([aDeployment('web', 2), aService('web')]);
    const slices = async () =>
      (await test.call('GET', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices')).body.items[0];
    const before = await slices();
    const [first] = await podsIn(test);
    await test.call('DELETE', `/api/v1/namespaces/default/pods/${first?.metadata.name}`);
    await test.pass(500);
    const during = await slices();

    expect(before.endpoints.map(({ conditions }: { conditions: unknown }) => conditions)).toEqual([
      { ready: true, serving: true, terminating: false },
      { ready: true, serving: true, terminating: false },
    ]);
    expect(before.ports).toEqual([{ name: '', protocol: 'TCP', port: 8080 }]);
    const leaving = during.endpoints.find(
      ({ targetRef }: { targetRef: { name: string } }) => targetRef.name === first?.metadata.name,
    );
    expect(leaving.conditions).toEqual({ ready: false, serving: true, terminating: true });
  });
});

it('every namespace has a ServiceAccount, again when it was deleted', async () => {
  const { call, pass } = await aCluster();
  await call('POST', '/api/v1/namespaces', aNamespace('shop'));
  await pass(minute);
  const account = '/api/v1/namespaces/shop/serviceaccounts/default';
  const { uid } = (await call('GET', account)).body.metadata;
  await call('DELETE', account);
  await pass(minute);

  expect((await call('GET', account)).body.metadata.uid).not.toBe(uid);
});
