import { holds, same, show } from '../../check.ts';
import { type Fields, list, read, text } from '../../fields.ts';
import { expectAnswer, expectFailure } from '../answers.ts';
import type { ClusterCheck } from '../cluster.ts';
import { aBudget, aConfigMap, aNode, aPod, collectionOf } from '../objects.ts';

const source = 'Kubernetes API concepts, receiving resources as Tables';
const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

const columnsOf = (table: Fields) =>
  list(table, 'columnDefinitions').map(
    (column) => `${text(column, 'name')}${read(column, 'priority') === 0 ? '' : '*'}`,
  );

/** Columns by collection; a star marks those of `kubectl get -o wide`. */
const columns: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/nodes':
    'Name Status Roles Age Version Internal-IP* External-IP* OS-Image* Kernel-Version* Container-Runtime*'.split(' '),
  '/api/v1/pods': ['Name', 'Ready', 'Status', 'Restarts', 'Age', 'IP*', 'Node*', 'Nominated Node*', 'Readiness Gates*'],
  '/api/v1/namespaces': ['Name', 'Status', 'Age'],
  '/api/v1/configmaps': ['Name', 'Data', 'Age'],
  '/apis/apps/v1/deployments': 'Name Ready Up-to-date Available Age Containers* Images* Selector*'.split(' '),
  '/apis/apps/v1/replicasets': 'Name Desired Current Ready Age Containers* Images* Selector*'.split(' '),
  '/apis/apps/v1/daemonsets': [
    ...['Name', 'Desired', 'Current', 'Ready', 'Up-to-date', 'Available', 'Node Selector', 'Age'],
    ...['Containers*', 'Images*', 'Selector*'],
  ],
  '/apis/coordination.k8s.io/v1/leases': ['Name', 'Holder', 'Age'],
  '/apis/policy/v1/poddisruptionbudgets': ['Name', 'Min Available', 'Max Unavailable', 'Allowed Disruptions', 'Age'],
  '/apis/rbac.authorization.k8s.io/v1/clusterroles': ['Name', 'Created At'],
  '/apis/rbac.authorization.k8s.io/v1/rolebindings': ['Name', 'Role', 'Age', 'Users*', 'Groups*', 'ServiceAccounts*'],
};

/** What kubectl prints. */
export const tableChecks: readonly ClusterCheck[] = [
  ...Object.entries(columns).map(
    ([path, wanted]): ClusterCheck => ({
      name: `makes a table of ${path.split('/').at(-1)} with the columns that kubectl prints`,
      source,
      async run({ ask }) {
        const table = expectAnswer(await ask('GET', `${path}?limit=1`, undefined, asTable), 200, {
          ...{ kind: 'Table', apiVersion: 'meta.k8s.io/v1' },
        });
        holds(show(columnsOf(table)) === show(wanted), show(wanted), columnsOf(table));
        same(table, 'columnDefinitions.0.format', 'name');
      },
    }),
  ),
  {
    name: 'writes the state of nodes, pods and budgets into cells as kubectl shows it',
    source,
    async run(cluster) {
      const { ask, name } = cluster;
      await aNode(cluster);
      await aPod(cluster, name, name);
      await aBudget(cluster, { minAvailable: 3 });
      const cells = async (path: string) => list((await ask('GET', path, undefined, asTable)).body, 'rows.0.cells');
      const node = await cells(`/api/v1/nodes/${name}`);
      holds(show(node.slice(0, 3)) === show([name, 'Ready,SchedulingDisabled', '<none>']), 'a closed node', node);
      const pod = await cells(`${collectionOf(cluster, 'pods')}/${name}`);
      holds(show(pod.slice(0, 4)) === show([name, '0/1', 'Pending', '0']), 'a pod that waits', pod);
      const budget = await cells(`${collectionOf(cluster, 'poddisruptionbudgets')}/${name}`);
      holds(show(budget.slice(0, 4)) === show([name, '3', 'N/A', 0]), 'a budget that allows nothing', budget);
    },
  },
  {
    name: 'puts into the rows what includeObject asks for: metadata, the object or nothing',
    source,
    async run(cluster) {
      const { ask, create, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      await create(maps, aConfigMap(name));
      const row = async (query: string) => {
        const { body } = await ask('GET', `${maps}/${name}${query}`, undefined, asTable);
        return { object: null, ...(list(body, 'rows')[0] as Fields) } as Fields;
      };
      const plain = await row('');
      for (const [path, value] of Object.entries({ kind: 'PartialObjectMetadata', data: undefined })) {
        same(read(plain, 'object') as Fields, path, value);
      }
      same(await row('?includeObject=Object'), 'object.data', { a: '1' });
      same(await row('?includeObject=None'), 'object', null);
      const wrong = await ask('GET', `${maps}?includeObject=Some`, undefined, asTable);
      expectFailure(wrong, 400, { reason: 'BadRequest' });
    },
  },
  {
    name: 'sends the columns only with the first table of a watch',
    source,
    async run(cluster) {
      const { create, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      const aMap = (suffix: string) => aConfigMap(`${name}-${suffix}`, { metadata: { labels: { of: name } } });
      await create(maps, aMap('a'));
      const watch = await cluster.watch(`${maps}?watch=true&labelSelector=of%3D${name}`, asTable);
      const first = await watch.next();
      await create(maps, aMap('b'));
      const second = await watch.next();
      holds(list(first?.object, 'columnDefinitions').length === 3, 'three columns', first?.object);
      holds(list(second?.object, 'columnDefinitions').length === 0, 'no columns', second?.object);
      same(second?.object ?? {}, 'rows.0.cells.0', `${name}-b`);
    },
  },
  {
    name: 'refuses an encoding that it does not have with 406',
    source: 'Kubernetes API concepts, alternate representations of resources',
    async run({ ask }) {
      expectFailure(await ask('GET', '/api/v1/nodes?limit=1', undefined, { accept: 'text/html' }), 406, {
        reason: 'NotAcceptable',
      });
    },
  },
];
