import { describe, expect, it } from 'vitest';
import { aCluster, aDeployment, addNode, aGuest, anInstance, minute, type TestClusterOptions } from './a-cluster.ts';
import { aPod, aPodSpec, isReady, nodeName, podNamed, podsIn } from './workload-manifests.ts';

const path = '/api/v1/namespaces/default/pods';
const behaving = (behaviour: Readonly<Record<string, unknown>>): TestClusterOptions => ({
  cluster: { guests: { containers: [{ workload: 'default/Pod/one', ...behaviour }] } },
});

async function withPod(options: TestClusterOptions, spec: Readonly<Record<string, unknown>> = {}) {
  const test = await aCluster(options);
  addNode(test);
  test.cluster.settleManifests([aPod('one', spec)]);
  return test;
}

describe('pods', () => {
  it('that are in place run when the account begins, with addresses of their own', async () => {
    const test = await aCluster();
    addNode(test);
    test.cluster.settleManifests([aDeployment('web', 3)]);
    const pods = await podsIn(test);

    expect(pods.map(isReady)).toEqual([true, true, true]);
    expect(new Set(pods.map(({ status }) => status.podIP)).size).toBe(3);
    const { status } = (await test.call('GET', '/apis/apps/v1/namespaces/default/deployments/web')).body;
    expect(status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 3 });
  });

  it('start and stop in the time that is said of their containers', async () => {
    const test = await aCluster(behaving({ startSeconds: [45, 45], stopSeconds: [20, 20] }));
    addNode(test);
    test.cluster.applyManifest(aPod('one'));
    await test.pass(44_000);
    const early = isReady(await podNamed(test, 'one'));
    await test.pass(2000);
    const late = isReady(await podNamed(test, 'one'));
    await test.call('DELETE', `${path}/one`);
    await test.pass(19_000);
    const stopping = await podNamed(test, 'one');
    await test.pass(2000);

    expect([early, late]).toEqual([false, true]);
    expect(stopping?.metadata.deletionTimestamp).toBeDefined();
    expect(await podNamed(test, 'one')).toBeUndefined();
  });

  it('that ignore the signal live until their grace period is over, or as long as the last request gives them', async () => {
    const test = await withPod(behaving({ stop: 'ignored' }), { terminationGracePeriodSeconds: 60 });
    await test.call('DELETE', `${path}/one`);
    await test.pass(30_000);
    const during = await podNamed(test, 'one');
    await test.call('DELETE', `${path}/one?gracePeriodSeconds=5`);
    await test.pass(6000);

    expect(during).toBeDefined();
    expect(await podNamed(test, 'one')).toBeUndefined();
  });

  it('that cannot be ended stay Terminating until they are taken away, or their machine ends', async () => {
    const test = await withPod(behaving({ stop: 'never' }));
    await test.call('DELETE', `${path}/one`);
    await test.pass(60 * minute);
    const stuck = await podNamed(test, 'one');
    test.cluster.onInstance({ type: 'shutting-down', instance: anInstance({ state: 'shutting-down' }) });
    test.cluster.onInstance({ type: 'terminated', instance: anInstance({ state: 'terminated' }) });
    await test.pass(5 * minute);

    expect(stuck?.metadata.deletionTimestamp).toBeDefined();
    expect(await podNamed(test, 'one')).toBeUndefined();
  });

  it('of a silent node are not ready, are deleted after five minutes and stay Terminating', async () => {
    const test = await withPod({});
    test.cluster.stopKubelet(nodeName(1));
    await test.pass(3 * minute);
    const silent = await podNamed(test, 'one');
    await test.pass(5 * minute);

    expect([isReady(silent), silent?.metadata.deletionTimestamp]).toEqual([false, undefined]);
    expect((await podNamed(test, 'one'))?.metadata.deletionTimestamp).toBeDefined();
    await test.call('DELETE', `${path}/one?gracePeriodSeconds=0`);
    expect(await podNamed(test, 'one')).toBeUndefined();
  });

  it('that are not restarted succeed, and finished ones are deleted at once', async () => {
    const test = await aCluster(behaving({ startSeconds: [5, 5], runSeconds: [60, 60] }));
    addNode(test);
    test.cluster.applyManifest(aPod('one', { restartPolicy: 'Never' }));
    await test.pass(30_000);
    const running = await podNamed(test, 'one');
    await test.pass(minute);
    const finished = await podNamed(test, 'one');
    await test.call('DELETE', `${path}/one`);

    expect([running?.status.phase, finished?.status.phase]).toEqual(['Running', 'Succeeded']);
    expect(await podNamed(test, 'one')).toBeUndefined();
  });

  it('fail at their deadline', async () => {
    const test = await aCluster(behaving({ runSeconds: [600, 600] }));
    addNode(test);
    test.cluster.applyManifest(aPod('one', { restartPolicy: 'Never', activeDeadlineSeconds: 60 }));
    await test.pass(2 * minute);

    expect((await podNamed(test, 'one'))?.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });

  it('of a Windows node without addresses do not begin, even when somebody gives them the node', async () => {
    const test = await aCluster();
    addNode(test, 1, { guest: aGuest({ defect: 'no-addresses' }) });
    test.cluster.applyManifest(aPod('one', { nodeName: nodeName(1) }));
    test.cluster.applyManifest(aPod('host', { nodeName: nodeName(1), hostNetwork: true }));
    await test.pass(5 * minute);

    expect(isReady(await podNamed(test, 'one'))).toBe(false);
    expect(await podNamed(test, 'host')).toMatchObject({ status: { phase: 'Running', podIP: '10.0.1.1' } });
  });

  it('need a ServiceAccount that exists', async () => {
    const test = await aCluster();
    const { status, body } = await test.call('POST', path, aPod('one', { serviceAccountName: 'none' }));

    expect([status, body.message]).toEqual([
      403,
      'pods "one" is forbidden: error looking up service account default/none: serviceaccount "none" not found',
    ]);
  });
});

describe('container images', () => {
  const containerImages = [{ image: 'big:1', pullSeconds: [100, 100] as const, sizeBytes: 4_000_000_000 }];
  const big = { containers: [{ name: 'main', image: 'big:1' }] };
  const timings = { podStart: [1000, 1000] } as const;
  const readyAt = async (seconds: readonly number[], spec: Readonly<Record<string, unknown>> = {}) => {
    const test = await aCluster({ cluster: { guests: { containerImages }, timings } });
    addNode(test);
    test.cluster.applyManifest(aPod('one', { ...big, ...spec }));
    test.cluster.applyManifest(aPod('two', big));
    const answers: boolean[] = [];
    let passed = 0;
    for (const second of seconds) {
      await test.pass((second - passed) * 1000);
      passed = second;
      answers.push((await podsIn(test)).every(isReady));
    }
    return { test, answers };
  };

  it('are pulled once for all pods of a node, and reported by it with their size', async () => {
    const { test, answers } = await readyAt([99, 103]);
    test.cluster.applyManifest(aPod('three', big));
    await test.pass(3000);
    const { images } = (await test.call('GET', `/api/v1/nodes/${nodeName(1)}`)).body.status;

    expect(answers).toEqual([false, true]);
    expect(isReady(await podNamed(test, 'three'))).toBe(true);
    expect(images[0]).toEqual({ names: ['big:1'], sizeBytes: 4_000_000_000 });
  });

  it('are pulled one after another', async () => {
    const images = [...containerImages, { image: 'other:1', pullSeconds: [50, 50] as const }];
    const test = await aCluster({ cluster: { guests: { containerImages: images }, timings } });
    addNode(test);
    test.cluster.applyManifest(aPod('one', big));
    await test.pass(1000);
    test.cluster.applyManifest(aPod('two', { containers: [{ name: 'main', image: 'other:1' }] }));
    await test.pass(120_000);
    const early = isReady(await podNamed(test, 'two'));
    await test.pass(35_000);

    expect([early, isReady(await podNamed(test, 'two'))]).toEqual([false, true]);
  });

  it('beyond fifty are not in the status of a node', async () => {
    const test = await aCluster();
    const cachedImages = Array.from({ length: 60 }, (_, index) => `image:${index}`);
    addNode(test, 1, { guest: aGuest({ cachedImages }) });

    expect((await test.call('GET', `/api/v1/nodes/${nodeName(1)}`)).body.status.images).toHaveLength(50);
  });
});

describe('static pods', () => {
  const staticPods = [{ metadata: { name: 'agent', namespace: 'kube-system' }, spec: aPodSpec({ hostNetwork: true }) }];

  it('show as mirror pods, and come back when somebody evicts them', async () => {
    const test = await aCluster();
    addNode(test, 1, { guest: aGuest({ staticPods }) });
    const name = `agent-${nodeName(1)}`;
    await test.pass(1000);
    const [before] = await podsIn(test, 'kube-system');
    await test.call('POST', `/api/v1/namespaces/kube-system/pods/${name}/eviction`, { metadata: { name } });
    await test.pass(5000);
    const [after] = await podsIn(test, 'kube-system');

    expect(before?.metadata).toMatchObject({
      name,
      annotations: { 'kubernetes.io/config.mirror': expect.any(String), 'kubernetes.io/config.source': 'file' },
      ownerReferences: [{ kind: 'Node', name: nodeName(1), controller: true }],
    });
    expect([isReady(before), isReady(after)]).toEqual([true, true]);
    expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
  });
});

describe('jobs', () => {
  it('run their pods until enough have succeeded, and replace one that is evicted', async () => {
    const guests = { containers: [{ workload: 'default/Job/report', runSeconds: [60, 60] as const }] };
    const test = await aCluster({ cluster: { guests } });
    addNode(test);
    const template = { spec: aPodSpec({ restartPolicy: 'Never' }) };
    test.cluster.applyManifest({
      ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'report', namespace: 'default' } },
      spec: { completions: 2, template },
    });
    await test.pass(30_000);
    const [first] = await podsIn(test);
    const name = first?.metadata.name ?? '';
    await test.call('POST', `${path}/${name}/eviction`, { metadata: { name } });
    await test.pass(5 * minute);
    const { status } = (await test.call('GET', '/apis/batch/v1/namespaces/default/jobs/report')).body;

    expect(status).toMatchObject({ succeeded: 2, active: 0, conditions: [{ type: 'Complete', status: 'True' }] });
    expect((await podsIn(test)).map(({ status: { phase } }) => phase)).toEqual(['Succeeded', 'Succeeded']);
  });
});
