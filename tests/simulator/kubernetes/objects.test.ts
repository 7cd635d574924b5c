import { describe, expect, it } from 'vitest';
import { aCluster, aConfigMap, addNode, minute } from './a-cluster.ts';

const node = '/api/v1/nodes/ip-10-0-1-1.us-west-2.compute.internal';
const configMaps = '/api/v1/namespaces/default/configmaps';
const cordon = { spec: { unschedulable: true } };

const aClusterWithNode = async () => {
  const test = await aCluster();
  addNode(test);
  return test;
};

describe('objects', () => {
  it.each([
    { case: 'an unknown object', method: 'GET', path: '/api/v1/nodes/none', status: 404, reason: 'NotFound' },
    {
      case: 'a create in no namespace',
      method: 'POST',
      path: '/api/v1/configmaps',
      body: aConfigMap('a'),
      status: 400,
      reason: 'BadRequest',
    },
    {
      case: 'a create in a missing namespace',
      method: 'POST',
      path: '/api/v1/namespaces/none/configmaps',
      body: { metadata: { name: 'a' } },
      status: 404,
      reason: 'NotFound',
    },
    {
      case: 'another kind',
      method: 'POST',
      path: configMaps,
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } },
      status: 400,
      reason: 'BadRequest',
    },
    { case: 'broken JSON', method: 'POST', path: configMaps, body: '{', status: 400, reason: 'BadRequest' },
    {
      case: 'a bad name',
      method: 'POST',
      path: configMaps,
      body: { metadata: { name: 'A_b' } },
      status: 422,
      reason: 'Invalid',
    },
    { case: 'no name', method: 'POST', path: configMaps, body: { metadata: {} }, status: 422, reason: 'Invalid' },
    {
      case: 'a verb that the path has not',
      method: 'PUT',
      path: '/api/v1/nodes',
      body: {},
      status: 405,
      reason: 'MethodNotAllowed',
    },
    {
      case: 'a bad taint',
      method: 'PATCH',
      path: node,
      body: { spec: { taints: [{ key: 'a', effect: 'Never' }] } },
      status: 422,
      reason: 'Invalid',
    },
    {
      case: 'another providerID',
      method: 'PATCH',
      path: node,
      body: { spec: { providerID: 'aws:///x/i-2' } },
      status: 422,
      reason: 'Invalid',
    },
    {
      case: 'a pod without containers',
      method: 'POST',
      path: '/api/v1/namespaces/default/pods',
      body: { metadata: { name: 'a' }, spec: {} },
      status: 422,
      reason: 'Invalid',
    },
    {
      case: 'a label selector that is none',
      method: 'GET',
      path: '/api/v1/nodes?labelSelector=a%3D%3D%3Db',
      status: 400,
      reason: 'BadRequest',
    },
    {
      case: 'a field that nodes are not selected by',
      method: 'GET',
      path: '/api/v1/nodes?fieldSelector=spec.providerID%3Dx',
      status: 400,
      reason: 'BadRequest',
    },
  ])('$case is refused with $status $reason', async ({ method, path, body, status, reason }) => {
    const { call } = await aClusterWithNode();
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const reply = await call(method, path, body, { contentType });

    expect(reply).toMatchObject({ status, body: { kind: 'Status', status: 'Failure', reason, code: status } });
  });

  it('has the body of the real server for what is not found', async () => {
    const { call } = await aCluster();

    expect((await call('GET', '/api/v1/namespaces/default/pods/web-7c9f9d8b6-abcde')).body).toEqual({
      ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
      message: 'pods "web-7c9f9d8b6-abcde" not found',
      ...{ reason: 'NotFound', details: { name: 'web-7c9f9d8b6-abcde', kind: 'pods' }, code: 404 },
    });
  });

  it.each(['/apis/autoscaling/v2/horizontalpodautoscalers', '/openapi/v2', '/api/v1/nodes/a/proxy'])(
    '%s is answered as an unknown path, and the log says so',
    async (path) => {
      const { call, log } = await aCluster();
      const reply = await call('GET', path);

      expect(reply).toMatchObject({ status: 404, body: '404 page not found\n' });
      expect(log('refused')).toEqual([{ reason: expect.stringContaining(`GET ${path}`) }]);
    },
  );

  it.each(['/api/v1/replicationcontrollers', '/apis/batch/v1/cronjobs'])(
    '%s is answered as an unknown kind of a group that is served, and the log says so',
    async (path) => {
      const { call, log } = await aCluster();
      const { status, body } = await call('GET', path);

      expect(status).toBe(404);
      expect(body).toMatchObject({ kind: 'Status', message: 'the server could not find the requested resource' });
      expect(log('refused')).toEqual([{ reason: expect.stringContaining(`GET ${path}`) }]);
    },
  );

  it('counts versions upwards and keeps uid and creation time', async () => {
    const { call, pass } = await aCluster();
    const created = (await call('POST', configMaps, aConfigMap('a'))).body.metadata;
    await pass(minute);
    const changed = (await call('PUT', `${configMaps}/a`, { ...aConfigMap('a'), data: { a: '2' } })).body.metadata;

    expect(Number(changed.resourceVersion)).toBeGreaterThan(Number(created.resourceVersion));
    expect(changed).toMatchObject({ uid: created.uid, creationTimestamp: created.creationTimestamp });
    expect(created.creationTimestamp).toBe('2026-05-16T04:00:00Z');
  });

  it('makes no new version of a change that changes nothing', async () => {
    const { call } = await aClusterWithNode();
    const merge = { contentType: 'application/merge-patch+json' };
    const first = (await call('PATCH', node, cordon, merge)).body.metadata.resourceVersion;
    const settled = (await call('GET', node)).body.metadata.resourceVersion;
    const again = (await call('PATCH', node, cordon, merge)).body.metadata.resourceVersion;

    expect(Number(settled)).toBeGreaterThanOrEqual(Number(first));
    expect(again).toBe(settled);
  });

  it('refuses to create what exists', async () => {
    const { call } = await aCluster();
    await call('POST', configMaps, aConfigMap('a'));

    expect(await call('POST', configMaps, aConfigMap('a'))).toMatchObject({
      status: 409,
      body: {
        reason: 'AlreadyExists',
        message: 'configmaps "a" already exists',
        details: { name: 'a', kind: 'configmaps' },
      },
    });
  });

  it('refuses to replace a state that the caller has not seen', async () => {
    const { call } = await aCluster();
    const { body: seen } = await call('POST', configMaps, aConfigMap('a'));
    const first = await call('PUT', `${configMaps}/a`, { ...seen, data: { a: '2' } });
    const second = await call('PUT', `${configMaps}/a`, { ...seen, data: { a: '3' } });

    expect(first.status).toBe(200);
    expect(second).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    expect((await call('GET', `${configMaps}/a`)).body.data).toEqual({ a: '2' });
  });

  it('changes nothing in a dry run', async () => {
    const { call } = await aCluster();

    expect((await call('POST', `${configMaps}?dryRun=All`, aConfigMap('a'))).status).toBe(201);
    expect((await call('GET', `${configMaps}/a`)).status).toBe(404);
  });

  it('keeps an object until its last finalizer is gone', async () => {
    const { call } = await aCluster();
    const held = aConfigMap('a');
    await call('POST', configMaps, { ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } });
    const deleted = await call('DELETE', `${configMaps}/a`);
    const still = await call('GET', `${configMaps}/a`);
    await call(
      'PATCH',
      `${configMaps}/a`,
      { metadata: { finalizers: null } },
      { contentType: 'application/merge-patch+json' },
    );

    expect(deleted.body.metadata.deletionTimestamp).toBeDefined();
    expect([still.status, (await call('GET', `${configMaps}/a`)).status]).toEqual([200, 404]);
  });

  it('changes the status only through its subresource, and nothing else through it', async () => {
    const { call } = await aClusterWithNode();
    const merge = { contentType: 'application/merge-patch+json' };
    const patch = { spec: { unschedulable: true }, status: { phase: 'Odd' } };
    await call('PATCH', `${node}/status`, patch, merge);
    const throughStatus = (await call('GET', node)).body;
    await call('PATCH', node, { ...patch, status: { phase: 'Even' } }, merge);
    const throughNode = (await call('GET', node)).body;

    expect([throughStatus.spec.unschedulable, throughStatus.status.phase]).toEqual([undefined, 'Odd']);
    expect([throughNode.spec.unschedulable, throughNode.status.phase]).toEqual([true, 'Odd']);
  });

  it('takes the fault of a scenario for the very call', async () => {
    const error = { kind: 'error', code: 'InternalError', message: 'etcdserver: leader changed', status: 500 } as const;
    const { call } = await aCluster({
      faults: [{ at: 'call', operation: 'Kubernetes.list nodes', nth: 2, effect: error }],
    });
    const list = async () => (await call('GET', '/api/v1/nodes')).status;

    expect([await list(), await list(), await list()]).toEqual([200, 500, 200]);
  });

  it('does the work of a call whose reply is lost', async () => {
    const { call } = await aCluster({
      faults: [{ at: 'call', operation: 'Kubernetes.create configmaps', nth: 1, effect: { kind: 'lost' } }],
    });

    await expect(call('POST', configMaps, aConfigMap('a'))).rejects.toThrow('closed');
    expect((await call('GET', `${configMaps}/a`)).status).toBe(200);
  });

  it('logs every call with its verb, resource and status', async () => {
    const { call, log } = await aCluster();
    await call('GET', '/api/v1/nodes/none');

    expect(log('call.kubernetes')).toEqual([{ operation: 'get nodes', cluster: 'demo', status: 404 }]);
  });
});
