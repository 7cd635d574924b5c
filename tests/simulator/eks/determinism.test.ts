import { expect, it } from 'vitest';
import { aBudget, aDeployment, aNodegroup, anAccount, isOver, minute, startUpdate } from './an-account.ts';

const run = async (seed: number) => {
  const account = await anAccount({ seed });
  aNodegroup(account);
  account.cluster.applyManifest(aDeployment('web', 6));
  account.cluster.applyManifest(aBudget('web', { maxUnavailable: 1 }));
  await account.pass(minute);
  const update = startUpdate(account);
  await account.until(isOver(account, update));
  return account.kernel.log.entries().map((entry) => JSON.stringify(entry));
};

it('runs an update the same way twice with one seed, and in another way with another', async () => {
  const [first, again, other] = [await run(7), await run(7), await run(8)];

  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});
