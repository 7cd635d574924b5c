// The handlers' tracer and logger read their environment when they are loaded.
import '../tests/support/handler-environment.ts';
import type { ApiServer } from '../functions/adapters/api-server.ts';
import { openDrainRecords } from '../functions/adapters/drain-records.ts';
import { watchNode } from '../functions/adapters/kubernetes.ts';
import { readWatchEvents } from '../functions/adapters/watch-events.ts';
import { newDrainRecord } from '../functions/domain/drain-record.ts';
import { drainNode } from '../functions/handlers/drain-node.ts';
import { renderTable } from '../scripts/start/format.ts';
import { aCluster, anInstance, type TestCluster } from '../tests/simulator/kubernetes/a-cluster.ts';
import { FakeRunBucket } from '../tests/support/fake-run-bucket.ts';
import { saveResults } from './results.ts';

const podsPerNode = 20;

type Traffic = { requests: number; bytes: number };

/** The API server of a simulated cluster as a step sees it, with what goes over the wire. */
function apiServerOf({ cluster }: TestCluster, traffic: Traffic): ApiServer {
  const ask = async (method: string, path: string, body?: unknown, contentType = 'application/json') => {
    traffic.requests += 1;
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { authorization: 'Bearer admin', ...(text && { 'content-type': contentType }) };
    return cluster.front({ method, path, headers, body: Buffer.from(text) });
  };
  async function* counted(body: Buffer | AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of Buffer.isBuffer(body) ? [body] : body) {
      traffic.bytes += chunk.length;
      yield chunk;
    }
  }
  const read = async (body: Buffer | AsyncIterable<Buffer>): Promise<unknown> => {
    const chunks: Buffer[] = [];
    for await (const chunk of counted(body)) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString());
  };
  return {
    clusterName: 'demo',
    async get(path) {
      const { status, body } = await ask('GET', path);
      const content = await read(body);
      return status === 404 ? undefined : content;
    },
    async send({ method, path, body: content, contentType }) {
      const { status, body } = await ask(method, path, content, contentType);
      return { status, body: await read(body) };
    },
    async *watch(collection, seconds) {
      const { body } = await ask('GET', `${collection}&watch=true&timeoutSeconds=${seconds}`);
      yield* readWatchEvents(counted(body));
    },
  };
}

const nameOf = (index: number) =>
  `ip-10-${index >> 16}-${(index >> 8) & 255}-${index & 255}.us-west-2.compute.internal`;
const idOf = (index: number) => `i-${index.toString(16).padStart(17, '0')}`;

/** A cluster whose pods were bound long ago: nothing has to be scheduled for it. */
async function aClusterOf(nodes: number): Promise<TestCluster> {
  const test = await aCluster();
  for (let index = 0; index < nodes; index += 1) {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    test.cluster.onInstance({
      type: 'running',
      settled: true,
      instance: anInstance({ instanceId: idOf(index), privateIpAddress: address, privateDnsName: nameOf(index) }),
    });
  }
  const pods = Array.from({ length: nodes * podsPerNode }, (_, index) => ({
    ...{
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `web-${index}`, namespace: 'default', labels: { app: 'web' } },
    },
    spec: { nodeName: nameOf(index % nodes), containers: [{ name: 'main', image: 'web:1' }] },
  }));
  test.cluster.settleManifests(pods);
  return test;
}

const now = () => new Date(Date.UTC(2026, 4, 16, 4, 0, 0));

/** What one step reads, and how much memory it takes beyond what was there. */
async function measure(test: TestCluster, step: (api: ApiServer) => Promise<unknown>) {
  const traffic = { requests: 0, bytes: 0 };
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  let isOver = false;
  const work = step(apiServerOf(test, traffic)).finally(() => {
    isOver = true;
  });
  await test.kernel.clock.run(() => isOver);
  await work;
  return { ...traffic, heapBytes: process.memoryUsage().heapUsed - before };
}

const admitStep = (api: ApiServer) =>
  watchNode(api, { nodeName: nameOf(7), seconds: 100, isEnough: ({ ready }) => ready });

async function drainStep(api: ApiServer): Promise<unknown> {
  const records = openDrainRecords(new FakeRunBucket());
  const input = {
    ...{ cluster: 'demo', nodeGroup: 'web', autoScalingGroupName: 'web', instanceId: idOf(7) },
    ...{ startedAt: now().toISOString(), drainDeadline: '2026-05-16T05:30:00Z', drainTimeoutSeconds: 5400 },
    ...{ ceiling: '2026-05-16T12:00:00Z', onDrainTimeout: 'wait' as const, concurrentDrains: 4 },
  };
  await records.create(newDrainRecord(input, nameOf(7)));
  return drainNode({
    keepWaiting: async () => 'done',
    identifyInstance: async () => ({ imageId: 'ami-0old', privateDnsName: nameOf(7) }),
    connect: async () => api,
    listInstances: async () => [],
    chance: () => 0.5,
    records,
    now,
  })(input);
}

const results: Record<string, unknown>[] = [];
for (const nodes of [50, 5000]) {
  const test = await aClusterOf(nodes);
  results.push({ nodes, step: 'admit', ...(await measure(test, admitStep)) });
  results.push({ nodes, step: 'drain', ...(await measure(test, drainStep)) });
}
const text = (value: unknown) => String(value);
const rows = results.map(({ nodes, step, requests, bytes, heapBytes }) => [
  text(step),
  text(nodes),
  text(Number(nodes) * podsPerNode),
  text(requests),
  (Number(bytes) / 1000).toFixed(1),
  (Number(heapBytes) / 1e6).toFixed(1),
]);
console.log('one visit of a step');
for (const line of renderTable(['step', 'nodes', 'pods', 'requests', 'kB read', 'MB of heap, the cluster’s too'], rows))
  console.log(line);
const bytesOf = (step: string, nodes: number) =>
  Number(results.find((each) => each.step === step && each.nodes === nodes)?.bytes);
for (const step of ['admit', 'drain']) {
  console.log(
    `${step}: a cluster a hundred times as large is ${(bytesOf(step, 5000) / bytesOf(step, 50)).toFixed(2)} times the bytes`,
  );
}
await saveResults('large-cluster', results);
