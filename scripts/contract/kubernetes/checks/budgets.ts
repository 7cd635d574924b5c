import { Deviation, show } from '../../check.ts';
import { list, read, text } from '../../fields.ts';
import type { Cluster, ClusterCheck } from '../cluster.ts';
import { aBudget, aNode, aReplicaSet, collectionOf, setReady } from '../objects.ts';

type Row = {
  readonly spec: Readonly<Record<string, number | string>>;
  readonly pods: number;
  readonly ready: number;
  readonly desiredHealthy: number;
  readonly disruptionsAllowed: number;
};

/** Percentages are rounded up. */
const rows: readonly Row[] = [
  { spec: { minAvailable: 2 }, pods: 3, ready: 3, desiredHealthy: 2, disruptionsAllowed: 1 },
  { spec: { minAvailable: 2 }, pods: 3, ready: 1, desiredHealthy: 2, disruptionsAllowed: 0 },
  { spec: { minAvailable: '50%' }, pods: 3, ready: 3, desiredHealthy: 2, disruptionsAllowed: 1 },
  { spec: { minAvailable: '100%' }, pods: 2, ready: 2, desiredHealthy: 2, disruptionsAllowed: 0 },
  { spec: { maxUnavailable: 1 }, pods: 3, ready: 3, desiredHealthy: 2, disruptionsAllowed: 1 },
  { spec: { maxUnavailable: 1 }, pods: 3, ready: 2, desiredHealthy: 2, disruptionsAllowed: 0 },
  { spec: { maxUnavailable: '30%' }, pods: 3, ready: 3, desiredHealthy: 2, disruptionsAllowed: 1 },
  { spec: { maxUnavailable: 5 }, pods: 3, ready: 3, desiredHealthy: 0, disruptionsAllowed: 3 },
  { spec: { maxUnavailable: 0 }, pods: 2, ready: 2, desiredHealthy: 2, disruptionsAllowed: 0 },
];

/** A ReplicaSet's pods on a node of the check, of which so many are ready. */
async function replicas(cluster: Cluster, { pods: wanted, ready }: Row): Promise<void> {
  const { ask, create, name, undo } = cluster;
  const node = await aNode(cluster);
  const pods = collectionOf(cluster, 'pods');
  const selected = `${pods}?labelSelector=app%3D${name}`;
  const names = async () => list((await ask('GET', selected)).body, 'items').map((pod) => text(pod, 'metadata.name'));
  undo(async () => {
    for (const pod of await names()) await ask('DELETE', `${pods}/${pod}`, { gracePeriodSeconds: 0 });
  });
  await create(collectionOf(cluster, 'replicasets'), aReplicaSet(cluster, wanted));
  await cluster.until(`${wanted} pods are there`, async () => (await names()).length === wanted);
  for (const [index, pod] of (await names()).entries()) {
    await ask('POST', `${pods}/${pod}/binding`, {
      ...{ apiVersion: 'v1', kind: 'Binding', metadata: { name: pod } },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    });
    await setReady(cluster, pod, index < ready);
  }
}

const wordsOf = ({ spec, pods, ready }: Row) => {
  const [rule] = Object.entries(spec).map(([name, value]) => `${name} ${value}`);
  return `${rule} over ${pods} pods of which ${ready} are ready`;
};

/** The arithmetic of disruption budgets. */
export const budgetChecks: readonly ClusterCheck[] = rows.map((row) => ({
  name: `reckons ${wordsOf(row)}: ${row.desiredHealthy} must be healthy, ${row.disruptionsAllowed} may go`,
  source: 'Specifying a Disruption Budget for your Application',
  async run(cluster) {
    await replicas(cluster, row);
    await aBudget(cluster, row.spec);
    const path = `${collectionOf(cluster, 'poddisruptionbudgets')}/${cluster.name}`;
    const { desiredHealthy, disruptionsAllowed } = row;
    const wanted = { expectedPods: row.pods, currentHealthy: row.ready, desiredHealthy, disruptionsAllowed };
    let found = '';
    const isReckoned = async () => {
      const status = read((await cluster.ask('GET', path)).body, 'status');
      const numbers = Object.keys(wanted).map((name) => [name, read(status, name)]);
      found = show(Object.fromEntries(numbers));
      return found === show(wanted);
    };
    await cluster.until('the budget is reckoned', isReckoned).catch(() => {
      throw new Deviation(show(wanted), found);
    });
  },
}));
