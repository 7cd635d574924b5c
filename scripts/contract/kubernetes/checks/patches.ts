import { holds, same, show } from '../../check.ts';
import { type Fields, read } from '../../fields.ts';
import { expectAnswer, expectFailure } from '../answers.ts';
import type { Cluster, ClusterCheck } from '../cluster.ts';
import { aConfigMap, aNode, aReplicaSet, collectionOf, jsonPatch, mergePatch, strategicPatch } from '../objects.ts';

const strategic = 'Update API objects in place using kubectl patch, strategic merge patch';

const withReplicaSet = async (cluster: Cluster): Promise<string> => {
  const sets = collectionOf(cluster, 'replicasets');
  await cluster.create(sets, aReplicaSet(cluster, 0));
  return `${sets}/${cluster.name}`;
};
const templateWith = (spec: Fields) => ({ spec: { template: { spec } } });

/** In which ways objects are changed. */
export const patchChecks: readonly ClusterCheck[] = [
  {
    name: 'cordons a node by a strategic and by a merge patch, and leaves the rest of it',
    source: 'API reference, Node',
    async run(cluster) {
      const path = `/api/v1/nodes/${await aNode(cluster)}`;
      for (const [manner, unschedulable] of [
        [strategicPatch, false],
        [mergePatch, true],
      ] as const) {
        const body = expectAnswer(await cluster.ask('PATCH', path, { spec: { unschedulable } }, manner), 200);
        holds(
          (read(body, 'spec.unschedulable') ?? false) === unschedulable,
          `unschedulable ${unschedulable}`,
          body.spec,
        );
        const keys = JSON.stringify(read(body, 'spec.taints'));
        holds(keys.includes('"key":"contract"'), 'its taint as before', read(body, 'spec.taints'));
      }
    },
  },
  {
    name: 'replaces the taints of a node as a whole, so that a version must guard the change',
    source: 'API reference, Node',
    async run(cluster) {
      const path = `/api/v1/nodes/${await aNode(cluster)}`;
      const taint = { key: 'contract-other', effect: 'PreferNoSchedule' };
      const body = expectAnswer(await cluster.ask('PATCH', path, { spec: { taints: [taint] } }, strategicPatch), 200);
      holds(!JSON.stringify(body.spec).includes('"key":"contract"'), 'only the new taint', read(body, 'spec.taints'));
      const stale = { metadata: { resourceVersion: '1' }, spec: { taints: [] } };
      expectFailure(await cluster.ask('PATCH', path, stale, mergePatch), 409, { reason: 'Conflict' });
    },
  },
  {
    name: 'removes a label by null',
    source: 'RFC 7386',
    async run(cluster) {
      const { ask, create, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      await create(maps, aConfigMap(name, { metadata: { labels: { a: '1', b: '2' } } }));
      const patch = { metadata: { labels: { a: null, c: '3' } } };
      const body = expectAnswer(await ask('PATCH', `${maps}/${name}`, patch, mergePatch), 200);
      same(body, 'metadata.labels', { b: '2', c: '3' });
    },
  },
  {
    name: 'merges containers by name and replaces lists without a key in a strategic merge patch',
    source: strategic,
    async run(cluster) {
      const path = await withReplicaSet(cluster);
      const patch = templateWith({
        containers: [
          { name: 'main', args: ['a'] },
          { name: 'side', image: 'registry.k8s.io/pause:3.10' },
        ],
        tolerations: [{ key: 'only', operator: 'Exists' }],
      });
      const body = expectAnswer(await cluster.ask('PATCH', path, patch, strategicPatch), 200);
      const containers = read(body, 'spec.template.spec.containers') as readonly Fields[];
      const named = Object.fromEntries(containers.map((container) => [container.name, container]));
      same(named, 'main.args', ['a']);
      same(named, 'main.image', 'registry.k8s.io/pause:3.10');
      same(named, 'side.image', 'registry.k8s.io/pause:3.10');
      const tolerations = read(body, 'spec.template.spec.tolerations');
      same({ tolerations }, 'tolerations', [{ key: 'only', operator: 'Exists' }]);
    },
  },
  {
    name: 'deletes an element of a merged list by $patch, and orders the list by $setElementOrder',
    source: strategic,
    async run(cluster) {
      const path = await withReplicaSet(cluster);
      const image = 'registry.k8s.io/pause:3.10';
      const more = templateWith({ containers: ['b', 'c'].map((name) => ({ name, image })) });
      expectAnswer(await cluster.ask('PATCH', path, more, strategicPatch), 200);
      const patch = templateWith({
        '$setElementOrder/containers': [{ name: 'c' }, { name: 'main' }],
        containers: [{ name: 'b', $patch: 'delete' }],
      });
      const body = expectAnswer(await cluster.ask('PATCH', path, patch, strategicPatch), 200);
      const containers = read(body, 'spec.template.spec.containers') as readonly Fields[];
      const names = containers.map(({ name }) => name);
      holds(show(names) === show(['c', 'main']), '["c","main"]', names);
    },
  },
  {
    name: 'does all steps of a JSON patch or none',
    source: 'RFC 6902',
    async run(cluster) {
      const { ask, create, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      await create(maps, aConfigMap(name));
      const steps = [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'add', path: '/data/b~1c', value: '2' },
        { op: 'move', from: '/data/a', path: '/data/d' },
      ];
      const legal = steps.map((step) => ({ ...step, path: step.path.replace('~1', '.') }));
      expectAnswer(await ask('PATCH', `${maps}/${name}`, legal, jsonPatch), 200, { data: { 'b.c': '2', d: '1' } });
      const broken = [
        { op: 'add', path: '/data/e', value: '3' },
        { op: 'remove', path: '/data/missing' },
      ];
      expectFailure(await ask('PATCH', `${maps}/${name}`, broken, jsonPatch), 422, { reason: 'Invalid' });
      same((await ask('GET', `${maps}/${name}`)).body, 'data', { 'b.c': '2', d: '1' });
    },
  },
  {
    name: 'refuses a patch of an unknown format with 415',
    source: 'Kubernetes API concepts, HTTP PATCH media types',
    async run(cluster) {
      const { ask, create, name } = cluster;
      const maps = collectionOf(cluster, 'configmaps');
      await create(maps, aConfigMap(name));
      const answer = await ask('PATCH', `${maps}/${name}`, {}, { contentType: 'application/json' });
      expectFailure(answer, 415, { reason: 'UnsupportedMediaType', message: '415: Unsupported Media Type' });
    },
  },
  {
    name: 'refuses an object of an unknown format with 415 and names the formats',
    source: 'Kubernetes API concepts, alternate representations of resources',
    async run(cluster) {
      const body = aConfigMap(cluster.name);
      const answer = await cluster.ask('POST', collectionOf(cluster, 'configmaps'), body, {
        contentType: 'text/plain',
      });
      const { message } = expectFailure(answer, 415, { reason: 'UnsupportedMediaType' });
      const formats = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
      holds(String(message).includes(formats), formats, message);
    },
  },
];
