import type { V1PersistentVolume } from '@kubernetes/client-node';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  findDestination,
  findZonalVolumes,
  readDestinations,
  zonesOf,
} from '../../functions/adapters/zonal-volumes.ts';
import { strandedVolumes } from '../../functions/adapters/zone-destinations.ts';
import { aCluster, addNode, minute, type TestCluster } from '../simulator/kubernetes/a-cluster.ts';
import { anInstance, aRollingState, now } from '../support/builders.ts';
import { simulatedApi } from './simulated-api.ts';

type Expression = { readonly key: string; readonly operator: string; readonly values?: string[] };
const nodeAffinity = (...terms: Expression[][]) => ({
  required: { nodeSelectorTerms: terms.map((matchExpressions) => ({ matchExpressions })) },
});
const inZone = (zone: string) => [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] }];

const aVolume = (name: string, zone?: string) => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name } },
  spec: {
    ...{ capacity: { storage: '10Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'gp3' },
    csi: { driver: 'ebs.csi.aws.com', volumeHandle: `vol-${name}` },
    claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'default', name: `claim-${name}` },
    ...(zone !== undefined && { nodeAffinity: nodeAffinity(inZone(zone)) }),
  },
});
const aClaim = (volumeName: string) => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  metadata: { name: `claim-${volumeName}`, namespace: 'default' },
  spec: {
    ...{ accessModes: ['ReadWriteOnce'], storageClassName: 'gp3', resources: { requests: { storage: '10Gi' } } },
    volumeName,
  },
});
const aPod = (name: string, nodeName: string, claims: readonly string[], metadata: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', ...metadata } },
  spec: {
    nodeName,
    nodeSelector: { 'kubernetes.io/os': 'windows' },
    containers: [{ name: 'main', image: 'web:1' }],
    volumes: [
      { name: 'scratch', emptyDir: {} },
      ...claims.map((claimName, index) => ({ name: `data-${index}`, persistentVolumeClaim: { claimName } })),
    ],
  },
});

let cluster: TestCluster;
let nodeNames: string[];
beforeEach(async () => {
  cluster = await aCluster({
    cluster: { labelsOf: ({ availabilityZone }) => ({ 'topology.kubernetes.io/zone': availabilityZone }) },
  });
  nodeNames = [1, 2, 3].map(
    (number) =>
      addNode(cluster, number, { availabilityZone: number === 3 ? 'us-west-2b' : 'us-west-2a' }).privateDnsName,
  );
  await cluster.pass(minute);
});

const create = async (path: string, body: object) => {
  const reply = await cluster.call('POST', path, body);
  expect(reply).toMatchObject({ status: 201 });
};
const createVolume = async (name: string, zone?: string) => {
  await create('/api/v1/persistentvolumes', aVolume(name, zone));
  await create('/api/v1/namespaces/default/persistentvolumeclaims', aClaim(name));
};

describe('the zonal volumes of a node', () => {
  it('are those that its pods claim, with their zones and what the pods ask of a node', async () => {
    const [here = '', there = ''] = nodeNames;
    await createVolume('zonal', 'us-west-2a');
    await createVolume('anywhere');
    await createVolume('elsewhere', 'us-west-2b');
    const controller = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: 'u', controller: true };
    const pods = '/api/v1/namespaces/default/pods';
    await create(pods, aPod('db-0', here, ['claim-zonal', 'claim-anywhere', 'claim-missing']));
    await create(pods, aPod('other', there, ['claim-elsewhere']));
    await create(pods, aPod('agent-1', here, ['claim-zonal'], { ownerReferences: [controller] }));

    expect(await findZonalVolumes(simulatedApi(cluster), here)).toMatchObject([
      {
        ...{ pod: 'default/db-0', claim: 'claim-zonal', volume: 'zonal', zones: ['us-west-2a'] },
        nodeSelector: { 'kubernetes.io/os': 'windows' },
      },
    ]);
  });

  it.each([
    { case: 'a volume of anywhere', terms: undefined, zones: [] },
    { case: 'a volume of two zones', terms: [inZone('a'), inZone('b')], zones: ['a', 'b'] },
    {
      case: 'a volume of the EBS driver',
      terms: [[{ key: 'topology.ebs.csi.aws.com/zone', operator: 'In', values: ['a'] }]],
      zones: ['a'],
    },
    {
      case: 'a volume of one node',
      terms: [[{ key: 'kubernetes.io/hostname', operator: 'In', values: ['ip-10-0-1-23'] }]],
      zones: [],
    },
  ])('$case has the zones $zones', ({ terms, zones }) => {
    const volume: V1PersistentVolume = { spec: { ...(terms && { nodeAffinity: nodeAffinity(...terms) }) } };
    expect(zonesOf(volume)).toEqual(zones);
  });
});

describe('where pods can go', () => {
  it('are the named nodes, as far as they still are those of the instances', async () => {
    const [, second = '', third = ''] = nodeNames;
    const wanted = [
      { nodeName: second, instanceId: 'i-00000000000000002' },
      { nodeName: third, instanceId: 'i-0000000000000000f' },
      { nodeName: 'gone', instanceId: 'i-0000000000000000e' },
    ];
    await cluster.call(
      'PATCH',
      `/api/v1/nodes/${second}`,
      { spec: { unschedulable: true } },
      {
        contentType: 'application/merge-patch+json',
      },
    );
    expect(await readDestinations(simulatedApi(cluster), wanted)).toMatchObject([
      { nodeName: second, zone: 'us-west-2a', ready: true, schedulable: false },
    ]);
  });

  it('is any Windows node of the zones that is good enough, where one is', async () => {
    const api = simulatedApi(cluster);
    const notFirst = ({ nodeName }: { nodeName: string }) => nodeName !== nodeNames[0];
    expect(await findDestination(api, ['us-west-2a'], notFirst)).toMatchObject({ nodeName: nodeNames[1] });
    expect(await findDestination(api, ['us-west-2c', 'us-west-2b'], notFirst)).toMatchObject({
      nodeName: nodeNames[2],
    });
    expect(await findDestination(api, ['us-west-2c'], notFirst)).toBeUndefined();
  });
});

describe('a node with a zonal volume', () => {
  const ids = [1, 2, 3].map((number) => `i-0000000000000000${number}`);
  /** The group's instances by AMI, in the order of the nodes; the first one leaves. */
  const ask = async ({ run, amis }: { run?: string; amis: readonly string[] }) => {
    await createVolume('zonal', 'us-west-2a');
    await create('/api/v1/namespaces/default/pods', aPod('db-0', nodeNames[0] ?? '', ['claim-zonal']));
    const instances = amis.map((imageId, index) => ({
      ...anInstance({ instanceId: ids[index] ?? '', imageId }),
      nodeName: nodeNames[index] ?? '',
    }));
    const find = strandedVolumes({
      findState: async () => aRollingState(),
      listNamedInstances: async () => instances,
    });
    const input = {
      ...{ cluster: 'demo', nodeGroup: 'win2022', autoScalingGroupName: 'win2022', instanceId: ids[0] ?? '' },
      ...{ startedAt: now.toISOString(), drainDeadline: now.toISOString(), ceiling: now.toISOString() },
      ...{ drainTimeoutSeconds: 5400, onDrainTimeout: 'wait' as const, concurrentDrains: 1, ...(run && { run }) },
    };
    return find(simulatedApi(cluster), input, nodeNames[0] ?? '');
  };
  const stranded = { volumes: [{ volume: 'zonal' }] };

  it('may leave in a rollout when a new node of its group is in the zone', async () => {
    expect(await ask({ run: 'run-1', amis: ['ami-0old', 'ami-0new', 'ami-0old'] })).toBeUndefined();
  });

  it('waits in a rollout while new nodes are in other zones, and old ones in its own', async () => {
    expect(await ask({ run: 'run-1', amis: ['ami-0old', 'ami-0old', 'ami-0new'] })).toMatchObject({
      ...stranded,
      needed: 'a new node of its group',
    });
  });

  it('may leave without a run when any Windows node is in the zone, also one of another group', async () => {
    expect(await ask({ amis: ['ami-0old'] })).toBeUndefined();
  });

  it('waits without a run while it is the only one that can take the pod', async () => {
    const contentType = 'application/merge-patch+json';
    await cluster.call('PATCH', `/api/v1/nodes/${nodeNames[1]}`, { spec: { unschedulable: true } }, { contentType });
    expect(await ask({ amis: ['ami-0old', 'ami-0old'] })).toMatchObject({
      ...stranded,
      needed: 'another Windows node',
    });
  });
});
