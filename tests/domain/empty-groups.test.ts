import { describe, expect, it } from 'vitest';
import { mayRoll, provedGroups, waitsForProof } from '../../functions/domain/empty-groups.ts';
import { reason } from '../../functions/domain/errors.ts';
import type { GroupReport, Plan } from '../../functions/domain/report.ts';
import { anImage, aReport, now } from '../support/builders.ts';

const empty = aReport({
  ...{ name: 'empty', outcome: 'skipped', reason: reason('NoInstances', 'none'), nodes: { total: 0, patched: 0 } },
});
const web = aReport({ name: 'web', outcome: 'planned' });
const planOf = (nodeGroups: GroupReport[], dryRun = false): Plan => ({
  ...{ run: 'run-1', image: anImage(), dryRun, plannedAt: now.toISOString(), nodeGroups },
});

describe('a group without instances', () => {
  it('waits for a proof, and may be rolled in the run; one that is held does neither', () => {
    const held = aReport({ outcome: 'skipped', reason: reason('Held', 'until June') });
    expect([empty, web, held].map(waitsForProof)).toEqual([true, false, false]);
    expect([empty, web, held].map(mayRoll)).toEqual([true, true, false]);
  });

  it.each([
    { case: 'one that is patched', other: { outcome: 'patched' }, follows: true },
    { case: 'one that is partly patched', other: { outcome: 'partly-patched' }, follows: false },
    { case: 'one that was rolled back', other: { outcome: 'rolled-back' }, follows: false },
    { case: 'one that failed', other: { outcome: 'failed' }, follows: false },
  ] as const)('beside $case follows: $follows', ({ other, follows }) => {
    const followers = provedGroups(planOf([empty, web]), [{ ...web, ...other }]);
    expect(followers.map(({ name }) => name)).toEqual(follows ? ['empty'] : []);
  });

  it('follows a group that was on the AMI already, if that has a node', () => {
    const onTarget = (total: number) => aReport({ outcome: 'up-to-date', nodes: { total, patched: total } });
    expect(provedGroups(planOf([empty, onTarget(2)]), [])).toEqual([empty]);
    expect(provedGroups(planOf([empty, onTarget(0)]), [])).toEqual([]);
  });

  it('follows nobody in a dry run', () => {
    expect(provedGroups(planOf([empty, web], true), [{ ...web, outcome: 'patched' }])).toEqual([]);
  });
});
