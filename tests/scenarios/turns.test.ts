import { beforeAll, describe, expect, it } from 'vitest';
import type { DrainRecord } from '../../functions/domain/drain-record.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { entriesOf, leftovers, type Played, play } from '../support/play.ts';

/** A group of four, of which three leave at once, long after the run. One of them may drain at a time. */
function withScaleIn(scenario: Scenario): void {
  const [web] = scenario.clusters[0]?.nodeGroups ?? [];
  if (web === undefined) throw new Error('The scenario has no node group.');
  Object.assign(web, { size: 4, maxSize: 6 });
  scenario.operator.push({ when: { minute: 240 }, does: { kind: 'set-desired-capacity', group: 'shop/web', to: 1 } });
}

describe('a month, and three nodes that leave at once after it', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('tiny-month', { change: withScaleIn });
  }, 300_000);

  const objects = (prefix: string) => {
    const { account, stack } = played.stage;
    const bucket = stack.outputs.RunBucketName ?? '';
    const keys = account.s3.keys(bucket).filter((key) => key.startsWith(prefix));
    return keys.map((key) => JSON.parse(account.s3.object(bucket, key)?.body.toString() ?? ''));
  };
  const drains = () =>
    (objects('drains/shop/web/') as DrainRecord[]).toSorted((a, b) => ((a.turnAt ?? '') < (b.turnAt ?? '') ? -1 : 1));
  const calls = (operation: string, step?: string) =>
    entriesOf(played.log, 'call.kubernetes').filter(
      (call) =>
        call.operation === operation &&
        Number(call.status) < 300 &&
        (step === undefined || String(call.functionName).endsWith(step)),
    ).length;

  it('gives each node its turn when the replicas of the one before were looked at', () => {
    expect(drains()).toHaveLength(7);
    const overlapping = drains().filter(({ turnAt = '' }, index) => {
      const before = drains()[index - 1];
      return before !== undefined && turnAt < (before.replicas?.lookedAt ?? 'never');
    });
    expect(overlapping).toEqual([]);
    expect(drains().filter(({ slot }) => slot === undefined)).toEqual([]);
  });

  it('lets the waiting ones be: their drains begin when they have their turns', () => {
    const late = drains().slice(-3);
    expect(new Set(late.map(({ startedAt }) => startedAt.slice(0, 16))).size).toBe(1);
    for (const { turnAt = '', cordonedAt } of late) expect((cordonedAt ?? turnAt) >= turnAt).toBe(true);
  });

  it('marks the old nodes once, before the first of them leaves', () => {
    expect(calls('patch nodes', '-prefer-new-nodes')).toBeGreaterThanOrEqual(4);
    const marked = played.log.find(
      ({ kind, details }) => kind === 'call.kubernetes' && String(details.functionName).endsWith('-prefer-new-nodes'),
    );
    const firstTurn = Math.min(...(objects('drains/') as DrainRecord[]).map(({ startedAt }) => Date.parse(startedAt)));
    expect(marked?.at).toBeLessThan(firstTurn);
  });

  it('leaves no Lease, no taint in a state file and nothing else behind', () => {
    expect(calls('create leases')).toBeGreaterThan(7);
    expect(calls('create leases')).toBe(calls('delete leases'));
    expect(objects('state/').filter((state) => state.taints !== undefined)).toEqual([]);
    expect(leftovers(played.stage)).toEqual([]);
  });
});
