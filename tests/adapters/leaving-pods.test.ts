import { beforeEach, describe, expect, it } from 'vitest';
import {
  deletePod,
  evictPod,
  listAttachments,
  listLeavingPods,
  translatePod,
} from '../../functions/adapters/leaving-pods.ts';
import { ClusterAccessDenied } from '../../functions/domain/errors.ts';
import type { LeavingPod } from '../../functions/domain/leaving-pods.ts';
import {
  aBudget,
  aCluster,
  aDeployment,
  addNode,
  minute,
  type TestCluster,
} from '../simulator/kubernetes/a-cluster.ts';
import { simulatedApi } from './simulated-api.ts';

let cluster: TestCluster;
let nodeName: string;
beforeEach(async () => {
  cluster = await aCluster();
  nodeName = addNode(cluster, 1).privateDnsName;
});

const deploy = async (...manifests: unknown[]) => {
  for (const manifest of manifests) cluster.cluster.applyManifest(manifest);
  await cluster.pass(2 * minute);
};
const selecting = (name: string, minAvailable: number) =>
  aBudget(name, { minAvailable, selector: { matchLabels: { app: 'web' } } });
const pods = () => listLeavingPods(simulatedApi(cluster), nodeName);
const first = async () => (await pods())[0] as LeavingPod;

describe('the pods of a node', () => {
  it('are told with their controllers, and with when they are due once they were asked to go', async () => {
    await deploy(aDeployment('web', 2));
    expect(await pods()).toMatchObject([1, 2].map(() => ({ controller: { kind: 'ReplicaSet' }, dueAt: undefined })));
    const { name } = await first();
    await cluster.call('DELETE', `/api/v1/namespaces/default/pods/${name}`);
    expect((await pods()).find((pod) => pod.name === name)?.dueAt).toBeInstanceOf(Date);
  });

  it('are those of that node alone', async () => {
    await deploy(aDeployment('web', 2));
    expect(await listLeavingPods(simulatedApi(cluster), 'ip-10-9-9-9.us-west-2.compute.internal')).toEqual([]);
  });
});

describe('an eviction', () => {
  it('lets a pod leave that no budget holds', async () => {
    await deploy(aDeployment('web', 2), selecting('web', 1));
    expect(await evictPod(simulatedApi(cluster), await first())).toEqual({ answer: 'leaving' });
    await cluster.pass(minute);
  });

  it('is refused by a budget, which is named with its numbers', async () => {
    await deploy(aDeployment('web', 2), selecting('web', 2));
    const pod = await first();
    expect(await evictPod(simulatedApi(cluster), pod)).toMatchObject({
      answer: 'refused',
      budgets: [{ name: 'web', needed: 2, healthy: 2 }],
    });
    expect(await first()).toEqual(pod);
  });

  it('is refused where two budgets cover the pod, whatever each of them allows, and both are named', async () => {
    await deploy(aDeployment('web', 2), selecting('one', 0), selecting('two', 0));
    const answer = await evictPod(simulatedApi(cluster), await first());
    expect(answer).toMatchObject({ answer: 'refused', budgets: [{ name: 'one' }, { name: 'two' }] });
  });

  it('finds a pod gone that another one has taken the name of, or that ended', async () => {
    await deploy(aDeployment('web', 1));
    const pod = await first();
    await cluster.call('DELETE', `/api/v1/namespaces/default/pods/${pod.name}`, { gracePeriodSeconds: 0 });
    expect(await evictPod(simulatedApi(cluster), pod)).toEqual({ answer: 'gone' });
  });

  it.each([
    { case: 'a conflict', status: 409, body: { status: 'Failure', message: 'conflict' }, retryAfterSeconds: undefined },
    {
      case: 'a server that is busy',
      status: 429,
      body: { status: 'Failure', message: 'too many', details: { retryAfterSeconds: 10 } },
      retryAfterSeconds: 10,
    },
    {
      case: 'a budget with too many disrupted pods',
      status: 403,
      body: { status: 'Failure', message: 'too many disrupted', details: { group: 'policy' } },
      retryAfterSeconds: undefined,
    },
    ...[400, 403].map((status) => ({
      ...{ case: `the ${status} of an admission webhook`, status, retryAfterSeconds: undefined },
      body: { status: 'Failure', message: 'admission webhook "guard.example" denied the request: not now' },
    })),
  ])('is asked again after $case', async ({ status, body, retryAfterSeconds }) => {
    await deploy(aDeployment('web', 1));
    const api = { ...simulatedApi(cluster), send: async () => ({ status, body }) };
    const answer = await evictPod(api, await first());
    expect(answer).toMatchObject({ answer: 'refused', message: body.message });
    expect(answer).toHaveProperty('retryAfterSeconds', retryAfterSeconds);
  });

  it('that the role may not ask for says what to grant', async () => {
    await deploy(aDeployment('web', 1));
    const send = async () => ({ status: 403, body: { status: 'Failure', message: 'no', details: { kind: 'pods' } } });
    await expect(evictPod({ ...simulatedApi(cluster), send }, await first())).rejects.toThrow(ClusterAccessDenied);
  });
});

describe('a deletion', () => {
  it('leaves a pod its grace period, or takes it at once', async () => {
    await deploy(aDeployment('web', 2));
    const [graceful, forced] = await pods();
    await deletePod(simulatedApi(cluster), graceful as LeavingPod, 'its-own');
    await deletePod(simulatedApi(cluster), forced as LeavingPod, 'none');
    const left = await pods();
    expect(left.find(({ uid }) => uid === graceful?.uid)?.dueAt).toBeInstanceOf(Date);
    expect(left.find(({ uid }) => uid === forced?.uid)).toBeUndefined();
  });

  it('does nothing to another pod that has got the name', async () => {
    await deploy(aDeployment('web', 1));
    const pod = await first();
    await deletePod(simulatedApi(cluster), { ...pod, uid: 'another' }, 'none');
    expect(await first()).toEqual(pod);
  });
});

describe('a deletion that is refused', () => {
  const refusing = (status: number, body: object) => ({
    ...simulatedApi(cluster),
    send: async () => ({ status, body: { status: 'Failure', ...body } }),
  });

  it.each([403, 500])('by an admission webhook, with %i, is an answer', async (status) => {
    await deploy(aDeployment('web', 1));
    const message = 'admission webhook "guard.example" denied the request: not now';
    expect(await deletePod(refusing(status, { message }), await first(), 'its-own')).toMatchObject({
      ...{ answer: 'refused', budgets: [], message },
    });
  });

  it('for want of a right says what to grant', async () => {
    await deploy(aDeployment('web', 1));
    const api = refusing(403, { message: 'no', details: { kind: 'pods' } });
    await expect(deletePod(api, await first(), 'none')).rejects.toThrow(ClusterAccessDenied);
  });
});

describe('a pod that finalizers keep', () => {
  it('is told from one that only takes its time', async () => {
    await deploy(aDeployment('web', 1));
    const pod = await first();
    const finalizers = { metadata: { finalizers: ['example.com/hold'] } };
    const contentType = 'application/merge-patch+json';
    await cluster.call('PATCH', `/api/v1/namespaces/default/pods/${pod.name}`, finalizers, { contentType });
    await deletePod(simulatedApi(cluster), pod, 'its-own');
    expect(await first()).toMatchObject({ isForced: false });
    await deletePod(simulatedApi(cluster), pod, 'none');
    expect(await first()).toMatchObject({ uid: pod.uid, isForced: true });
  });
});

describe('the volumes of a node', () => {
  it('are none where no pod has any', async () => {
    expect(await listAttachments(simulatedApi(cluster), nodeName, [])).toEqual([]);
  });

  it('are those attached to it, but for those of pods that stay', async () => {
    const attachment = (name: string, persistentVolumeName: string, node = nodeName) => ({
      ...{
        metadata: { name },
        spec: { attacher: 'ebs.csi.aws.com', nodeName: node, source: { persistentVolumeName } },
      },
    });
    const answers: Record<string, unknown> = {
      '/apis/storage.k8s.io/v1/volumeattachments?limit=500': {
        items: [attachment('csi-1', 'pv-1'), attachment('csi-2', 'pv-2'), attachment('csi-3', 'pv-3', 'another')],
      },
      '/api/v1/namespaces/default/persistentvolumeclaims/logs-1-cache': { spec: { volumeName: 'pv-2' } },
    };
    const get = async (path: string) => answers[path];
    const spec = { containers: [], volumes: [{ name: 'cache', ephemeral: {} }] };
    const staying = translatePod({ metadata: { name: 'logs-1', namespace: 'default' }, spec });
    expect(staying).toMatchObject({ claims: [], claimsWithOwn: ['logs-1-cache'] });
    expect(await listAttachments({ get }, nodeName, [staying])).toEqual(['csi-1']);
  });
});
