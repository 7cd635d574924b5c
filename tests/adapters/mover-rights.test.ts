import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ApiServer } from '../../functions/adapters/api-server.ts';
import { changeAllTaints } from '../../functions/adapters/node-taints.ts';
import { followControllers } from '../../functions/adapters/replicas.ts';
import { renewTurn, returnTurn, takeTurn, watchTurns } from '../../functions/adapters/turns.ts';
import { findDestination, findZonalVolumes, readDestinations } from '../../functions/adapters/zonal-volumes.ts';
import { withOutdatedTaint } from '../../functions/domain/outdated-taint.ts';
import { aCluster, addNode, minute, type TestCluster } from '../simulator/kubernetes/a-cluster.ts';
import { now } from '../support/builders.ts';
import { simulatedApi } from './simulated-api.ts';

const manifest = readFileSync(new URL('../../infrastructure/kubernetes/mover.yml', import.meta.url), 'utf8');
const mover = { username: 'mover', groups: ['reglaze-mover', 'system:authenticated'], policies: [] };
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

let cluster: TestCluster;
let api: ApiServer;
let node: { instanceId: string; nodeName: string };
beforeEach(async () => {
  cluster = await aCluster({ users: { mover } });
  const { instanceId, privateDnsName: nodeName } = addNode(cluster);
  node = { instanceId, nodeName };
  await cluster.pass(minute);
  for (const document of parseAllDocuments(manifest)) cluster.cluster.applyManifest(document.toJS());
  api = simulatedApi(cluster, { token: 'mover' });
});

const request = { nodeGroup: 'win2022', slots: 1, holder: 'i-0a', waitingSince: now };
const uses: Readonly<Record<string, () => Promise<unknown>>> = {
  'take, renew and give back turns, and wait for them': async () => {
    const turn = await takeTurn(api, request, now);
    const slot = turn.turn === 'taken' ? turn.slot : '';
    expect(await renewTurn(api, slot, 'i-0a', later(100))).toBe('renewed');
    const other = await takeTurn(api, { ...request, holder: 'i-0b' }, now);
    if (other.turn !== 'waiting') throw new Error('There are two turns.');
    await watchTurns(api, request, other.seen, { seconds: 5, now: () => now });
    await returnTurn(api, request);
  },
  'put the taint on a node': async () => {
    expect(await changeAllTaints(api, [node], withOutdatedTaint)).toBe(1);
  },
  'read the volumes of a node and find another one for them': async () => {
    await findZonalVolumes(api, node.nodeName);
    await api.get('/api/v1/namespaces/default/persistentvolumeclaims/data');
    await api.get('/api/v1/persistentvolumes/pv-1');
    expect(await readDestinations(api, [node])).toHaveLength(1);
    await findDestination(api, ['us-west-2a'], () => true);
  },
  'follow controllers': async () => {
    const kinds = ['Deployment', 'ReplicaSet', 'StatefulSet'];
    await followControllers(
      api,
      kinds.map((kind) => ({ kind, namespace: 'default', name: 'web' })),
    );
  },
};

describe('the mover role in a cluster', () => {
  it.each(Object.entries(uses))('may %s', async (_, use) => {
    await expect(use()).resolves.not.toThrow();
  });

  it('may neither make nor delete nodes, nor touch the Leases of others', async () => {
    const refused = [
      api.send({ method: 'DELETE', path: `/api/v1/nodes/${node.nodeName}` }),
      api.send({
        method: 'POST',
        path: '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases',
        body: { metadata: { name: 'a' }, spec: {} },
      }),
    ];
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([403, 403]);
  });
});
