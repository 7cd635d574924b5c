import { beforeAll, describe, expect, it } from 'vitest';
import { drainsOf, remains, takenWithoutEviction } from '../support/drains.ts';
import { type Played, play } from '../support/play.ts';
import { lowestReady, movesOf, refusedEvictions } from '../support/workloads.ts';

describe('tight-budgets', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('tight-budgets');
  }, 300_000);

  it('patches every node, and never has fewer Ready nodes than wanted', () => {
    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'patched', nodes: { total: 3, patched: 3 } });
    expect(played.document.nodeGroups[0]?.readyNodes).toEqual({ desired: 3, lowest: 3 });
  });

  it.each([
    { workload: 'store/Deployment/web', wanted: 6, because: 'maxUnavailable 1' },
    { workload: 'store/Deployment/api', wanted: 3, because: 'minAvailable 2' },
    { workload: 'store/Deployment/search', wanted: 4, because: 'minAvailable 75%' },
  ])('keeps all pods of $workload Ready but one ($because), and moves each once', ({ workload, wanted }) => {
    expect(lowestReady(played.log, 'shop', workload)).toBe(wanted - 1);
    expect(movesOf(played.log, 'shop', workload)).toEqual(Array(wanted).fill(1));
  });

  it('takes no pod that was not granted, though budgets refuse many times', () => {
    expect(refusedEvictions(played.log, 'shop')['store/web']).toBeGreaterThan(5);
    expect(takenWithoutEviction(played.log, 'shop')).toEqual([]);
  });

  it('reports how many pods moved, and each that was refused with its budget and the numbers in it', () => {
    const drains = played.document.nodeGroups[0]?.drains;
    expect(drains).toMatchObject({ emptied: 3, evicted: 13, cutShort: [], unfinished: [], forced: [], lost: [] });
    const web = drains?.refused.filter(({ name }) => name.startsWith('web-')) ?? [];
    expect(web.length).toBeGreaterThan(0);
    // Between an eviction and the count of the healthy pods after it, all six are counted still.
    const numbers = expect.toSatisfy((healthy) => healthy === 5 || healthy === 6);
    for (const { budgets } of web) expect(budgets).toEqual([{ name: 'web', needed: 5, healthy: numbers }]);
  });

  it('lets each node leave only when the pods of the one before are Ready again', () => {
    const records = drainsOf(played.stage);
    expect(records).toHaveLength(3);
    for (const { replicas } of records) expect(replicas?.short).toEqual([]);
    for (const [index, { turnAt = '' }] of records.slice(1).entries()) {
      expect(turnAt >= (records[index]?.replicas?.lookedAt ?? 'never')).toBe(true);
    }
  });

  it('leaves nothing behind', () => {
    expect(remains(played)).toEqual([]);
  });
});
