import { holds, same, show } from '../../check.ts';
import { read, text } from '../../fields.ts';
import { expectAnswer, expectFailure, namesIn, versionOf } from '../answers.ts';
import type { Cluster, ClusterCheck } from '../cluster.ts';
import { aConfigMap, aNode, aPod, collectionOf } from '../objects.ts';

const paging = 'Kubernetes API concepts, retrieving large results sets in chunks';

const withMaps = async (cluster: Cluster, count: number): Promise<readonly string[]> => {
  const names = Array.from({ length: count }, (_, index) => `${cluster.name}-${index}`);
  for (const [index, name] of names.entries()) {
    const labels = { of: cluster.name, parity: index % 2 === 0 ? 'even' : 'odd' };
    await cluster.create(collectionOf(cluster, 'configmaps'), aConfigMap(name, { metadata: { labels } }));
  }
  return names;
};

const pageOf = (cluster: Cluster, query: Record<string, string>) =>
  cluster.ask('GET', `${collectionOf(cluster, 'configmaps')}?${new URLSearchParams(query)}`);

const sameNames = (found: readonly string[], wanted: readonly string[]) =>
  holds(show(found) === show(wanted), show(wanted), found);

/** How collections are read. */
export const listChecks: readonly ClusterCheck[] = [
  {
    name: 'lists objects in the order of their names, with the version of the list',
    source: 'Kubernetes API concepts, collections',
    async run(cluster) {
      const names = await withMaps(cluster, 3);
      const answer = await pageOf(cluster, { labelSelector: `of=${cluster.name}` });
      const body = expectAnswer(answer, 200, { kind: 'ConfigMapList', apiVersion: 'v1' });
      sameNames(namesIn(body), names);
      holds(/^\d+$/.test(versionOf(body)), 'a resourceVersion', versionOf(body));
    },
  },
  {
    name: 'selects by labels: equal, not equal, in, not in, there, not there',
    source: 'Labels and selectors',
    async run(cluster) {
      const [zero = '', one = '', two = ''] = await withMaps(cluster, 3);
      const selectors: Record<string, readonly string[]> = {
        'parity=even': [zero, two],
        'parity!=even': [one],
        'parity in (odd,even)': [zero, one, two],
        'parity notin (odd)': [zero, two],
        parity: [zero, one, two],
        '!parity': [],
      };
      for (const [selector, expected] of Object.entries(selectors)) {
        const { body } = await pageOf(cluster, { labelSelector: `of=${cluster.name},${selector}` });
        sameNames(namesIn(body), expected);
      }
    },
  },
  {
    name: 'selects pods by their node, and refuses fields that cannot be selected by',
    source: 'Field selectors',
    async run(cluster) {
      const { ask, name } = cluster;
      await aNode(cluster);
      const here = await aPod(cluster, `${name}-here`, name);
      await aPod(cluster, `${name}-nowhere`);
      const found = await ask('GET', `/api/v1/pods?fieldSelector=spec.nodeName%3D${name}`);
      sameNames(namesIn(expectAnswer(found, 200)), [here]);
      const pods = collectionOf(cluster, 'pods');
      expectFailure(await ask('GET', `${pods}?fieldSelector=spec.hostname%3Da`), 400, { reason: 'BadRequest' });
    },
  },
  {
    name: 'gives pages of one list, all in the state of the first, with what remains',
    source: paging,
    async run(cluster) {
      const names = await withMaps(cluster, 5);
      const all = await pageOf(cluster, {});
      const others = namesIn(all.body).filter((name) => !names.includes(name));
      const first = expectAnswer(await pageOf(cluster, { limit: '2' }), 200);
      same(first, 'metadata.remainingItemCount', names.length + others.length - 2);
      await cluster.ask('DELETE', `${collectionOf(cluster, 'configmaps')}/${names[4]}`);
      const rest = { continue: text(first, 'metadata.continue'), limit: '100' };
      const second = expectAnswer(await pageOf(cluster, rest), 200, { 'metadata.continue': undefined });
      sameNames([...namesIn(first), ...namesIn(second)].toSorted(), [...names, ...others].toSorted());
      same(second, 'metadata.resourceVersion', versionOf(first));
    },
  },
  {
    name: 'does not tell how many remain where a selector decides',
    source: paging,
    async run(cluster) {
      await withMaps(cluster, 3);
      const query = { limit: '1', labelSelector: `of=${cluster.name}` };
      const body = expectAnswer(await pageOf(cluster, query), 200, { 'metadata.remainingItemCount': undefined });
      holds(text(body, 'metadata.continue') !== '', 'a continue token', read(body, 'metadata'));
    },
  },
  {
    name: 'refuses a continue token that it did not give with 400',
    source: paging,
    async run(cluster) {
      expectFailure(await pageOf(cluster, { limit: '1', continue: 'bm9uZQ' }), 400, { reason: 'BadRequest' });
    },
  },
  {
    name: 'refuses a continue token of a forgotten version with 410 Expired',
    source: paging,
    needsMinutes: 15,
    async run(cluster) {
      const token = { v: 'meta.k8s.io/v1', rv: 1, start: 'a\u0000' };
      const old = Buffer.from(JSON.stringify(token)).toString('base64url');
      expectFailure(await pageOf(cluster, { limit: '1', continue: old }), 410, { reason: 'Expired' });
    },
  },
];
