import { Deviation, holds, same, show } from '../../check.ts';
import { read, text } from '../../fields.ts';
import { versionOf } from '../answers.ts';
import type { Cluster, ClusterCheck, Watch } from '../cluster.ts';
import { aConfigMap, collectionOf, mergePatch } from '../objects.ts';

const source = 'Kubernetes API concepts, efficient detection of changes';

const watchMaps = (cluster: Cluster, query: Record<string, string>) => {
  const all = { watch: 'true', ...query };
  return cluster.watch(`${collectionOf(cluster, 'configmaps')}?${new URLSearchParams(all)}`);
};
const createMap = (cluster: Cluster, name: string, labels = {}) =>
  cluster.create(collectionOf(cluster, 'configmaps'), aConfigMap(name, { metadata: { labels } }));
const patchMap = (cluster: Cluster, name: string, patch: unknown) =>
  cluster.ask('PATCH', `${collectionOf(cluster, 'configmaps')}/${name}`, patch, mergePatch);

/** The next event must be of a type and, unless it is a bookmark, about an object. @throws {Deviation} */
async function expectEvent(watch: Watch, type: string, name?: string) {
  const event = await watch.next();
  const found = show(event && [event.type, text(event.object, 'metadata.name')]);
  if (event?.type !== type) throw new Deviation(`a ${type} event of ${String(name)}`, found);
  if (name !== undefined) holds(text(event.object, 'metadata.name') === name, `${type} of ${name}`, found);
  return event.object;
}

/** How changes are followed. */
export const watchChecks: readonly ClusterCheck[] = [
  {
    name: 'begins a watch with what exists and goes on with every change',
    source,
    async run(cluster) {
      const { ask, name } = cluster;
      await createMap(cluster, `${name}-a`, { of: name });
      const watch = await watchMaps(cluster, { labelSelector: `of=${name}` });
      await expectEvent(watch, 'ADDED', `${name}-a`);
      await createMap(cluster, `${name}-b`, { of: name });
      await expectEvent(watch, 'ADDED', `${name}-b`);
      await patchMap(cluster, `${name}-a`, { data: { a: '2' } });
      same(await expectEvent(watch, 'MODIFIED', `${name}-a`), 'data.a', '2');
      await ask('DELETE', `${collectionOf(cluster, 'configmaps')}/${name}-b`);
      await expectEvent(watch, 'DELETED', `${name}-b`);
    },
  },
  {
    name: 'begins a watch after a version that is named',
    source,
    async run(cluster) {
      const { name } = cluster;
      const first = await createMap(cluster, `${name}-a`, { of: name });
      await createMap(cluster, `${name}-b`, { of: name });
      const watch = await watchMaps(cluster, { labelSelector: `of=${name}`, resourceVersion: versionOf(first) });
      await expectEvent(watch, 'ADDED', `${name}-b`);
    },
  },
  {
    name: 'tells of objects that begin or cease to match a selector as added and deleted',
    source,
    async run(cluster) {
      const { name } = cluster;
      const { metadata } = await createMap(cluster, name);
      const query = { labelSelector: `on=${name}`, resourceVersion: versionOf({ metadata }) };
      const watch = await watchMaps(cluster, query);
      await patchMap(cluster, name, { metadata: { labels: { on: name } } });
      await expectEvent(watch, 'ADDED', name);
      await patchMap(cluster, name, { metadata: { labels: { on: null } } });
      await expectEvent(watch, 'DELETED', name);
    },
  },
  {
    name: 'marks the end of what existed with a bookmark when sendInitialEvents asks for it',
    source: 'Kubernetes API concepts, streaming lists',
    async run(cluster) {
      const { name } = cluster;
      await createMap(cluster, name, { of: name });
      const watch = await watchMaps(cluster, {
        ...{ labelSelector: `of=${name}`, sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' },
        allowWatchBookmarks: 'true',
      });
      await expectEvent(watch, 'ADDED', name);
      const bookmark = await expectEvent(watch, 'BOOKMARK');
      const annotations = read(bookmark, 'metadata.annotations') as Record<string, unknown> | undefined;
      holds(annotations?.['k8s.io/initial-events-end'] === 'true', 'the end of what existed', bookmark);
      holds(/^\d+$/.test(versionOf(bookmark)), 'a resourceVersion', bookmark);
    },
  },
  {
    name: 'ends a watch after timeoutSeconds',
    source: 'API reference, common parameters',
    async run(cluster) {
      const { name, now } = cluster;
      const began = now();
      const watch = await watchMaps(cluster, { labelSelector: `of=${name}`, timeoutSeconds: '2' });
      const event = await watch.next();
      const seconds = (now() - began) / 1000;
      holds(event === undefined && seconds >= 1.5 && seconds < 10, 'the end after 2 seconds', { event, seconds });
    },
  },
  {
    name: 'sends one ERROR event with 410 to a watch from a forgotten version, and ends it',
    source: 'Kubernetes API concepts, 410 Gone responses',
    needsMinutes: 15,
    async run(cluster) {
      const watch = await watchMaps(cluster, { resourceVersion: '1' });
      const status = await expectEvent(watch, 'ERROR');
      for (const [path, value] of Object.entries({ kind: 'Status', code: 410, reason: 'Expired' })) {
        same(status, path, value);
      }
      holds((await watch.next()) === undefined, 'the end', 'another event');
    },
  },
];
