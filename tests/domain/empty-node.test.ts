import { describe, expect, it } from 'vitest';
import type { DrainInput } from '../../functions/domain/drain-input.ts';
import { type DrainRecord, newDrainRecord } from '../../functions/domain/drain-record.ts';
import { type EmptyDependencies, emptyNode } from '../../functions/domain/empty-node.ts';
import type { LeavingPod } from '../../functions/domain/leaving-pods.ts';
import { now } from '../support/builders.ts';

const input: DrainInput = {
  ...{ cluster: 'demo', nodeGroup: 'win2022', autoScalingGroupName: 'win2022', instanceId: 'i-0a' },
  ...{ startedAt: now.toISOString(), drainTimeoutSeconds: 600, concurrentDrains: 1 },
  drainDeadline: new Date(now.getTime() + 600_000).toISOString(),
  ceiling: new Date(now.getTime() + 30_000_000).toISOString(),
  onDrainTimeout: 'wait',
};
const pod = (name: string, overrides: Partial<LeavingPod> = {}): LeavingPod => ({
  ...{ namespace: 'store', name, uid: name, labels: {}, controller: { kind: 'ReplicaSet', name: 'web' } },
  ...{ isMirror: false, isFinished: false, dueAt: undefined, hasLocalData: false, claims: [] },
  ...{ claimsWithOwn: [], isForced: false, isUnique: false },
  ...overrides,
});
const budget = { name: 'web', needed: 2, healthy: 2 };

type World = {
  pods: LeavingPod[];
  attached?: string[];
  refuses?: (name: string) => boolean;
  /** Pods that an admission webhook does not let anybody delete. */
  guards?: (name: string) => boolean;
  /** After so many seconds the wait at the hook ends, and the machine with all that is on it. */
  endsAfter?: number;
  /** After so many seconds the API server ends each watch. */
  watchesLast?: number;
};

/** A node whose pods are gone thirty seconds after they were asked; time passes while they are watched. */
function aNodeWith({
  pods,
  attached = [],
  refuses = () => false,
  guards = () => false,
  endsAfter = Number.POSITIVE_INFINITY,
  watchesLast = Number.POSITIVE_INFINITY,
}: World) {
  let record: DrainRecord = newDrainRecord(input, 'node-a');
  let at = now.getTime();
  let [left, volumes] = [pods, attached];
  const done: string[] = [];
  const replace = (one: LeavingPod, change: Partial<LeavingPod>) => {
    left = left.map((each) => (each.uid === one.uid ? { ...each, ...change } : each));
  };
  const isThere = () => at < now.getTime() + endsAfter * 1000;
  const end = () => {
    if (!isThere()) left = [];
    // One that should have gone before the visit hangs for ever.
    left = left.filter(({ dueAt }) => dueAt === undefined || dueAt.getTime() > at || dueAt < now);
    if (left.length === 0) volumes = [];
  };
  const deps: EmptyDependencies = {
    listPods: async () => left,
    evict: async (one) => {
      done.push(`evict ${one.name}`);
      if (refuses(one.name)) {
        return { answer: 'refused', budgets: [budget], message: 'would violate', retryAfterSeconds: undefined };
      }
      replace(one, { dueAt: new Date(at + 30_000) });
      return { answer: 'leaving' };
    },
    remove: async (one, grace) => {
      done.push(`remove ${one.name} with ${grace}, noted ${JSON.stringify(record.forced.map(({ name }) => name))}`);
      if (guards(one.name)) {
        return { answer: 'refused', budgets: [], message: 'denied the request', retryAfterSeconds: undefined };
      }
      if (grace === 'none') left = left.filter(({ uid }) => uid !== one.uid);
      else replace(one, { dueAt: new Date(at + 30_000) });
      return undefined;
    },
    lookElsewhere: async () => ({ starting: 0, receivers: 3 }),
    listAttachments: async () => volumes,
    keepWaiting: async () => isThere(),
    watchPods: async (_node, { seconds }) => {
      const before = left.length;
      at += Math.min(seconds, watchesLast) * 1000;
      end();
      return before - left.length;
    },
    now: () => new Date(at),
    chance: () => 0,
  };
  const written = (current: DrainRecord): Parameters<typeof emptyNode>[1] => ({
    record: current,
    save: async (next) => {
      record = next;
      return written(next);
    },
  });
  const visit = (more: Partial<DrainInput> = {}) => emptyNode({ ...input, ...more }, written(record), deps);
  return { visit, done, record: () => record, pass: (seconds: number) => (at += seconds * 1000) };
}

describe('a visit of a node that leaves', () => {
  it('lets its pods go and answers when they are gone, with what was lost', async () => {
    const node = aNodeWith({ pods: [pod('web-1'), pod('alone', { controller: undefined, hasLocalData: true })] });
    expect(await node.visit()).toMatchObject({ drain: 'emptied' });
    expect(node.record()).toMatchObject({
      evicted: [{ name: 'web-1' }, { name: 'alone' }],
      lost: [{ name: 'alone' }],
      localData: [{ name: 'alone' }],
    });
    expect(node.record().emptiedAt).toBeDefined();
  });

  it('asks again for a refused pod, counts it, and names its budget', async () => {
    const node = aNodeWith({ pods: [pod('web-1')], refuses: () => true });
    expect(await node.visit()).toMatchObject({
      drain: 'draining',
      finding: { error: 'PodsLeft', cause: expect.stringContaining('web needs 2 healthy pods and has 2') },
    });
    const [refused] = node.record().refused;
    expect(refused?.times).toBe(node.done.length);
    expect(node.done.length).toBeGreaterThan(5);
    expect(refused?.budgets).toEqual([budget]);
  });

  it('asks every pod, however many of those before it a budget holds', async () => {
    const held = Array.from({ length: 12 }, (_, number) => pod(`held-${number}`));
    const node = aNodeWith({ pods: [...held, pod('web-1')], refuses: (name) => name.startsWith('held') });
    expect(await node.visit()).toMatchObject({ drain: 'draining' });
    expect(node.record().evicted).toMatchObject([{ name: 'web-1' }]);
    const times = node.record().refused.map((each) => each.times);
    expect(times).toHaveLength(held.length);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);
  });

  it('lets the others go where a webhook lets nobody delete a pod that has ended, and says so', async () => {
    const node = aNodeWith({
      pods: [pod('done-1', { isFinished: true }), pod('web-1')],
      guards: (name) => name === 'done-1',
    });
    expect(await node.visit()).toMatchObject({
      drain: 'draining',
      finding: { error: 'PodsLeft', cause: expect.stringMatching(/done-1 was refused \d+ times: denied the request/) },
    });
    expect(node.record().evicted).toMatchObject([{ name: 'web-1' }]);
  });

  it('asks no more often where the API server ends watches at once', async () => {
    const node = aNodeWith({ pods: [pod('web-1')], refuses: () => true, watchesLast: 0.1 });
    expect(await node.visit()).toMatchObject({ drain: 'draining', finding: { error: 'PodsLeft' }, pauseSeconds: 8 });
    expect(node.done).toEqual(['evict web-1']);
  });

  it('is stuck past the deadline of a group that waits, and takes nothing by force', async () => {
    const node = aNodeWith({ pods: [pod('web-1')], refuses: () => true });
    node.pass(700);
    expect(await node.visit()).toMatchObject({ drain: 'stuck' });
    expect(node.done.filter((each) => each.startsWith('remove'))).toEqual([]);
  });

  it('deletes what is left past the deadline of a group that forces, after it is written down', async () => {
    const node = aNodeWith({ pods: [pod('web-1')], refuses: () => true });
    node.pass(700);
    expect(await node.visit({ onDrainTimeout: 'force' })).toMatchObject({ drain: 'emptied' });
    expect(node.done).toEqual(['remove web-1 with its-own, noted ["web-1"]']);
    expect(node.record().forced).toMatchObject([{ name: 'web-1', why: 'deadline' }]);
  });

  it('is stuck where pods of a group that forces take longer to end than some minutes after the deadline', async () => {
    const slow = pod('slow-1', { dueAt: new Date(now.getTime() + 7_200_000) });
    const visitAfter = (seconds: number) => {
      const node = aNodeWith({ pods: [slow] });
      node.pass(seconds);
      return node.visit({ onDrainTimeout: 'force' });
    };
    expect(await visitAfter(620)).toMatchObject({ drain: 'draining' });
    expect(await visitAfter(900)).toMatchObject({ drain: 'stuck', finding: { error: 'PodsLeft' } });
  });

  it('ends a pod that hangs, after it is written down', async () => {
    const node = aNodeWith({ pods: [pod('web-1', { dueAt: new Date(now.getTime() - 60_000) })] });
    await node.visit();
    expect(node.done).toEqual(['remove web-1 with none, noted ["web-1"]']);
  });

  it('lets a machine go past the deadline with a pod that must not be forced, and does not call the node empty', async () => {
    const stays = pod('db-0', { isUnique: true, dueAt: new Date(now.getTime() - 60_000) });
    const node = aNodeWith({ pods: [stays] });
    expect(await node.visit({ onDrainTimeout: 'force' })).toMatchObject({ drain: 'draining' });
    const late = aNodeWith({ pods: [stays] });
    late.pass(700);
    expect(await late.visit({ onDrainTimeout: 'force' })).toMatchObject({
      drain: 'emptied',
      finding: { error: 'PodsLeft', cause: expect.stringContaining('db-0') },
    });
    expect(late.done).toEqual([]);
    expect(late.record()).not.toHaveProperty('emptiedAt');
    expect(late.record().goneAt).toBeDefined();
  });

  it('waits for a pod that its finalizers keep, and at the deadline lets the machine of a group that forces go', async () => {
    const kept = pod('web-1', { isForced: true, dueAt: new Date(now.getTime() - 60_000) });
    const early = aNodeWith({ pods: [kept] });
    expect(await early.visit({ onDrainTimeout: 'force' })).toMatchObject({ drain: 'draining' });
    const late = aNodeWith({ pods: [kept] });
    late.pass(700);
    expect(await late.visit({ onDrainTimeout: 'force' })).toMatchObject({
      drain: 'emptied',
      finding: { error: 'PodsLeft', cause: expect.stringContaining('finalizers') },
    });
    expect([...early.done, ...late.done]).toEqual([]);
    expect(late.record()).not.toHaveProperty('emptiedAt');
  });

  it('notes pods that leave and are not in its record, once, whoever has asked them', async () => {
    const leaving = pod('web-1', { hasLocalData: true, dueAt: new Date(now.getTime() + 30_000) });
    const daemon = pod('logs-1', { controller: { kind: 'DaemonSet', name: 'logs' }, dueAt: leaving.dueAt });
    const node = aNodeWith({ pods: [leaving, daemon] });
    await node.visit();
    expect(node.done).toEqual([]);
    expect(node.record()).toMatchObject({ evicted: [{ name: 'web-1' }], localData: [{ name: 'web-1' }] });
    expect(node.record().evicted).toHaveLength(1);
  });

  it('tells what is lost with a pod that is forced at the deadline', async () => {
    const node = aNodeWith({ pods: [pod('alone', { controller: undefined, hasLocalData: true })] });
    node.pass(700);
    await node.visit({ onDrainTimeout: 'force' });
    expect(node.record()).toMatchObject({
      ...{ evicted: [], forced: [{ name: 'alone', why: 'deadline' }] },
      ...{ lost: [{ name: 'alone' }], localData: [{ name: 'alone' }] },
    });
  });

  it('does not call a node empty whose pods have ended with its machine', async () => {
    const node = aNodeWith({ pods: [pod('web-1')], refuses: () => true, endsAfter: 60 });
    expect(await node.visit()).toMatchObject({ drain: 'gone', finding: { error: 'InstanceGone' } });
    expect(node.record()).toMatchObject({ evicted: [], goneAt: expect.any(String) });
    expect(node.record()).not.toHaveProperty('emptiedAt');
  });

  it('does not wait for the volumes of pods that stay', async () => {
    const claims = ['cache'];
    const stays = { controller: { kind: 'DaemonSet', name: 'logs' }, claims, claimsWithOwn: claims };
    const node = aNodeWith({ pods: [pod('logs-1', stays)], attached: ['csi-1'] });
    expect(await node.visit()).toMatchObject({ drain: 'emptied' });
    expect(node.record()).not.toHaveProperty('volumes');
  });

  it('waits until the volumes of its pods are detached', async () => {
    const claims = ['data-db-0'];
    const node = aNodeWith({ pods: [pod('db-0', { claims, claimsWithOwn: claims })], attached: ['csi-1'] });
    expect(await node.visit()).toMatchObject({ drain: 'emptied' });
    expect(node.record().volumes).toBe(true);
    const stuck = aNodeWith({
      pods: [pod('db-0', { claims, claimsWithOwn: claims })],
      attached: ['csi-1'],
      refuses: () => true,
    });
    expect((await stuck.visit()).drain).toBe('draining');
  });

  it('spares nobody and waits for no volume on a machine that EC2 takes, and looks a last time at its end', async () => {
    const takenAt = new Date(now.getTime() + 120_000).toISOString();
    const pods = Array.from({ length: 30 }, (_, index) => pod(`web-${index}`));
    const usual = aNodeWith({ pods });
    await usual.visit();
    const times = ({ evicted }: DrainRecord) => new Set(evicted.map(({ at }) => at)).size;
    expect(times(usual.record())).toBeGreaterThan(1);
    const hurried = aNodeWith({ pods, attached: ['csi-1'] });
    expect(await hurried.visit({ takenAt })).toMatchObject({ drain: 'emptied' });
    expect(times(hurried.record())).toBe(1);
    const refused = aNodeWith({ pods: [pod('web-1')], refuses: () => true });
    for (let visit = 0; visit < 2; visit += 1) expect((await refused.visit({ takenAt })).drain).toBe('draining');
    expect(Date.parse(takenAt) - Date.parse(refused.record().refused[0]?.lastAt ?? '')).toBeLessThan(2000);
  });
});
