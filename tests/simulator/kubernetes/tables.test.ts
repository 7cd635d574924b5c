import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../simulator/kubernetes/objects.ts';
import { ageOf } from '../../../simulator/kubernetes/tables/column.ts';
import { columnsOf } from '../../../simulator/kubernetes/tables/tables.ts';
import { aCluster, aConfigMap, addNode, minute, start } from './a-cluster.ts';

const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
const configMaps = '/api/v1/namespaces/default/configmaps';

const anObject = (kind: string, content: Record<string, unknown>): KubernetesObject => {
  const { metadata, ...rest } = content as { metadata?: Partial<KubernetesObject['metadata']> };
  const own = { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: new Date(start).toISOString() };
  return { apiVersion: 'v1', kind, metadata: { ...own, ...metadata }, ...rest };
};
const cellOf = (kind: string, column: string, content: Record<string, unknown>) =>
  columnsOf(kind)
    .find(({ name }) => name === column)
    ?.cell(anObject(kind, content), start + 5 * minute);

const running = { name: 'main', ready: true, restartCount: 0, state: { running: {} } };
const waiting = (reason: string) => ({ name: 'main', ready: false, restartCount: 0, state: { waiting: { reason } } });
const ended = (reason: string) => ({ name: 'main', ready: false, state: { terminated: { reason, exitCode: 0 } } });
const aPod = (phase: string, ...containerStatuses: unknown[]) => ({
  spec: { containers: [{ name: 'main' }] },
  status: { phase, containerStatuses },
});

describe('tables', () => {
  it('of a list carry its version, what remains, and one row for each object', async () => {
    const { call } = await aCluster();
    for (const name of ['a', 'b', 'c']) await call('POST', configMaps, aConfigMap(name));
    const { body, headers } = await call('GET', `${configMaps}?limit=2`, undefined, asTable);

    expect(headers['content-type']).toBe('application/json');
    expect(body).toMatchObject({ kind: 'Table', metadata: { continue: expect.any(String), remainingItemCount: 1 } });
    expect(body.rows.map(({ cells }: { cells: unknown[] }) => cells)).toEqual([
      ['a', 1, '0s'],
      ['b', 1, '0s'],
    ]);
    expect(body.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
  });

  it('show the state of a node, closed or not', async () => {
    const test = await aCluster();
    const { privateDnsName } = addNode(test);
    const cells = async () =>
      (await test.call('GET', `/api/v1/nodes/${privateDnsName}`, undefined, asTable)).body.rows[0].cells.slice(1, 5);
    const before = await cells();
    test.cluster.controlPlane.cordon(privateDnsName);

    expect(before).toEqual(['Ready', '<none>', '0s', 'v1.35.3-eks-0123456']);
    expect((await cells())[0]).toBe('Ready,SchedulingDisabled');
  });

  it('are not made of refusals', async () => {
    const { call } = await aCluster();

    expect((await call('GET', `${configMaps}/missing`, undefined, asTable)).body).toMatchObject({ kind: 'Status' });
  });

  it.each([
    { case: 'runs', pod: aPod('Running', running), status: 'Running' },
    { case: 'pulls its image', pod: aPod('Pending', waiting('ContainerCreating')), status: 'ContainerCreating' },
    { case: 'fails again and again', pod: aPod('Running', waiting('CrashLoopBackOff')), status: 'CrashLoopBackOff' },
    { case: 'has done its work', pod: aPod('Succeeded', ended('Completed')), status: 'Completed' },
    { case: 'was evicted by its kubelet', pod: { status: { phase: 'Failed', reason: 'Evicted' } }, status: 'Evicted' },
    {
      case: 'is being deleted',
      pod: { ...aPod('Running', running), metadata: { deletionTimestamp: 'now' } },
      status: 'Terminating',
    },
    {
      case: 'was on a lost node',
      pod: { status: { phase: 'Running', reason: 'NodeLost' }, metadata: { deletionTimestamp: 'now' } },
      status: 'Unknown',
    },
    {
      case: 'waits for a gate',
      pod: { status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }] } },
      status: 'SchedulingGated',
    },
  ])('say $status of a pod that $case', ({ pod, status }) => {
    expect(cellOf('Pod', 'Status', pod)).toBe(status);
  });

  it('count the containers that are ready, and tell when one was started again', () => {
    const again = {
      ...running,
      restartCount: 2,
      lastState: { terminated: { finishedAt: new Date(start).toISOString() } },
    };

    expect(cellOf('Pod', 'Ready', aPod('Running', running))).toBe('1/1');
    expect(cellOf('Pod', 'Ready', aPod('Pending', waiting('ContainerCreating')))).toBe('0/1');
    expect(cellOf('Pod', 'Restarts', aPod('Running', running))).toBe('0');
    expect(cellOf('Pod', 'Restarts', aPod('Running', again))).toBe('2 (5m ago)');
  });

  it.each([
    {
      kind: 'PodDisruptionBudget',
      column: 'Max Unavailable',
      object: { spec: { maxUnavailable: '30%' } },
      cell: '30%',
    },
    { kind: 'PodDisruptionBudget', column: 'Min Available', object: { spec: { maxUnavailable: 1 } }, cell: 'N/A' },
    {
      kind: 'Deployment',
      column: 'Ready',
      object: { spec: { replicas: 3 }, status: { readyReplicas: 2 } },
      cell: '2/3',
    },
    {
      kind: 'Service',
      column: 'Port(s)',
      object: { spec: { ports: [{ port: 80, nodePort: 31080 }] } },
      cell: '80:31080/TCP',
    },
    { kind: 'Service', column: 'External-IP', object: { spec: { type: 'LoadBalancer' } }, cell: '<pending>' },
    { kind: 'Lease', column: 'Holder', object: { spec: { holderIdentity: 'one' } }, cell: 'one' },
    {
      kind: 'PersistentVolumeClaim',
      column: 'Access Modes',
      object: { spec: { volumeName: 'v' }, status: { accessModes: ['ReadWriteOnce'] } },
      cell: 'RWO',
    },
    {
      kind: 'PersistentVolume',
      column: 'Claim',
      object: { spec: { claimRef: { namespace: 'shop', name: 'data' } } },
      cell: 'shop/data',
    },
    { kind: 'VolumeAttachment', column: 'PV', object: { spec: { source: { persistentVolumeName: 'v' } } }, cell: 'v' },
    { kind: 'Event', column: 'Object', object: { involvedObject: { kind: 'Pod', name: 'web' } }, cell: 'pod/web' },
    { kind: 'Job', column: 'Completions', object: { spec: { completions: 2 }, status: { succeeded: 1 } }, cell: '1/2' },
    {
      kind: 'ReplicaSet',
      column: 'Selector',
      object: { spec: { selector: { matchLabels: { app: 'web' } } } },
      cell: 'app=web',
    },
    { kind: 'ClusterRole', column: 'Created At', object: {}, cell: '2026-05-16T04:00:00.000Z' },
  ])('write $cell into $column of a $kind', ({ kind, column, object, cell }) => {
    expect(cellOf(kind, column, object)).toBe(cell);
  });

  it.each([
    { seconds: 5, age: '5s' },
    { seconds: 119, age: '119s' },
    { seconds: 125, age: '2m5s' },
    { seconds: 600, age: '10m' },
    { seconds: 4 * 3600 + 60, age: '4h1m' },
    { seconds: 30 * 3600, age: '30h' },
    { seconds: 3 * 86_400 + 7200, age: '3d2h' },
    { seconds: 400 * 86_400, age: '400d' },
    { seconds: 3 * 365 * 86_400 + 86_400, age: '3y1d' },
    { seconds: -10, age: '<invalid>' },
  ])('write an age of $seconds seconds as $age', ({ seconds, age }) => {
    expect(ageOf(new Date(start).toISOString(), start + seconds * 1000)).toBe(age);
  });
});
