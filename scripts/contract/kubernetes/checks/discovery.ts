import { holds, show } from '../../check.ts';
import { list, read, text } from '../../fields.ts';
import { expectAnswer, expectFailure, rowsIn } from '../answers.ts';
import type { ClusterCheck } from '../cluster.ts';

const source = 'Kubernetes API concepts, API discovery';
const everyVerb = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** What an API server says that it has. */
export const discoveryChecks: readonly ClusterCheck[] = [
  {
    name: 'tells its version',
    source: 'API reference, /version',
    async run({ ask }) {
      const body = expectAnswer(await ask('GET', '/version'), 200, { major: '1' });
      holds(/^v1\.\d+\./.test(text(body, 'gitVersion')), 'gitVersion such as v1.35.3', read(body, 'gitVersion'));
    },
  },
  {
    name: 'is alive and ready',
    source: 'Kubernetes API health endpoints',
    async run({ ask }) {
      for (const path of ['/livez', '/readyz']) expectAnswer(await ask('GET', path), 200);
    },
  },
  {
    name: 'lists the groups of the kinds that a drain needs, each with its preferred version',
    source,
    async run({ ask }) {
      const body = expectAnswer(await ask('GET', '/apis'), 200, { kind: 'APIGroupList' });
      const found = list(body, 'groups').map((group) => text(group, 'preferredVersion.groupVersion'));
      const wanted = ['apps/v1', 'coordination.k8s.io/v1', 'policy/v1', 'rbac.authorization.k8s.io/v1'];
      holds(
        wanted.every((group) => found.includes(group)),
        wanted.join(', '),
        found,
      );
    },
  },
  {
    name: 'lists pods and nodes with every verb, and what is beneath them',
    source,
    async run({ ask }) {
      const rows = rowsIn(expectAnswer(await ask('GET', '/api/v1'), 200, { kind: 'APIResourceList' }));
      for (const name of ['nodes', 'pods']) {
        const verbs = list(
          rows.find((row) => row.name === name),
          'verbs',
        );
        holds(
          everyVerb.every((verb) => verbs.includes(verb)),
          `every verb of ${name}`,
          verbs,
        );
      }
      const eviction = rows.find(({ name }) => name === 'pods/eviction');
      const { group, version, kind } = { ...eviction };
      holds(show([group, version, kind]) === show(['policy', 'v1', 'Eviction']), 'policy/v1 Eviction', eviction);
      const wanted = ['nodes/status', 'pods/binding', 'pods/status'];
      const names = rows.map((row) => row.name);
      holds(
        wanted.every((name) => names.includes(name)),
        wanted.join(', '),
        names,
      );
    },
  },
  {
    name: 'says in its OpenAPI document that it checks the fields of patches, so that kubectl apply leaves that to it',
    source: 'Kubernetes API concepts, server-side field validation',
    async run({ ask }) {
      const roots = expectAnswer(await ask('GET', '/openapi/v3'), 200);
      const url = text(read(read(roots, 'paths'), 'apis/apps/v1'), 'serverRelativeURL');
      const document = expectAnswer(await ask('GET', url), 200);
      const path = '/apis/apps/v1/namespaces/{namespace}/deployments/{name}';
      const patch = read(read(read(document, 'paths') as object, path), 'patch');
      const parameters = [...list(patch, 'parameters'), ...list(read(read(document, 'paths'), path), 'parameters')];
      const names = parameters.map((parameter) => text(parameter, 'name') || text(parameter, '$ref'));
      holds(
        names.some((name) => name.startsWith('fieldValidation') || name.includes('fieldValidation')),
        'fieldValidation',
        names,
      );
    },
  },
  {
    name: 'answers 404 for a kind that it does not have and 405 for a verb that a kind does not have',
    source: 'Kubernetes API concepts',
    async run({ ask, namespace }) {
      expectAnswer(await ask('GET', '/api/v1/contractions'), 404);
      const binding = `/api/v1/namespaces/${namespace}/pods/a/binding`;
      expectFailure(await ask('GET', binding), 405, { reason: 'MethodNotAllowed' });
    },
  },
];
