import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { listTurns, renewTurn, returnTurn, takeTurn, watchTurns } from '../../functions/adapters/turns.ts';
import { turnSeconds } from '../../functions/domain/turn.ts';
import { aCluster, aNamespace, type TestCluster } from '../simulator/kubernetes/a-cluster.ts';
import { now } from '../support/builders.ts';
import { Turnstile } from '../support/turnstile.ts';
import { simulatedApi } from './simulated-api.ts';

const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

let cluster: TestCluster;
let groups = 0;
beforeAll(async () => {
  cluster = await aCluster();
  cluster.cluster.applyManifest(aNamespace('reglaze'));
});

/** A group of its own, so that tests do not meet. */
const aGroup = (slots = 1) => {
  groups += 1;
  const nodeGroup = `win-${groups}`;
  const api = simulatedApi(cluster);
  return {
    api,
    nodeGroup,
    ask: (holder: string) => ({ nodeGroup, slots, holder, waitingSince: now }),
    take: (holder: string, { at = now, since = now } = {}) =>
      takeTurn(api, { nodeGroup, slots, holder, waitingSince: since }, at),
    leases: async () => (await listTurns(api, nodeGroup)).leases,
    object: async (name: string) =>
      (await cluster.call('GET', `/apis/coordination.k8s.io/v1/namespaces/reglaze/leases/${name}`)).body,
  };
};

describe('a turn in a cluster', () => {
  it('is a Lease that says whose it is and how long it lasts', async () => {
    const { take, object, nodeGroup } = aGroup();
    const turn = await take('i-0a');
    expect(turn).toMatchObject({ turn: 'taken' });
    expect(await object('slot' in turn ? turn.slot : '')).toMatchObject({
      metadata: { namespace: 'reglaze', annotations: { 'reglaze.dev/node-group': nodeGroup } },
      spec: {
        holderIdentity: 'i-0a',
        leaseDurationSeconds: turnSeconds,
        acquireTime: '2026-05-16T05:00:00.000000Z',
        renewTime: '2026-05-16T05:00:00.000000Z',
      },
    });
  });

  it('asked for twice is the same one', async () => {
    const { take, leases } = aGroup(3);
    const first = await take('i-0a');
    expect(await take('i-0a', { at: later(90) })).toEqual(first);
    expect(await leases()).toMatchObject([{ holder: 'i-0a', since: now, renewedAt: later(90) }]);
  });

  it('is one, also for a node whose visits at the same moment took two', async () => {
    const { take, leases, ask, api } = aGroup(2);
    await take('i-0a');
    await take('i-0b');
    await returnTurn(api, ask('i-0a'));
    let isFirst = true;
    const slow = simulatedApi(cluster, {
      // This visit has seen the first slot free. Before it takes it, another visit finds only the second one free.
      step: async (what) => {
        if (!what.startsWith('POST') || !isFirst) return;
        isFirst = false;
        await take('i-0a');
        await returnTurn(api, ask('i-0b'));
        await take('i-0c');
        await returnTurn(api, ask('i-0a'));
      },
    });
    await takeTurn(slow, ask('i-0c'), now);
    expect((await leases()).map(({ holder }) => holder)).toEqual(['i-0c', 'i-0c']);
    expect(await take('i-0c')).toMatchObject({ turn: 'taken' });
    expect((await leases()).map(({ holder }) => holder)).toEqual(['i-0c']);
  });

  it('is not cleared away when it was taken over a moment ago', async () => {
    const { take, leases, ask } = aGroup(2);
    await take('i-0a', { at: later(-turnSeconds) });
    await take('i-0b', { at: later(-turnSeconds) });
    let isFirst = true;
    const slow = simulatedApi(cluster, {
      // This visit is about to clear the second slot, whose holder has died, when two others take both.
      step: async (what) => {
        if (!what.startsWith('DELETE') || !isFirst) return;
        isFirst = false;
        await take('i-0c');
        await take('i-0d');
      },
    });
    expect(await takeTurn(slow, ask('i-0e'), now)).toMatchObject({ turn: 'waiting', lookAgainAt: now });
    expect((await leases()).map(({ holder }) => holder)).toEqual(['i-0c', 'i-0d']);
  });

  it('is waited for by a Lease that tells since when, and taken when it is given back', async () => {
    const { api, take, leases, nodeGroup } = aGroup();
    await take('i-0a');
    const since = later(-60);
    expect(await take('i-0b', { since })).toMatchObject({ turn: 'waiting', ahead: 0, holders: ['i-0a'] });
    expect(await leases()).toHaveLength(2);
    await returnTurn(api, { nodeGroup, holder: 'i-0a' });
    await returnTurn(api, { nodeGroup, holder: 'i-0a' });
    expect(await take('i-0c')).toMatchObject({ turn: 'waiting', ahead: 1, holders: [] });
    expect(await take('i-0b', { since })).toMatchObject({ turn: 'taken' });
    expect((await leases()).map(({ role, holder }) => `${role} ${holder}`).toSorted()).toEqual([
      'slot i-0b',
      'waiting i-0c',
    ]);
  });

  it('of a holder that died is taken over, and what it leaves is cleared away', async () => {
    const { take, leases } = aGroup(2);
    const turn = await take('i-0a');
    await take('i-0b');
    await take('i-0c');
    expect(await take('i-0d', { at: later(turnSeconds) })).toEqual(turn);
    expect((await leases()).map(({ holder }) => holder)).toEqual(['i-0d']);
  });

  it("is renewed while it is the holder's, and lost when it is not", async () => {
    const { api, take, leases } = aGroup();
    const turn = await take('i-0a');
    const slot = 'slot' in turn ? turn.slot : '';
    expect(await renewTurn(api, slot, 'i-0a', later(200))).toBe('renewed');
    expect(await leases()).toMatchObject([{ since: now, renewedAt: later(200) }]);
    expect(await renewTurn(api, slot, 'i-0b', later(210))).toBe('lost');
    await take('i-0b', { at: later(200 + turnSeconds) });
    expect(await renewTurn(api, slot, 'i-0a', later(600))).toBe('lost');
    expect(await renewTurn(api, 'drain-nothing-0', 'i-0a', later(600))).toBe('lost');
  });

  it('that is given back is seen by those who watch for it', async () => {
    const { api, take, nodeGroup } = aGroup();
    await take('i-0a');
    const waiting = await take('i-0b');
    if (waiting.turn !== 'waiting') throw new Error('The turn was taken.');
    const request = { nodeGroup, slots: 1, holder: 'i-0b', waitingSince: now };
    const during = { seconds: 60, now: () => now };
    expect(await watchTurns(api, request, waiting.seen, during)).toBe('wait');
    await returnTurn(api, { nodeGroup, holder: 'i-0a' });
    expect(await watchTurns(api, request, waiting.seen, during)).toBe('ask');
  });

  it('cannot be had where the manifest was not applied, and the error says how', async () => {
    const bare = simulatedApi(await aCluster());
    const request = { nodeGroup: 'win', slots: 1, holder: 'i-0a', waitingSince: now };
    await expect(takeTurn(bare, request, now)).rejects.toMatchObject({
      name: 'ClusterAccessDenied',
      message: expect.stringContaining('kubectl apply -f infrastructure/kubernetes/mover.yml'),
    });
  });
});

describe('turns that are asked for at the same moments', () => {
  /** How often each node asks at a time, as when a step is delivered twice, and whether it gives its turn back then. */
  const visits = fc.array(fc.record({ times: fc.integer({ min: 1, max: 2 }), gives: fc.boolean() }), {
    minLength: 2,
    maxLength: 4,
  });
  const order = fc.array(fc.nat(5), { minLength: 40, maxLength: 40 });
  const slotCount = fc.integer({ min: 1, max: 3 });

  /** Turns that nodes took long ago which have died since. */
  const leaveDead = async (nodeGroup: string, slots: number, dead: number) => {
    for (const node of Array.from({ length: Math.min(slots, dead) }, (_, index) => index)) {
      const request = { nodeGroup, slots, holder: `i-dead-${node}`, waitingSince: now };
      await takeTurn(simulatedApi(cluster), request, later(-turnSeconds));
    }
  };

  it('are never more than there are slots, whoever has died before and in whatever order the calls come', async () => {
    await fc.assert(
      fc.asyncProperty(order, slotCount, fc.nat(3), visits, async (choices, slots, dead, plan) => {
        const { nodeGroup, leases, take } = aGroup(slots);
        await leaveDead(nodeGroup, slots, dead);
        const turnstile = new Turnstile(choices);
        const api = simulatedApi(cluster, { step: turnstile.pass });
        /** The nodes that were told that it is their turn. */
        const draining = new Set<string>();
        const left = plan.map(({ times }) => times);
        const visit = async (node: number) => {
          const holder = `i-${node}`;
          const { turn } = await takeTurn(api, { nodeGroup, slots, holder, waitingSince: later(node) }, now);
          if (turn === 'taken') draining.add(holder);
          left[node] = (left[node] ?? 0) - 1;
          if (left[node] !== 0 || !plan[node]?.gives) return;
          draining.delete(holder);
          await returnTurn(api, { nodeGroup, holder });
        };
        let most = 0;
        const activities = plan.flatMap(({ times }, node) => Array.from({ length: times }, () => () => visit(node)));
        await turnstile.run(activities, async () => {
          most = Math.max(most, draining.size);
        });
        // Whatever happened, everybody asks once more, one after the other.
        for (const node of [0, 1, 2, 3]) await take(`i-${node}`, { since: later(node) });
        const held = (await leases()).filter(({ role }) => role === 'slot').map(({ holder }) => holder);

        expect(most).toBeLessThanOrEqual(slots);
        expect(new Set(held).size).toBe(held.length);
        expect(held.length).toBeLessThanOrEqual(slots);
      }),
      { numRuns: 200 },
    );
  });
});
