import { describe, expect, it } from 'vitest';
import { reason } from '../../functions/domain/errors.ts';
import { planEmptyGroups } from '../../functions/handlers/plan-empty-groups.ts';
import { releaseLease } from '../../functions/handlers/release-lease.ts';
import { reportRun } from '../../functions/handlers/report-run.ts';
import { takeLease } from '../../functions/handlers/take-lease.ts';
import { verifyNodes } from '../../functions/handlers/verify-nodes.ts';
import { aKey, anImage, aPlan, aReport, aRollingState, executionArn } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';

const run = 'run-1';
const none = { total: 0, patched: 0 };
const empty = aReport({ outcome: 'skipped', reason: reason('NoInstances', 'It has none.'), nodes: none });
const web = aReport({ name: 'web', outcome: 'planned' });

/** An account whose group has no instances, beside one that was rolled. */
async function withEmptyGroup(end: 'patched' | 'rolled-back'): Promise<FakeAccount> {
  const account = new FakeAccount();
  account.change({ instances: [], desiredCapacity: 0 });
  await account.files.writePlan(aPlan({ nodeGroups: [empty, web] }));
  await account.files.writeOutcome(run, { ...web, outcome: end });
  return account;
}

describe('Plan empty groups', () => {
  it('hands over the group when another one is patched, as often as it is asked', async () => {
    const account = await withEmptyGroup('patched');
    const rollouts = [{ ...aKey(), image: anImage(), executionName: expect.stringMatching(/^demo-win2022-/) }];
    expect(await planEmptyGroups(account)({ run })).toEqual({ rollouts });
    expect(await planEmptyGroups(account)({ run })).toEqual({ rollouts });
  });

  it('hands over nothing when no group is patched, or there is no plan', async () => {
    expect(await planEmptyGroups(await withEmptyGroup('rolled-back'))({ run })).toEqual({ rollouts: [] });
    expect(await planEmptyGroups(new FakeAccount())({ run })).toEqual({ rollouts: [] });
  });
});

describe('the rollout of an empty group', () => {
  it('needs no node of its own, and says so in the state file from the beginning', async () => {
    const account = await withEmptyGroup('patched');
    await takeLease(account)({ ...aKey(), executionArn, image: anImage() });
    expect(account.state.provedElsewhere).toBe(true);

    account.withState(aRollingState({ phase: 'replaced', provedElsewhere: true }));
    expect(await verifyNodes(account)(aKey())).toMatchObject({ verification: 'verified' });
    expect(account.state.verified).toEqual({ leftAlone: [] });
  });

  it('is refused a proof when it was not empty at the plan', async () => {
    const account = await withEmptyGroup('patched');
    account.withState(aRollingState({ phase: 'replaced' }));
    expect(await verifyNodes(account)(aKey())).toMatchObject({ verification: 'wrong' });
  });

  it('is reported by its own outcome, and as skipped when it has none', async () => {
    const account = await withEmptyGroup('patched');
    const skipped = await withEmptyGroup('patched');
    account.withState(aRollingState({ phase: 'promoted', verified: { leftAlone: [] } }));
    await releaseLease(account)({ ...aKey(), outcome: 'patched' });
    for (const each of [account, skipped]) await reportRun(each)({ run });
    const outcomesOf = async ({ files }: FakeAccount) =>
      (await files.findSummary(run))?.nodeGroups.map(({ name, outcome }) => `${name} ${outcome}`);
    expect(await outcomesOf(account)).toEqual(['win2022 patched', 'web patched']);
    expect(await outcomesOf(skipped)).toEqual(['win2022 skipped', 'web patched']);
  });
});
