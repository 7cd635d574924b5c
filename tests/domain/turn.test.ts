import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideTurn,
  isLive,
  leftBehind,
  placeName,
  slotName,
  type TurnLease,
  turnGroup,
  turnSeconds,
} from '../../functions/domain/turn.ts';
import { now } from '../support/builders.ts';

const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

const aSlot = (slot: number, holder: string, overrides: Partial<TurnLease> = {}): TurnLease => ({
  name: slotName('win2022', slot),
  role: 'slot',
  holder,
  since: later(-60),
  renewedAt: now,
  durationSeconds: turnSeconds,
  resourceVersion: '1',
  ...overrides,
});
const aPlace = (holder: string, since: Date, overrides: Partial<TurnLease> = {}): TurnLease =>
  aSlot(0, holder, { name: placeName('win2022', holder), role: 'waiting', since, ...overrides });
const ask = (leases: readonly TurnLease[], { slots = 2, holder = 'i-me', waitingSince = now, at = now } = {}) =>
  decideTurn(leases, { nodeGroup: 'win2022', slots, holder, waitingSince }, at);
const expired = { renewedAt: later(-turnSeconds) };

describe('a turn', () => {
  it.each([
    { case: 'no Lease is there', leases: [], slot: 0 },
    { case: 'one of two slots is held', leases: [aSlot(0, 'i-a')], slot: 1 },
    { case: 'the holder of a slot has died', leases: [aSlot(0, 'i-a', expired), aSlot(1, 'i-b')], slot: 0 },
    { case: 'a slot has no holder', leases: [aSlot(0, ''), aSlot(1, 'i-b')], slot: 0 },
    { case: 'only younger nodes wait', leases: [aSlot(0, 'i-a'), aPlace('i-b', later(1))], slot: 1 },
    {
      case: 'the node that waited longest has died',
      leases: [aSlot(0, 'i-a'), aPlace('i-b', later(-9), expired)],
      slot: 1,
    },
    { case: 'only the node itself waits', leases: [aSlot(0, 'i-a'), aPlace('i-me', later(-9))], slot: 1 },
    { case: 'an older node takes the other free slot', leases: [aPlace('i-b', later(-9))], slot: 1 },
  ])('is free when $case', ({ leases, slot }) => {
    expect(ask(leases)).toMatchObject({ turn: 'free', slotName: slotName('win2022', slot) });
  });

  it('is waited for behind the nodes that have waited for longer', () => {
    const leases = [aSlot(0, 'i-a'), aPlace('i-b', later(-9))];
    expect(ask(leases)).toEqual({ turn: 'wait', ahead: 1, holders: ['i-a'], lookAgainAt: later(turnSeconds) });
  });

  it('stays with its holder, also past its time, while nobody has taken it over', () => {
    const mine = aSlot(1, 'i-me', expired);
    expect(ask([aSlot(0, 'i-a'), mine])).toEqual({ turn: 'ours', slot: mine, surplus: [] });
  });

  it('of which a node has two is one, and the other is given back', () => {
    const [first, second] = [aSlot(0, 'i-me'), aSlot(1, 'i-me')];
    expect(ask([second, first])).toEqual({ turn: 'ours', slot: first, surplus: [second] });
  });

  it('is not given beyond what a group with less surge may have now', () => {
    const many = [aSlot(1, 'i-b'), aSlot(2, 'i-c')];
    expect(ask(many, { slots: 1 })).toMatchObject({ turn: 'wait', holders: ['i-b', 'i-c'] });
    const lost = aSlot(2, 'i-me', expired);
    expect(ask([aSlot(0, 'i-a'), lost], { slots: 1 })).toMatchObject({ turn: 'wait' });
  });

  it('ends when its holder was not here for longer than a visit takes', () => {
    const held = aSlot(0, 'i-a');
    expect(isLive(held, later(turnSeconds - 1))).toBe(true);
    expect(isLive(held, later(turnSeconds))).toBe(false);
    expect(leftBehind([held, aSlot(1, 'i-b', expired)], now).map(({ holder }) => holder)).toEqual(['i-b']);
  });
});

describe('the queue', () => {
  const places = fc.uniqueArray(fc.record({ number: fc.nat(99), since: fc.nat(50) }), {
    selector: ({ number }) => number,
    maxLength: 12,
  });

  it('gives every free slot to the nodes that have waited longest, one for each', () => {
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: 6 }), fc.nat(6), (waiting, slots, taken) => {
        const held = Array.from({ length: Math.min(taken, slots) }, (_, slot) => aSlot(slot, `i-held-${slot}`));
        const queue = waiting.map(({ number, since }) => aPlace(`i-${number}`, later(since)));
        const winners = queue.flatMap(({ holder, since }) => {
          const decision = ask([...held, ...queue], { slots, holder, waitingSince: since, at: later(60) });
          return decision.turn === 'free' ? [{ slot: decision.slotName, since }] : [];
        });
        const free = slots - held.length;
        const oldest = queue
          .map(({ since }) => since.getTime())
          .toSorted((a, b) => a - b)
          .slice(0, free);

        expect(winners.map(({ since }) => since.getTime()).toSorted((a, b) => a - b)).toEqual(oldest);
        expect(new Set(winners.map(({ slot }) => slot)).size).toBe(winners.length);
      }),
    );
  });
});

describe('the name of a Lease', () => {
  it.each(['win2022', 'Win 2022/core_α', 'x'.repeat(255), '---', '1'])('is legal for the group %j', (nodeGroup) => {
    for (const name of [slotName(nodeGroup, 12), placeName(nodeGroup, 'i-0abc1234def567890')]) {
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
      expect(name.length).toBeLessThan(253);
    }
    expect(turnGroup(nodeGroup)).toMatch(/^[a-z0-9]{1,63}$/);
  });

  it('is never that of another group', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        fc.pre(a !== b);
        expect(slotName(a, 0)).not.toBe(slotName(b, 0));
      }),
    );
  });
});
