import { describe, expect, it } from 'vitest';
import type { User } from '../../../simulator/kubernetes/authorizer.ts';
import { aCluster, addNode } from './a-cluster.ts';

const sessionName = 'arn:aws:sts::111122223333:assumed-role/patch-lambda/fn';
const policy = (name: string) => `arn:aws:eks::aws:cluster-access-policy/${name}`;
const withPolicy = (name: string, namespaces?: readonly string[]): User => ({
  ...{ username: name, groups: [] },
  policies: [{ policyArn: policy(name), ...(namespaces === undefined ? {} : { namespaces }) }],
});

const users: Readonly<Record<string, User>> = {
  nobody: { username: sessionName, groups: [], policies: [] },
  mover: { username: 'mover', groups: ['movers'], policies: [] },
  one: { username: 'one', groups: ['one-node'], policies: [] },
  clusterAdmin: withPolicy('AmazonEKSClusterAdminPolicy'),
  adminView: withPolicy('AmazonEKSAdminViewPolicy'),
  edit: withPolicy('AmazonEKSEditPolicy'),
  view: withPolicy('AmazonEKSViewPolicy'),
  shopView: withPolicy('AmazonEKSViewPolicy', ['shop']),
};

const roleAndBinding = (name: string, group: string, rules: unknown) => [
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules },
  {
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'Group', name: group, apiGroup: 'rbac.authorization.k8s.io' }],
  },
];

const aClusterWithUsers = async () => {
  const test = await aCluster({ users });
  addNode(test);
  const moverRules = [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
  ];
  const oneNode = [{ apiGroups: [''], resources: ['nodes'], resourceNames: ['a'], verbs: ['get', 'list'] }];
  const manifests = [...roleAndBinding('mover', 'movers', moverRules), ...roleAndBinding('one', 'one-node', oneNode)];
  for (const manifest of manifests) test.cluster.applyManifest(manifest);
  return test;
};

describe('who may ask', () => {
  it.each([
    { case: 'no token', token: '' },
    { case: 'a token of nobody', token: 'stranger' },
  ])('$case is answered 401 with the bare Status', async ({ token }) => {
    const { call } = await aCluster();
    const { status, body } = await call('GET', '/api/v1/nodes', undefined, { token });

    expect(status).toBe(401);
    expect(body).toEqual({
      ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
      ...{ message: 'Unauthorized', reason: 'Unauthorized', code: 401 },
    });
  });

  it('answers the health checks without a token, and nothing else', async () => {
    const { call } = await aCluster();

    expect(await call('GET', '/readyz', undefined, { token: '' })).toMatchObject({ status: 200, body: 'ok' });
    expect(await call('GET', '/version', undefined, { token: '' })).toMatchObject({ status: 401 });
  });

  it('gives every proved caller version and discovery', async () => {
    const { call } = await aCluster({ users });
    const as = { token: 'nobody' };

    expect((await call('GET', '/version', undefined, as)).body).toMatchObject({ major: '1', minor: '35' });
    expect((await call('GET', '/api', undefined, as)).body.versions).toEqual(['v1']);
    const core = (await call('GET', '/api/v1', undefined, as)).body.resources.map(({ name }: { name: string }) => name);
    expect(core).toEqual(expect.arrayContaining(['nodes', 'nodes/status', 'pods', 'pods/eviction']));
  });

  it('names user, verb, resource, group and scope in a 403', async () => {
    const { call } = await aCluster({ users });
    const { status, body } = await call('GET', '/api/v1/nodes', undefined, { token: 'nobody' });

    expect(status).toBe(403);
    expect(body).toEqual({
      ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
      message: `nodes is forbidden: User "${sessionName}" cannot list resource "nodes" in API group "" at the cluster scope`,
      ...{ reason: 'Forbidden', details: { kind: 'nodes' }, code: 403 },
    });
  });

  it('says the namespace and the subresource where there are some', async () => {
    const { call } = await aCluster({ users });
    const { body } = await call('POST', '/api/v1/namespaces/shop/pods/web/eviction', {}, { token: 'nobody' });

    expect(body.message).toBe(
      `pods "web" is forbidden: User "${sessionName}" cannot create resource "pods/eviction" in API group "" in the namespace "shop"`,
    );
  });

  it.each([
    { user: 'mover', method: 'GET', path: '/api/v1/nodes', allowed: true },
    { user: 'mover', method: 'GET', path: '/api/v1/nodes?watch=1&timeoutSeconds=1', allowed: true },
    { user: 'mover', method: 'PATCH', path: '/api/v1/nodes/a', allowed: true },
    { user: 'mover', method: 'PATCH', path: '/api/v1/nodes/a/status', allowed: false },
    { user: 'mover', method: 'DELETE', path: '/api/v1/nodes/a', allowed: false },
    { user: 'mover', method: 'GET', path: '/api/v1/pods', allowed: true },
    { user: 'mover', method: 'DELETE', path: '/api/v1/namespaces/default/pods/a', allowed: false },
    { user: 'mover', method: 'POST', path: '/api/v1/namespaces/default/pods/a/eviction', allowed: true },
    { user: 'one', method: 'GET', path: '/api/v1/nodes/a', allowed: true },
    { user: 'one', method: 'GET', path: '/api/v1/nodes/b', allowed: false },
    { user: 'one', method: 'GET', path: '/api/v1/nodes', allowed: false },
    { user: 'one', method: 'GET', path: '/api/v1/nodes?fieldSelector=metadata.name%3Da', allowed: true },
    { user: 'clusterAdmin', method: 'PATCH', path: '/api/v1/nodes/a', allowed: true },
    { user: 'clusterAdmin', method: 'POST', path: '/api/v1/namespaces/default/pods/a/eviction', allowed: true },
    { user: 'adminView', method: 'GET', path: '/api/v1/nodes', allowed: true },
    { user: 'adminView', method: 'PATCH', path: '/api/v1/nodes/a', allowed: false },
    { user: 'edit', method: 'DELETE', path: '/api/v1/namespaces/default/pods/a', allowed: true },
    { user: 'edit', method: 'POST', path: '/api/v1/namespaces/default/pods/a/eviction', allowed: false },
    { user: 'edit', method: 'GET', path: '/api/v1/nodes', allowed: false },
    { user: 'view', method: 'GET', path: '/apis/policy/v1/poddisruptionbudgets', allowed: true },
    { user: 'view', method: 'POST', path: '/api/v1/namespaces/default/pods', allowed: false },
    { user: 'shopView', method: 'GET', path: '/api/v1/namespaces/shop/pods', allowed: true },
    { user: 'shopView', method: 'GET', path: '/api/v1/namespaces/default/pods', allowed: false },
    { user: 'shopView', method: 'GET', path: '/api/v1/pods', allowed: false },
  ])('$user, $method $path: allowed is $allowed', async ({ user, method, path, allowed }) => {
    const { cluster, kernel } = await aClusterWithUsers();
    let status = 0;
    const headers = { authorization: `Bearer ${user}`, 'content-type': 'application/merge-patch+json' };
    void cluster.front({ method, path, headers, body: Buffer.from(method === 'GET' ? '' : '{}') }).then((reply) => {
      status = reply.status;
    });
    await kernel.clock.run(() => status !== 0);

    expect(status !== 403).toBe(allowed);
  });

  it('looks at roles and bindings as they are now', async () => {
    const { call } = await aClusterWithUsers();
    const list = () => call('GET', '/api/v1/nodes', undefined, { token: 'mover' });
    const before = await list();
    await call('DELETE', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/mover');

    expect([before.status, (await list()).status]).toEqual([200, 403]);
  });
});
