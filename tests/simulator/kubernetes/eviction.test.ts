import { describe, expect, it } from 'vitest';
import { aBudget, aCluster, aDeployment, addNode, minute, type TestClusterOptions } from './a-cluster.ts';

type Pod = { readonly metadata: { readonly name: string } };

const running = async (
  budgets: readonly unknown[],
  { replicas = 2, ...options }: TestClusterOptions & { replicas?: number } = {},
) => {
  const test = await aCluster(options);
  for (const number of [1, 2, 3]) addNode(test, number);
  test.cluster.applyManifest(aDeployment('web', replicas));
  for (const budget of budgets) test.cluster.applyManifest(budget);
  await test.pass(minute);
  const pods = async (): Promise<readonly Pod[]> =>
    (await test.call('GET', '/api/v1/namespaces/default/pods')).body.items;
  const evict = async (
    name: string,
    body: unknown = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } },
  ) => test.call('POST', `/api/v1/namespaces/default/pods/${name}/eviction`, body);
  const first = async () => (await pods())[0]?.metadata.name ?? '';
  return { ...test, pods, evict, first };
};

describe('evictions', () => {
  it('of a pod without a budget succeed with 201 and begin its deletion', async () => {
    const { evict, first, call } = await running([]);
    const name = await first();
    const { status, body } = await evict(name);

    expect(status).toBe(201);
    expect(body).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
    const { metadata } = (await call('GET', `/api/v1/namespaces/default/pods/${name}`)).body;
    expect(metadata).toMatchObject({ deletionGracePeriodSeconds: 30, deletionTimestamp: expect.any(String) });
  });

  it('against a budget are refused with 429 and its numbers, without Retry-After', async () => {
    const { evict, first } = await running([aBudget('web-pdb', { minAvailable: 2 })]);
    const { status, headers, body } = await evict(await first());

    expect(status).toBe(429);
    expect(headers).not.toHaveProperty('retry-after');
    expect(body).toEqual({
      ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      reason: 'TooManyRequests',
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget web-pdb needs 2 healthy pods and has 2 currently',
          },
        ],
      },
      code: 429,
    });
  });

  it('under a budget that was just written are refused with Retry-After 10', async () => {
    const { call, evict, first } = await running([]);
    await call(
      'POST',
      '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
      aBudget('web-pdb', { minAvailable: 1 }),
    );
    const { status, headers, body } = await evict(await first());

    expect([status, headers['retry-after']]).toEqual([429, '10']);
    expect(body.details).toEqual({
      causes: [
        {
          reason: 'DisruptionBudget',
          message: 'The disruption budget web-pdb is still being processed by the server.',
        },
      ],
      retryAfterSeconds: 10,
    });
  });

  it.each([{ httpStatus: 201 as const }, { httpStatus: 500 as const }])(
    'of a pod with two budgets fail in the body; the HTTP status is $httpStatus where the switch says so',
    async ({ httpStatus }) => {
      const budgets = [aBudget('a', { minAvailable: 1 }), aBudget('b', { minAvailable: 1 })];
      const { evict, first, pods } = await running(budgets, {
        cluster: { switches: { severalBudgetsHttpStatus: httpStatus } },
      });
      const { status, body } = await evict(await first());

      expect(status).toBe(httpStatus);
      expect(body).toEqual({
        ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code: 500 },
        message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      });
      expect(await pods()).toHaveLength(2);
    },
  );

  it('of a pod that is gone are answered 404, with another name in the body 400', async () => {
    const { evict, first } = await running([]);

    expect(await evict('none')).toMatchObject({ status: 404, body: { details: { name: 'none', kind: 'pods' } } });
    expect(await evict(await first(), { metadata: { name: 'other' } })).toMatchObject({ status: 400 });
    expect(await evict(await first(), { kind: 'Pod' })).toMatchObject({ status: 400 });
  });

  it('spend the budget once until the replacement is ready', async () => {
    const { evict, pods, pass } = await running([aBudget('web-pdb', { maxUnavailable: 1 })], { replicas: 3 });
    const [a, b] = (await pods()).map(({ metadata }) => metadata.name);
    const first = await evict(a ?? '');
    const second = await evict(b ?? '');
    await pass(minute);
    const third = await evict(b ?? '');

    expect([first, second, third].map(({ status }) => status)).toEqual([201, 429, 201]);
    await pass(minute);
    expect(await pods()).toHaveLength(3);
  });

  it('of pending pods go past a budget', async () => {
    const { call, evict } = await running([aBudget('web-pdb', { minAvailable: 2 })]);
    const pending = {
      metadata: { name: 'waits', labels: { app: 'web' } },
      spec: { nodeSelector: { nowhere: 'true' }, containers: [{ name: 'main', image: 'web:1' }] },
    };
    await call('POST', '/api/v1/namespaces/default/pods', pending);

    expect((await evict('waits')).status).toBe(201);
  });

  it.each([
    { policy: undefined, status: 429 },
    { policy: 'AlwaysAllow', status: 201 },
  ])(
    'of pods that are not ready, with unhealthyPodEvictionPolicy $policy, are answered $status',
    async ({ policy, status }) => {
      const spec = { minAvailable: 2, ...(policy === undefined ? {} : { unhealthyPodEvictionPolicy: policy }) };
      const { call, evict, first, pass } = await running([aBudget('web-pdb', spec)]);
      const name = await first();
      const notReady = { status: { conditions: [{ type: 'Ready', status: 'False' }] } };
      const contentType = 'application/strategic-merge-patch+json';
      await call('PATCH', `/api/v1/namespaces/default/pods/${name}/status`, notReady, { contentType });
      await pass(1000);

      expect((await evict(name)).status).toBe(status);
    },
  );

  it('change nothing in a dry run', async () => {
    const { evict, first, call } = await running([aBudget('web-pdb', { maxUnavailable: 1 })]);
    const name = await first();
    const { status } = await evict(name, { metadata: { name }, deleteOptions: { dryRun: ['All'] } });
    const pod = (await call('GET', `/api/v1/namespaces/default/pods/${name}`)).body;

    expect([status, pod.metadata.deletionTimestamp]).toEqual([201, undefined]);
  });
});

describe('the status of a disruption budget', () => {
  it.each([
    { spec: { minAvailable: 2 }, desiredHealthy: 2, disruptionsAllowed: 1 },
    { spec: { minAvailable: '50%' }, desiredHealthy: 2, disruptionsAllowed: 1 },
    { spec: { maxUnavailable: 2 }, desiredHealthy: 1, disruptionsAllowed: 2 },
    { spec: { maxUnavailable: '34%' }, desiredHealthy: 1, disruptionsAllowed: 2 },
    { spec: { maxUnavailable: 0 }, desiredHealthy: 3, disruptionsAllowed: 0 },
    { spec: { minAvailable: '100%' }, desiredHealthy: 3, disruptionsAllowed: 0 },
  ])('of $spec over three pods', async ({ spec, desiredHealthy, disruptionsAllowed }) => {
    const { call } = await running([aBudget('web-pdb', spec)], { replicas: 3 });
    const { status } = (await call('GET', '/apis/policy/v1/namespaces/default/poddisruptionbudgets/web-pdb')).body;

    expect(status).toMatchObject({
      expectedPods: 3,
      currentHealthy: 3,
      desiredHealthy,
      disruptionsAllowed,
      observedGeneration: 1,
    });
  });
});
