import '../support/handler-environment.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDrainRecords } from '../../functions/adapters/drain-records.ts';
import { listTurns } from '../../functions/adapters/turns.ts';
import type { Announcement } from '../../functions/domain/announcement.ts';
import type { DrainInput } from '../../functions/domain/drain-input.ts';
import { newDrainRecord } from '../../functions/domain/drain-record.ts';
import { checkReplicas } from '../../functions/handlers/check-replicas.ts';
import { giveTurnBack } from '../../functions/handlers/return-turn.ts';
import { takeTurnStep } from '../../functions/handlers/take-turn.ts';
import { simulatedApi } from '../adapters/simulated-api.ts';
import { aCluster, aNamespace, type TestCluster } from '../simulator/kubernetes/a-cluster.ts';
import { now } from '../support/builders.ts';
import { FakeRunBucket } from '../support/fake-run-bucket.ts';

const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const drainOf = (instanceId: string, overrides: Partial<DrainInput> = {}): DrainInput => ({
  ...{ cluster: 'demo', nodeGroup: 'win2022', autoScalingGroupName: 'win2022', instanceId },
  ...{ startedAt: now.toISOString(), drainDeadline: later(5400).toISOString(), drainTimeoutSeconds: 5400 },
  ...{ ceiling: later(30_000).toISOString(), onDrainTimeout: 'wait', concurrentDrains: 1 },
  ...overrides,
});
const volume = {
  ...{ pod: 'shop/db-0', claim: 'data-db-0', volume: 'pv-1', zones: ['us-west-2a'] },
  ...{ nodeSelector: {}, tolerations: [] },
};

let cluster: TestCluster;
let bucket: FakeRunBucket;
beforeEach(async () => {
  cluster = await aCluster();
  cluster.cluster.applyManifest(aNamespace('reglaze'));
  bucket = new FakeRunBucket();
});

const leases = async () => (await listTurns(simulatedApi(cluster), 'win2022')).leases;
const recordOf = (instanceId: string) => bucket.content(`drains/demo/win2022/${instanceId}.json`);

/** The steps of a drain, with what the test says of hook, instance and zone. */
function steps({ hook = 'done' as 'done' | 'ended', isKnown = true } = {}) {
  const world = {
    clock: now,
    stranded: false,
    notices: [] as string[],
    announced: [] as Announcement[],
    pooled: [] as string[],
  };
  const common = {
    connect: async () => simulatedApi(cluster),
    records: openDrainRecords(bucket),
    now: () => world.clock,
  };
  const letPodsOn = async ({ instanceId }: { readonly instanceId: string }) => {
    world.pooled.push(instanceId);
    return 'yes' as const;
  };
  const take = takeTurnStep({
    ...common,
    keepWaiting: async () => hook,
    identifyInstance: async (instanceId) =>
      isKnown ? { imageId: 'ami-0old', privateDnsName: `node-${instanceId}` } : undefined,
    findStranded: async () => (world.stranded ? { volumes: [volume], needed: 'a new node of its group' } : undefined),
    notify: async ({ text }) => {
      world.notices.push(text);
    },
  });
  const giveBack = giveTurnBack({
    ...common,
    announce: async (announcement) => {
      world.announced.push(announcement);
    },
  });
  return { world, take, look: checkReplicas({ ...common, letPodsOn }), giveBack };
}

describe('Take a turn', () => {
  it('writes the record before the Lease, and then the turn into it', async () => {
    const { take } = steps();
    const answer = await take(drainOf('i-0a'));
    expect(answer).toMatchObject({ turn: 'taken', slot: expect.stringMatching(/^drain-win2022-.*-0$/) });
    expect(recordOf('i-0a')).toMatchObject({ nodeName: 'node-i-0a', slot: answer.slot, turnAt: now.toISOString() });
    expect(bucket.writes).toHaveLength(2);
    expect(await take(drainOf('i-0a'))).toEqual(answer);
    expect(bucket.writes).toHaveLength(2);
  });

  it('lets no more nodes drain than may, and the next when one has given its turn back', async () => {
    const { take, giveBack } = steps();
    await take(drainOf('i-0a'));
    expect(await take(drainOf('i-0b'))).toMatchObject({
      turn: 'waiting',
      finding: { error: 'TurnsTaken', cause: expect.stringContaining('i-0a of win2022') },
    });
    expect(recordOf('i-0b')).not.toHaveProperty('slot');
    await giveBack(drainOf('i-0a'));
    expect(await take(drainOf('i-0b'))).toMatchObject({ turn: 'taken' });
  });

  it.each([
    { case: 'does not wait at the hook any more', world: { hook: 'ended' as const } },
    { case: 'is not known to EC2', world: { isKnown: false } },
  ])('has an instance gone that $case, and clears what it held', async ({ world }) => {
    await steps().take(drainOf('i-0a'));
    expect(await steps(world).take(drainOf('i-0a'))).toMatchObject({ turn: 'gone' });
    expect(await leases()).toEqual([]);
  });

  it('keeps nobody waiting for a node that waits for its zone', async () => {
    const { take, world } = steps();
    world.stranded = true;
    expect(await take(drainOf('i-0a'))).toMatchObject({
      turn: 'waiting',
      finding: { error: 'NoNodeInZone', cause: expect.stringContaining('pv-1') },
      pauseSeconds: 20,
    });
    expect(await leases()).toEqual([]);
    world.stranded = false;
    expect(await take(drainOf('i-0a'))).toMatchObject({ turn: 'taken' });
  });

  it('tells people once of a node that waits for its zone past the drain timeout, and goes on waiting', async () => {
    const { take, world } = steps();
    world.stranded = true;
    world.clock = later(5400);
    expect(await take(drainOf('i-0a'))).toMatchObject({ turn: 'waiting' });
    expect(await take(drainOf('i-0a'))).toMatchObject({ turn: 'waiting' });
    expect(world.notices).toHaveLength(1);
    expect(world.notices[0]).toContain('volume pv-1');
  });

  it.each([
    { case: 'under force past the drain timeout', onDrainTimeout: 'force' as const, seconds: 5400 },
    { case: 'when more waiting would cost drain time', onDrainTimeout: 'wait' as const, seconds: 30_000 - 5400 - 600 },
  ])('lets a node leave without a node in its zone $case', async ({ onDrainTimeout, seconds }) => {
    const { take, world } = steps();
    world.stranded = true;
    world.clock = later(seconds - 1);
    expect(await take(drainOf('i-0a', { onDrainTimeout }))).toMatchObject({ turn: 'waiting' });
    world.clock = later(seconds);
    expect(await take(drainOf('i-0a', { onDrainTimeout }))).toMatchObject({ turn: 'taken' });
  });

  it('lets a node go without a turn, and without a Lease, when more waiting would cost drain time', async () => {
    const { take, world } = steps();
    world.clock = later(23_900);
    await take(drainOf('i-0a', { startedAt: later(19_400).toISOString(), ceiling: later(50_000).toISOString() }));
    expect(await take(drainOf('i-0b'))).toMatchObject({ turn: 'waiting' });
    world.clock = later(24_000);
    const answer = await take(drainOf('i-0b'));
    expect(answer).toMatchObject({ turn: 'taken', finding: { error: 'TurnsTaken' } });
    expect(answer).not.toHaveProperty('slot');
    expect((await leases()).map(({ holder }) => holder)).toEqual(['i-0a']);
  });
});

describe('Look at replicas and give the turn back', () => {
  const emptied = (instanceId: string) => ({
    ...newDrainRecord(drainOf(instanceId), `node-${instanceId}`),
    ...{ turnAt: now.toISOString(), emptiedAt: later(60).toISOString() },
  });

  it('keeps the turn while it looks, and writes what it could not look at', async () => {
    const { take, look, world } = steps();
    const { slot = '' } = await take(drainOf('i-0a'));
    const controller = { kind: 'Job', namespace: 'shop', name: 'batch' };
    const evicted = [{ namespace: 'shop', name: 'batch-1', controller, at: now.toISOString() }];
    bucket.seed('drains/demo/win2022/i-0a.json', { ...emptied('i-0a'), slot, evicted });
    world.clock = later(200);
    expect(await look(drainOf('i-0a'))).toMatchObject({ replicas: 'back' });
    expect(await leases()).toMatchObject([{ holder: 'i-0a', renewedAt: later(200) }]);
    expect(recordOf('i-0a')).toMatchObject({ replicas: { short: [], notWatched: ['Job shop/batch'] } });
  });

  it('gives the pods of an instance that vanished their time from when that was noticed', async () => {
    const { take, look, world } = steps();
    const { slot = '' } = await take(drainOf('i-0a'));
    const { emptiedAt: _, ...cutOff } = { ...emptied('i-0a'), slot };
    bucket.seed('drains/demo/win2022/i-0a.json', cutOff);
    world.clock = later(9000);
    expect(await look(drainOf('i-0a'))).toMatchObject({ replicas: 'back' });
    expect(recordOf('i-0a')).toMatchObject({ goneAt: later(9000).toISOString() });
  });

  it('lets pods have the node again of an instance in the warm pool while their replicas are waited for', async () => {
    const { look, world } = steps();
    for (const [instanceId, move] of [
      ['i-0a', undefined],
      ['i-0b', 'one'],
    ] as const) {
      const drain = { ...drainOf(instanceId), ...(move && { destination: 'WarmPool' as const, move }) };
      bucket.seed(`drains/demo/win2022/${instanceId}${move ? `-${move}` : ''}.json`, emptied(instanceId));
      await look(drain);
    }
    expect(world.pooled).toEqual(['i-0b']);
  });

  it('has nothing to wait for when the instance vanished before its drain began', async () => {
    expect(await steps().look(drainOf('i-0a'))).toMatchObject({ replicas: 'back' });
  });

  it('ends the record, tells neighbours once, and leaves no Lease', async () => {
    const { take, giveBack, world } = steps();
    const { slot = '' } = await take(drainOf('i-0a'));
    bucket.seed('drains/demo/win2022/i-0a.json', { ...emptied('i-0a'), slot });
    world.clock = later(90);
    expect(await giveBack(drainOf('i-0a'))).toEqual({ returned: true });
    expect(await giveBack(drainOf('i-0a'))).toEqual({ returned: true });
    expect(await leases()).toEqual([]);
    expect(recordOf('i-0a')).toMatchObject({ endedAt: later(90).toISOString() });
    expect(world.announced).toEqual([
      {
        type: 'Node Drained',
        at: later(60),
        detail: expect.objectContaining({ nodeName: 'node-i-0a', drainedAt: later(60).toISOString() }),
      },
    ]);
  });

  it('is not waited for where EC2 takes the machine: another execution drains its node', async () => {
    const { take } = steps();
    await take(drainOf('i-0a'));
    const second = drainOf('i-0b', { startedAt: later(1).toISOString() });
    await openDrainRecords(bucket).create({
      ...newDrainRecord(second, 'node-i-0b'),
      takenAt: later(120).toISOString(),
    });
    expect(await take(second)).toMatchObject({ turn: 'taken', finding: { error: 'SpotInterrupted' } });
    expect((await leases()).map(({ holder }) => holder)).toEqual(['i-0a']);
  });

  it('announces no drain of a node whose instance vanished with pods on it', async () => {
    const { take, giveBack, world } = steps();
    await take(drainOf('i-0a'));
    await giveBack(drainOf('i-0a'));
    expect(world.announced).toEqual([]);
    expect(recordOf('i-0a')).toHaveProperty('endedAt');
  });
});
