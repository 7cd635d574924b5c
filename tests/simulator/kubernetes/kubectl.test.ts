import { describe, expect, it } from 'vitest';
import { applyStrategicMergePatch } from '../../../simulator/kubernetes/strategic-merge-patch.ts';
import { aCluster, aDeployment, type TestCluster } from './a-cluster.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const jane = { username: 'jane', groups: [], policies: [] };
const named = (names: string) => names.split(' ').map((name) => ({ name }));

describe('what kubectl needs', () => {
  it('is a scale beneath workloads, which changes the replicas and nothing else', async () => {
    const { call } = await aCluster();
    const made = (await call('POST', deployments, aDeployment('web', 2))).body;
    const patch = { spec: { replicas: 5 } };
    const contentType = 'application/merge-patch+json';
    const { body } = await call('PATCH', `${deployments}/web/scale`, patch, { contentType });

    expect(body).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 5 } });
    expect(body.status.selector).toBe('app=web');
    const after = (await call('GET', `${deployments}/web`)).body;
    expect(after.spec).toEqual({ ...made.spec, replicas: 5 });
  });

  it('is a scale that is written only in the version that was read', async () => {
    const { call } = await aCluster();
    await call('POST', deployments, aDeployment('web', 2));
    const scale = (await call('GET', `${deployments}/web/scale`)).body;
    const asked = { ...scale, spec: { replicas: 3 } };

    expect((await call('PUT', `${deployments}/web/scale`, asked)).status).toBe(200);
    expect((await call('PUT', `${deployments}/web/scale`, asked)).status).toBe(409);
  });

  it('is an OpenAPI document of every group, whose references all lead somewhere', async () => {
    const { call } = await aCluster();
    const { paths } = (await call('GET', '/openapi/v3')).body;
    for (const { serverRelativeURL } of Object.values(paths) as { serverRelativeURL: string }[]) {
      const { body } = await call('GET', serverRelativeURL);
      const references = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, to]) => to);
      expect(Object.keys(body.components.schemas)).toEqual(expect.arrayContaining([...new Set(references)]));
    }
  });

  it('is told which keys lists are merged by, so that apply makes the patch that the server reads', async () => {
    const { call } = await aCluster();
    const { schemas } = (await call('GET', '/openapi/v3/api/v1')).body.components;

    expect(schemas['io.k8s.api.core.v1.PodSpec'].properties.containers).toMatchObject({
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    });
  });
});

describe('strategic merge patches', () => {
  it.each([
    { case: 'the patch has them all', have: 'a b c', order: 'c a b', expected: 'c a b' },
    { case: 'the server has one more in front', have: 'x a b', order: 'b a', expected: 'x b a' },
    { case: 'the server has one more behind', have: 'a b x', order: 'b a', expected: 'b a x' },
  ])('put containers in order where $case', ({ have, order, expected }) => {
    const target = { containers: named(have) };
    const patch = { '$setElementOrder/containers': named(order) };

    expect(applyStrategicMergePatch(target, patch, 'core.v1.PodSpec')).toEqual({ containers: named(expected) });
  });

  it.each([
    { type: 'core.v1.ServiceSpec', key: 'port' },
    { type: 'core.v1.Container', key: 'containerPort' },
  ])('merge the ports of a $type by $key', ({ type, key }) => {
    const patch = { ports: [{ [key]: 80, name: 'web' }] };
    const patched = applyStrategicMergePatch({ ports: [{ [key]: 80, protocol: 'TCP' }, { [key]: 81 }] }, patch, type);

    expect(patched).toEqual({ ports: [{ [key]: 80, protocol: 'TCP', name: 'web' }, { [key]: 81 }] });
  });
});

describe('impersonation', () => {
  const ask = async ({ cluster, kernel }: TestCluster, token: string, headers: Record<string, string>) => {
    let isOver = false;
    const asked = cluster
      .front({
        ...{ method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', body: Buffer.from('{}') },
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      })
      .finally(() => {
        isOver = true;
      });
    await kernel.clock.run(() => isOver);
    const { status, body } = await asked;
    return { status, body: JSON.parse((body as Buffer).toString()) };
  };

  it.each([
    { case: 'a user', headers: { 'impersonate-user': 'ann' }, username: 'ann', groups: ['system:authenticated'] },
    {
      case: 'a user in groups',
      headers: { 'impersonate-user': 'ann', 'impersonate-group': 'ops, dev' },
      username: 'ann',
      groups: ['ops', 'dev', 'system:authenticated'],
    },
    {
      case: 'a service account',
      headers: { 'impersonate-user': 'system:serviceaccount:shop:web' },
      username: 'system:serviceaccount:shop:web',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    },
  ])('makes an administrator $case', async ({ headers, username, groups }) => {
    const { status, body } = await ask(await aCluster(), 'admin', headers as Record<string, string>);

    expect([status, body.status.userInfo]).toEqual([201, { username, groups }]);
  });

  it('is refused to who has not the right to it', async () => {
    const { status, body } = await ask(await aCluster({ users: { jane } }), 'jane', { 'impersonate-user': 'admin' });

    expect([status, body.message]).toEqual([
      403,
      'users "admin" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
    ]);
  });

  it.each([
    { case: 'groups of nobody', headers: { 'impersonate-group': 'system:masters' }, expected: 500 },
    { case: 'a uid', headers: { 'impersonate-user': 'ann', 'impersonate-uid': '1' }, expected: 501 },
  ])('is refused for $case with $expected', async ({ headers, expected }) => {
    expect((await ask(await aCluster(), 'admin', headers as Record<string, string>)).status).toBe(expected);
  });
});

describe('reviews of oneself', () => {
  it.each([
    { case: 'a right on a kind', resourceAttributes: { verb: 'list', resource: 'pods' }, allowed: false },
    {
      case: 'the review itself',
      resourceAttributes: { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews' },
      allowed: true,
    },
  ])('answer about $case', async ({ resourceAttributes, allowed }) => {
    const { call } = await aCluster({ users: { jane } });
    const { body } = await call('POST', reviews, { spec: { resourceAttributes } }, { token: 'jane' });

    expect(body.status).toEqual({ allowed });
  });

  it('ask about exactly one request', async () => {
    const { call } = await aCluster();

    expect((await call('POST', reviews, { spec: {} })).status).toBe(422);
  });

  it('are stored nowhere', async () => {
    const { call } = await aCluster();

    expect((await call('GET', reviews)).status).toBe(405);
  });
});
