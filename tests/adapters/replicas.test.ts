import { beforeEach, describe, expect, it } from 'vitest';
import { followControllers } from '../../functions/adapters/replicas.ts';
import { aCluster, aDeployment, addNode, minute, type TestCluster } from '../simulator/kubernetes/a-cluster.ts';
import { simulatedApi } from './simulated-api.ts';

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await aCluster();
  for (const number of [1, 2]) addNode(cluster, number);
  cluster.cluster.applyManifest(aDeployment('web', 2));
  await cluster.pass(2 * minute);
});

const replicaSet = async () => {
  const { body } = await cluster.call('GET', '/apis/apps/v1/namespaces/default/replicasets');
  return { kind: 'ReplicaSet', namespace: 'default', name: body.items[0].metadata.name as string };
};
const follow = async (...controllers: Parameters<typeof followControllers>[1]) =>
  followControllers(simulatedApi(cluster), controllers);

describe('the controllers of evicted pods', () => {
  it('are told by their deployment, once, with what it wants and has Ready', async () => {
    const set = await replicaSet();
    const web = { kind: 'Deployment', namespace: 'default', name: 'web' };
    const whole = { wanted: 2, ready: 2, isCurrent: true };
    expect(await follow(set, set, web)).toEqual([{ ...web, replicas: whole }]);
  });

  it('lack a replica from the moment a pod begins to end until another one is Ready', async () => {
    const set = await replicaSet();
    const { body } = await cluster.call('GET', '/api/v1/namespaces/default/pods');
    await cluster.call('DELETE', `/api/v1/namespaces/default/pods/${body.items[0].metadata.name}`);
    await cluster.pass(2000);
    expect(await follow(set)).toMatchObject([{ replicas: { wanted: 2, ready: 1 } }]);
    await cluster.pass(2 * minute);
    expect(await follow(set)).toMatchObject([{ replicas: { wanted: 2, ready: 2 } }]);
  });

  it('are gone when somebody deleted them', async () => {
    const gone = { kind: 'StatefulSet', namespace: 'default', name: 'db' };
    expect(await follow(gone)).toEqual([{ ...gone, replicas: 'gone' }]);
  });

  it.each(['Job', 'ReplicationController', 'CloneSet', 'toString'])('of kind %s are not watched', async (kind) => {
    const other = { kind, namespace: 'default', name: 'batch' };
    expect(await follow(other)).toEqual([{ ...other, replicas: 'not-watched' }]);
  });
});
