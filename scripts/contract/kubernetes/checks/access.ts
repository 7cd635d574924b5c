import { holds, same } from '../../check.ts';
import { read } from '../../fields.ts';
import { expectAnswer, expectFailure } from '../answers.ts';
import type { Cluster, ClusterCheck } from '../cluster.ts';
import { aConfigMap, collectionOf, mergePatch } from '../objects.ts';

const source = 'Using RBAC authorization';
const group = 'rbac.authorization.k8s.io';

/** Gives somebody rights in the namespace of the checks. Answers who that is. */
async function grant(cluster: Cluster, rules: readonly unknown[]): Promise<string> {
  const { create, name } = cluster;
  await create(collectionOf(cluster, 'roles'), { metadata: { name }, rules });
  await create(collectionOf(cluster, 'rolebindings'), {
    metadata: { name },
    roleRef: { apiGroup: group, kind: 'Role', name },
    subjects: [{ apiGroup: group, kind: 'User', name }],
  });
  return name;
}

/** Rights reach all servers of a control plane within moments. */
const mayGet = (cluster: Cluster, path: string, as: string) =>
  cluster.until(
    'the rights are in force',
    async () => (await cluster.ask('GET', path, undefined, { as })).status !== 403,
  );

/** Who may do what. */
export const accessChecks: readonly ClusterCheck[] = [
  {
    name: 'answers a token that it did not give with 401',
    source: 'Authenticating',
    async run({ ask }) {
      const answer = await ask('GET', '/api/v1/nodes', undefined, { credentials: 'unknown-token' });
      expectFailure(answer, 401, { reason: 'Unauthorized', message: 'Unauthorized' });
    },
  },
  {
    name: 'lets nobody read objects without credentials',
    source: 'Authenticating',
    async run({ ask }) {
      const { status } = await ask('GET', '/api/v1/nodes', undefined, { credentials: 'none' });
      holds(status === 401 || status === 403, 'status 401 or 403', status);
    },
  },
  {
    name: 'refuses what no role allows with 403, and says who may not do what where',
    source,
    async run({ ask, name, namespace }) {
      const nodes = await ask('GET', '/api/v1/nodes', undefined, { as: name });
      expectFailure(nodes, 403, {
        reason: 'Forbidden',
        message: `nodes is forbidden: User "${name}" cannot list resource "nodes" in API group "" at the cluster scope`,
        details: { kind: 'nodes' },
      });
      const path = `/api/v1/namespaces/${namespace}/pods/a/eviction`;
      const eviction = await ask('POST', path, { metadata: { name: 'a' } }, { as: name });
      expectFailure(eviction, 403, {
        message: `pods "a" is forbidden: User "${name}" cannot create resource "pods/eviction" in API group "" in the namespace "${namespace}"`,
      });
    },
  },
  {
    name: 'allows exactly the verbs of a role, on its kinds, in its namespace',
    source,
    async run(cluster) {
      const { ask, create, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      await create(maps, aConfigMap(name));
      const as = await grant(cluster, [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]);
      await mayGet(cluster, `${maps}/${name}`, as);
      expectAnswer(await ask('GET', `${maps}/${name}`, undefined, { as }), 200);
      expectFailure(await ask('GET', maps, undefined, { as }), 403);
      expectFailure(await ask('GET', `${maps}?watch=true`, undefined, { as }), 403);
      expectFailure(await ask('PATCH', `${maps}/${name}`, {}, { ...mergePatch, as }), 403);
      expectFailure(await ask('DELETE', `${maps}/${name}`, undefined, { as }), 403);
      expectFailure(await ask('GET', `/api/v1/namespaces/kube-system/configmaps/${name}`, undefined, { as }), 403);
    },
  },
  {
    name: 'tells a right on a kind from one on what is beneath it',
    source,
    async run(cluster) {
      const { ask, name } = cluster;
      const pod = `${collectionOf(cluster, 'pods')}/${name}`;
      const as = await grant(cluster, [{ apiGroups: [''], resources: ['pods'], verbs: ['create', 'get', 'patch'] }]);
      await mayGet(cluster, pod, as);
      expectFailure(await ask('PATCH', `${pod}/status`, {}, { ...mergePatch, as }), 403);
      expectFailure(await ask('POST', `${pod}/eviction`, { metadata: { name } }, { as }), 403);
      expectFailure(await ask('PATCH', pod, {}, { ...mergePatch, as }), 404);
    },
  },
  {
    name: 'limits a rule with names to the objects of these names',
    source,
    async run(cluster) {
      const { ask, name } = cluster;
      const leases = collectionOf(cluster, 'leases');
      const rule = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: [name], verbs: ['get'] };
      const as = await grant(cluster, [rule]);
      await mayGet(cluster, `${leases}/${name}`, as);
      expectFailure(await ask('GET', `${leases}/${name}`, undefined, { as }), 404);
      expectFailure(await ask('GET', `${leases}/other`, undefined, { as }), 403);
      expectFailure(await ask('GET', leases, undefined, { as }), 403);
    },
  },
  {
    name: 'tells somebody whether he may do something, as kubectl auth can-i asks',
    source: 'API reference, SelfSubjectAccessReview',
    async run(cluster) {
      const { ask, namespace } = cluster;
      const as = await grant(cluster, [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]);
      await mayGet(cluster, collectionOf(cluster, 'pods'), as);
      for (const [verb, allowed] of [
        ['list', true],
        ['delete', false],
      ] as const) {
        const spec = { resourceAttributes: { namespace, verb, resource: 'pods' } };
        const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
        const body = expectAnswer(await ask('POST', path, { spec }, { as }), 201);
        same(body, 'status.allowed', allowed);
      }
    },
  },
  {
    name: 'tells somebody who he is',
    source: 'API reference, SelfSubjectReview',
    async run({ ask, name }) {
      const body = expectAnswer(
        await ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, { as: name }),
        201,
        { 'status.userInfo.username': name },
      );
      const groups = JSON.stringify(read(body, 'status.userInfo.groups'));
      holds(groups.includes('system:authenticated'), 'the group system:authenticated', groups);
    },
  },
];
