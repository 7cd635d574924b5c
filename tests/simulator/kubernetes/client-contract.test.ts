import { ApiException, CoreV1Api, KubeConfig, PolicyV1Api, VersionApi, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../../simulator/wire/http-server.ts';
import { aBudget, aCluster, aDeployment, addNode, minute, type TestCluster } from './a-cluster.ts';

/** The cluster behind a real HTTPS port, spoken to by the Kubernetes project's own client. */
describe('the Kubernetes client over TLS', () => {
  let test: TestCluster;
  let config: KubeConfig;
  let close: () => Promise<unknown>;

  beforeAll(async () => {
    test = await aCluster();
    for (const number of [1, 2]) addNode(test, number);
    test.cluster.applyManifest(aDeployment('web', 2));
    test.cluster.applyManifest(aBudget('web', { minAvailable: 2 }));
    await test.pass(minute);
    const { cluster, kernel } = test;
    const tls = await cluster.issueServerCertificate();
    const server = await listen({ front: cluster.front, kernel, tls });
    let isClosed = false;
    const running = kernel.clock.run(() => isClosed, { idle: 'wait' });
    config = configFor(server.port, 'admin', cluster.certificateAuthority);
    close = () => {
      isClosed = true;
      kernel.clock.after(0, () => undefined);
      return Promise.all([running, server.close()]);
    };
  });
  afterAll(() => close());

  it('reads nodes with the types of the client', async () => {
    const { items } = await config.makeApiClient(CoreV1Api).listNode({ labelSelector: 'kubernetes.io/os=windows' });

    expect(items.map(({ metadata }) => metadata?.name)).toEqual(test.cluster.nodes().map(({ name }) => name));
    expect(items[0]?.metadata?.creationTimestamp).toBeInstanceOf(Date);
    expect(items[0]?.status?.nodeInfo?.kernelVersion).toBe('10.0.20348.5139');
  });

  it('cordons with its default patch format', async () => {
    const api = config.makeApiClient(CoreV1Api);
    const name = test.cluster.nodes()[1]?.name ?? '';
    const body = [{ op: 'add', path: '/spec/unschedulable', value: true }];
    const node = await api.patchNode({ name, body });

    expect(node.spec?.unschedulable).toBe(true);
    expect(test.cluster.nodes()[1]?.unschedulable).toBe(true);
  });

  it('is told of the budget when an eviction is refused', async () => {
    const api = config.makeApiClient(CoreV1Api);
    const { items } = await api.listNamespacedPod({ namespace: 'default' });
    const name = items[0]?.metadata?.name ?? '';
    const refused = await api
      .createNamespacedPodEviction({ namespace: 'default', name, body: { metadata: { name } } })
      .catch((error: unknown) => error);
    const budgets = await config.makeApiClient(PolicyV1Api).listNamespacedPodDisruptionBudget({ namespace: 'default' });

    expect(refused).toBeInstanceOf(ApiException);
    expect((refused as ApiException<string>).code).toBe(429);
    expect(budgets.items[0]?.status).toMatchObject({ disruptionsAllowed: 0, currentHealthy: 2 });
  });

  it('watches until the time is over', async () => {
    const seen: string[] = [];
    await new Promise<void>((resolve, reject) => {
      void new Watch(config).watch(
        '/api/v1/nodes',
        { timeoutSeconds: 30 },
        (type, node) => seen.push(`${type} ${node.metadata.name}`),
        (error) => (error === null || String(error).includes('aborted') ? resolve() : reject(error)),
      );
    });

    expect(seen.slice(0, 2)).toEqual(test.cluster.nodes().map(({ name }) => `ADDED ${name}`));
  });

  it('knows the version of the cluster', async () => {
    expect(await config.makeApiClient(VersionApi).getCode()).toMatchObject({ major: '1', minor: '35' });
  });

  it('is refused with 401 for a token of nobody', async () => {
    const { server = '' } = config.getCurrentCluster() ?? {};
    const stranger = configFor(Number(new URL(server).port), 'stranger', test.cluster.certificateAuthority);

    await expect(stranger.makeApiClient(CoreV1Api).listNode()).rejects.toMatchObject({ code: 401 });
  });

  it('does not trust the server of another certificate authority', async () => {
    const other = await aCluster();
    const { server = '' } = config.getCurrentCluster() ?? {};
    const wrong = configFor(Number(new URL(server).port), 'admin', other.cluster.certificateAuthority);

    await expect(wrong.makeApiClient(CoreV1Api).listNode()).rejects.toMatchObject({
      cause: { code: expect.stringMatching(/CERT|SIGNATURE/) },
    });
  });
});

function configFor(port: number, token: string, certificateAuthority: string): KubeConfig {
  const config = new KubeConfig();
  const caData = Buffer.from(certificateAuthority).toString('base64');
  config.loadFromOptions({
    clusters: [{ name: 'demo', server: `https://127.0.0.1:${port}`, caData, skipTLSVerify: false }],
    users: [{ name: 'user', token }],
    contexts: [{ name: 'demo', cluster: 'demo', user: 'user' }],
    currentContext: 'demo',
  });
  return config;
}
