import { same } from '../../check.ts';
import type { Fields } from '../../fields.ts';
import { expectAnswer, expectFailure } from '../answers.ts';
import type { Cluster, ClusterCheck } from '../cluster.ts';
import { collectionOf, mergePatch } from '../objects.ts';

const source = 'API reference, Lease';
const renewTime = '2026-05-16T04:12:00.000000Z';
const aLease = (name: string): Fields => ({
  metadata: { name },
  spec: { holderIdentity: 'one', leaseDurationSeconds: 300, renewTime },
});
const pathOf = (cluster: Cluster) => `${collectionOf(cluster, 'leases')}/${cluster.name}`;

/** Leases as locks. */
export const leaseChecks: readonly ClusterCheck[] = [
  {
    name: 'keeps holder and times of a lease in microseconds',
    source,
    async run(cluster) {
      const made = await cluster.create(collectionOf(cluster, 'leases'), aLease(cluster.name));
      same(made, 'spec', { holderIdentity: 'one', leaseDurationSeconds: 300, renewTime });
    },
  },
  {
    name: 'gives a lease to the first who creates it, and answers the second with 409',
    source,
    async run(cluster) {
      const leases = collectionOf(cluster, 'leases');
      await cluster.create(leases, aLease(cluster.name));
      const second = await cluster.ask('POST', leases, aLease(cluster.name));
      expectFailure(second, 409, { reason: 'AlreadyExists' });
    },
  },
  {
    name: 'lets one of two who take over the same version of a lease have it, and answers the other with 409',
    source,
    async run(cluster) {
      const made = await cluster.create(collectionOf(cluster, 'leases'), aLease(cluster.name));
      const takenBy = (holderIdentity: string) => ({ ...made, spec: { ...(made.spec as Fields), holderIdentity } });
      expectAnswer(await cluster.ask('PUT', pathOf(cluster), takenBy('two')), 200);
      expectFailure(await cluster.ask('PUT', pathOf(cluster), takenBy('three')), 409, { reason: 'Conflict' });
      same((await cluster.ask('GET', pathOf(cluster))).body, 'spec.holderIdentity', 'two');
    },
  },
  {
    name: 'deletes a lease only in the version that the caller has seen',
    source: 'API reference, DeleteOptions',
    async run(cluster) {
      const { resourceVersion } = (await cluster.create(collectionOf(cluster, 'leases'), aLease(cluster.name)))
        .metadata as Fields;
      await cluster.ask('PATCH', pathOf(cluster), { spec: { holderIdentity: 'two' } }, mergePatch);
      const stale = { preconditions: { resourceVersion } };
      expectFailure(await cluster.ask('DELETE', pathOf(cluster), stale), 409, { reason: 'Conflict' });
      expectAnswer(await cluster.ask('GET', pathOf(cluster)), 200);
    },
  },
];
