import '../support/handler-environment.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiServer } from '../../functions/adapters/api-server.ts';
import { openDrainRecords } from '../../functions/adapters/drain-records.ts';
import { listTurns, returnTurn, takeTurn } from '../../functions/adapters/turns.ts';
import type { DrainInput } from '../../functions/domain/drain-input.ts';
import { type DrainRecord, newDrainRecord } from '../../functions/domain/drain-record.ts';
import { drainNode } from '../../functions/handlers/drain-node.ts';
import { simulatedApi } from '../adapters/simulated-api.ts';
import {
  aBudget,
  aCluster,
  aDeployment,
  addNode,
  aNamespace,
  minute,
  start,
  type TestCluster,
} from '../simulator/kubernetes/a-cluster.ts';
import { FakeRunBucket } from '../support/fake-run-bucket.ts';

const later = (seconds: number): string => new Date(start + seconds * 1000).toISOString();
const label = 'node.kubernetes.io/exclude-from-external-load-balancers';

let cluster: TestCluster;
let bucket: FakeRunBucket;
let input: DrainInput;
let nodeName: string;
beforeEach(async () => {
  cluster = await aCluster();
  bucket = new FakeRunBucket();
  const instance = addNode(cluster, 1);
  nodeName = instance.privateDnsName;
  input = {
    ...{ cluster: 'demo', nodeGroup: 'win2022', autoScalingGroupName: 'win2022', instanceId: instance.instanceId },
    ...{ startedAt: later(0), drainDeadline: later(5400), drainTimeoutSeconds: 5400 },
    ...{ ceiling: later(30_000), onDrainTimeout: 'wait', concurrentDrains: 1 },
  };
});

const record = () => bucket.content(`drains/demo/win2022/${input.instanceId}.json`);
const node = async () => (await cluster.call('GET', `/api/v1/nodes/${nodeName}`)).body;
const begin = () => openDrainRecords(bucket).create(newDrainRecord(input, nodeName));

/** The step, with what the test says of hook, instance and where its calls to the cluster go wrong. */
function step({
  hook = 'done' as 'done' | 'ended',
  isKnown = true,
  fails = (_what: string): boolean => false,
  connect = undefined as ApiServer | undefined,
} = {}) {
  const calls: string[] = [];
  const visit = drainNode({
    keepWaiting: async () => hook,
    identifyInstance: async () => (isKnown ? { imageId: 'ami-0old', privateDnsName: nodeName } : undefined),
    connect: async () =>
      connect ??
      simulatedApi(cluster, {
        watchesLast: 60,
        step: async (what) => {
          if (fails(what)) throw new Error(`${what} failed`);
          calls.push(what);
        },
      }),
    listInstances: async () => [],
    records: openDrainRecords(bucket),
    now: () => new Date(cluster.kernel.clock.now()),
    chance: () => 0,
  });
  return { visit: () => visit(input), calls };
}
const evictions = (calls: readonly string[]) => calls.filter((each) => each.endsWith('/eviction'));

describe('Drain node', () => {
  it('cordons the node, takes it from load balancers, and lets its pods go', async () => {
    await begin();
    cluster.cluster.applyManifest(aDeployment('web', 2));
    await cluster.pass(2 * minute);
    const { visit, calls } = step();
    expect(await visit()).toMatchObject({ drain: 'emptied', pauseSeconds: 1, finding: { error: 'NodeEmptied' } });
    expect(await node()).toMatchObject({ spec: { unschedulable: true }, metadata: { labels: { [label]: 'true' } } });
    expect(evictions(calls)).toHaveLength(2);
    expect(record()).toMatchObject({ cordonedAt: expect.any(String), emptiedAt: expect.any(String) });
    expect(record()).toHaveProperty('evicted.length', 2);
  });

  it('does no more the second time than say that the node is empty', async () => {
    await begin();
    await step().visit();
    const writes = bucket.writes.length;
    const { visit, calls } = step();
    expect(await visit()).toMatchObject({ drain: 'emptied' });
    expect(calls.filter((each) => !each.startsWith('GET '))).toEqual([]);
    expect(bucket.writes).toHaveLength(writes);
  });

  it('keeps what was accepted when the cluster fails midway, and asks for the rest alone', async () => {
    await begin();
    cluster.cluster.applyManifest(aDeployment('web', 3));
    await cluster.pass(2 * minute);
    let asked = 0;
    const failing = step({ fails: (what) => what.endsWith('/eviction') && ++asked > 1 });
    await expect(failing.visit()).rejects.toThrow('/eviction failed');
    expect(record()).toHaveProperty('evicted.length', 1);
    const { visit, calls } = step();
    expect(await visit()).toMatchObject({ drain: 'emptied' });
    expect([...evictions(failing.calls), ...evictions(calls)]).toHaveLength(3);
    expect(record()).toHaveProperty('evicted.length', 3);
  });

  it("takes no pods while the turn that it has lost is another one's, and then takes one again", async () => {
    cluster.cluster.applyManifest(aNamespace('reglaze'));
    cluster.cluster.applyManifest(aDeployment('web', 2));
    await cluster.pass(2 * minute);
    const api = simulatedApi(cluster);
    const ask = (holder: string) => ({ nodeGroup: 'win2022', slots: 1, holder, waitingSince: new Date(start) });
    const take = (holder: string) => takeTurn(api, ask(holder), new Date(cluster.kernel.clock.now()));
    const turn = await take(input.instanceId);
    const slot = 'slot' in turn ? turn.slot : '';
    await openDrainRecords(bucket).create({ ...newDrainRecord(input, nodeName), slot, turnAt: later(0) });
    // The API server cannot be reached for longer than a turn lasts; another node is the first to ask then.
    await cluster.pass(6 * minute);
    await take('i-0other');
    const early = step();
    expect(await early.visit()).toMatchObject({ drain: 'draining', finding: { error: 'TurnsTaken' } });
    expect(evictions(early.calls)).toEqual([]);
    await returnTurn(api, ask('i-0other'));
    expect(await step().visit()).toMatchObject({ drain: 'emptied' });
    expect((await listTurns(api, 'win2022')).leases).toMatchObject([{ role: 'slot', holder: input.instanceId }]);
  });

  it('waits once, not with every pod that leaves, for a controller that cannot get its replicas', async () => {
    await begin();
    cluster.cluster.applyManifest(aDeployment('broken', 1));
    cluster.cluster.applyManifest(aDeployment('web', 12));
    await cluster.pass(2 * minute);
    for (const number of [2, 3]) addNode(cluster, number);
    await cluster.pass(2 * minute);
    const api = simulatedApi(cluster);
    const get = async (path: string) => {
      const found = await api.get(path);
      // Fifty of its pods wait for something that nobody brings.
      return path.endsWith('/deployments/broken')
        ? Object.assign(found as object, { spec: { replicas: 50 }, status: { readyReplicas: 0 } })
        : found;
    };
    const { visit } = step({ connect: { ...api, get } });
    const began = cluster.kernel.clock.now();
    while ((await visit()).drain !== 'emptied') await cluster.pass(minute);
    expect(record()).toHaveProperty('evicted.length', 13);
    expect(cluster.kernel.clock.now() - began).toBeLessThan(20 * minute);
  });

  it('is stuck past the deadline, and names pod, budget and numbers', async () => {
    await begin();
    const selector = { matchLabels: { app: 'web' } };
    cluster.cluster.applyManifest(aDeployment('web', 1));
    cluster.cluster.applyManifest(aBudget('web', { minAvailable: 1, selector }));
    await cluster.pass(2 * minute);
    input = { ...input, drainDeadline: later(60) };
    const { visit } = step();
    expect(await visit()).toMatchObject({
      drain: 'stuck',
      finding: {
        error: 'PodsLeft',
        cause: expect.stringMatching(/default\/web-.*budget web needs 1 healthy pods and has 1/),
      },
    });
    expect(record()).toMatchObject({ evicted: [], forced: [], refused: [{ budgets: [{ name: 'web' }] }] });
  });

  it('drains a node whose record somebody has removed', async () => {
    cluster.cluster.applyManifest(aDeployment('web', 1));
    await cluster.pass(2 * minute);
    expect(await step().visit()).toMatchObject({ drain: 'emptied' });
    expect(record()).toMatchObject({ nodeName, evicted: [{ namespace: 'default' }] });
  });

  it.each([
    { case: 'whose hook does not wait any more', world: { hook: 'ended' as const } },
    { case: 'that EC2 does not know any more', world: { isKnown: false } },
  ])('is done with an instance $case, and touches nothing', async ({ world }) => {
    await begin();
    const { visit, calls } = step(world);
    expect(await visit()).toMatchObject({ drain: 'gone', finding: { error: 'InstanceGone' } });
    expect(calls).toEqual([]);
    expect(record()).toMatchObject({ goneAt: expect.any(String) });
  });

  it('tells an instance that has no node from one whose node vanished while it was drained', async () => {
    nodeName = 'ip-10-0-9-9.us-west-2.compute.internal';
    await begin();
    expect(await step().visit()).toMatchObject({ drain: 'gone' });
    expect(record()).toMatchObject({ nodeless: true });
    const { nodeless, ...begun } = record() as unknown as DrainRecord;
    const stored = await openDrainRecords(bucket).find(input);
    await stored?.save({ ...begun, cordonedAt: later(0) });
    expect(await step().visit()).toMatchObject({ drain: 'gone' });
    expect(record()).not.toHaveProperty('nodeless');
  });

  it('does not touch the node of another instance that has got the name', async () => {
    await begin();
    input = { ...input, instanceId: 'i-0ffffffffffffffff' };
    const { visit } = step();
    expect(await visit()).toMatchObject({ drain: 'gone' });
    expect((await node()).spec.unschedulable).toBeUndefined();
  });
});
