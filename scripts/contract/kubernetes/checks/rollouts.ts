import { holds, same, show } from '../../check.ts';
import { type Fields, list, read } from '../../fields.ts';
import { expectAnswer } from '../answers.ts';
import type { Cluster, ClusterCheck } from '../cluster.ts';
import { aReplicaSet, collectionOf, mergePatch, strategicPatch } from '../objects.ts';

const source = 'Deployments, rolling update deployment';
const revision = 'deployment.kubernetes.io/revision';

/** Revision and size of the ReplicaSets of the check, the oldest first. */
async function sizesOf(cluster: Cluster): Promise<string> {
  const selector = `labelSelector=app%3D${cluster.name}`;
  const { body } = await cluster.ask('GET', `${collectionOf(cluster, 'replicasets')}?${selector}`);
  const rows = list(body, 'items').map((set) => {
    const annotations = read(set, 'metadata.annotations') as Readonly<Record<string, string>> | undefined;
    return [Number(annotations?.[revision]), Number(read(set, 'spec.replicas'))] as const;
  });
  return show(rows.toSorted(([a], [b]) => a - b));
}

async function withDeployment(cluster: Cluster, spec: Fields): Promise<string> {
  const deployments = collectionOf(cluster, 'replicasets').replace('replicasets', 'deployments');
  const { metadata, spec: usual } = aReplicaSet(cluster, 4) as { readonly metadata: Fields; readonly spec: Fields };
  await cluster.create(deployments, { metadata, spec: { ...usual, ...spec } });
  await cluster.until('a ReplicaSet of four', async () => (await sizesOf(cluster)) === '[[1,4]]');
  return `${deployments}/${cluster.name}`;
}

async function hasSeen({ ask }: Cluster, path: string, generation: number): Promise<boolean> {
  return Number(read((await ask('GET', path)).body, 'status.observedGeneration')) >= generation;
}

const another = { spec: { template: { metadata: { annotations: { changed: 'yes' } } } } };

/** The sizes of the ReplicaSets after a change of the template whose pods, old and new, never run. */
const rollsTo = (what: string, strategy: Fields, sizes: string): ClusterCheck => ({
  name: `rolls a Deployment of 4 pods that never run over with ${what}`,
  source,
  async run(cluster) {
    const path = await withDeployment(cluster, { strategy });
    expectAnswer(await cluster.ask('PATCH', path, another, mergePatch), 200);
    await cluster.until(`ReplicaSets ${sizes}`, async () => (await sizesOf(cluster)) === sizes);
    const updated = Number(sizes.match(/(\d)\]\]$/)?.[1]);
    await cluster.until(`${updated} updated replicas of revision 2`, async () => {
      const { body } = await cluster.ask('GET', path);
      const annotations = read(body, 'metadata.annotations') as Fields;
      return annotations[revision] === '2' && read(body, 'status.updatedReplicas') === updated;
    });
  },
});

/** How a Deployment gets other pods. */
export const rolloutChecks: readonly ClusterCheck[] = [
  // One more and one less than four may be there, so one old pod goes and two new ones come.
  rollsTo('the usual quarter', {}, '[[1,3],[2,2]]'),
  rollsTo('one at a time', { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, '[[1,4],[2,1]]'),
  rollsTo('all at once', { type: 'Recreate' }, '[[1,0],[2,4]]'),
  {
    name: 'rolls by a quarter, keeps ten old ReplicaSets and labels them as their pods, unless a Deployment says otherwise',
    source,
    async run(cluster) {
      const path = await withDeployment(cluster, {});
      const { body } = await cluster.ask('GET', path);
      const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%' };
      for (const [name, value] of Object.entries(rollingUpdate))
        same(body, `spec.strategy.rollingUpdate.${name}`, value);
      same(body, 'spec.strategy.type', 'RollingUpdate');
      same(body, 'spec.revisionHistoryLimit', 10);
      // `kubectl rollout history` finds ReplicaSets by these labels.
      const sets = await cluster.ask(
        'GET',
        `${collectionOf(cluster, 'replicasets')}?labelSelector=app%3D${cluster.name}`,
      );
      same(sets.body, 'items.0.spec.template.metadata.labels.app', cluster.name);
    },
  },
  {
    name: 'takes a template for the same that only has empty members more, as kubectl rollout undo sends it',
    source,
    async run(cluster) {
      const path = await withDeployment(cluster, {});
      const containers = [{ name: 'main', resources: {} }];
      const patch = { spec: { minReadySeconds: 1, template: { spec: { containers } } } };
      expectAnswer(await cluster.ask('PATCH', path, patch, strategicPatch), 200);
      await cluster.until('the change has been seen', () => hasSeen(cluster, path, 2));
      const sizes = await sizesOf(cluster);
      holds(sizes === '[[1,4]]', 'one ReplicaSet of four', sizes);
    },
  },
  {
    name: 'changes no ReplicaSet of a Deployment that is paused',
    source,
    async run(cluster) {
      const path = await withDeployment(cluster, {});
      expectAnswer(await cluster.ask('PATCH', path, { spec: { ...another.spec, paused: true } }, mergePatch), 200);
      await cluster.until('the change has been seen', () => hasSeen(cluster, path, 2));
      const sizes = await sizesOf(cluster);
      holds(sizes === '[[1,4]]', 'one ReplicaSet of four', sizes);
    },
  },
];
