import { beforeAll, describe, expect, it } from 'vitest';
import { entriesOf, leftovers } from '../support/play.ts';
import { newAmi } from './node-groups/case.ts';
import { caseAccounts } from './node-groups/cases.ts';
import {
  amisOf,
  clusterOf,
  isTouched,
  keyOf,
  launchedAmis,
  type PlayedAccount,
  playAccount,
  settingsOf,
} from './node-groups/play-account.ts';

/** Settings with the numbers of launch template versions left out; aliases stay. */
const withoutVersions = (settings: unknown): unknown =>
  JSON.parse(
    JSON.stringify(settings, (key, value) => (/^version$/i.test(key) && /^\d+$/.test(value) ? 'a number' : value)),
  );

describe.each(caseAccounts)('node groups: $name', (account) => {
  let played: PlayedAccount;
  beforeAll(async () => {
    played = await playAccount(account);
  }, 300_000);

  const reportOf = (cluster: string, name: string) =>
    played.document.nodeGroups.find((each) => each.cluster === cluster && each.name === name);

  it.each(account.cases)('$kind ($name): $outcome', (one) => {
    const { stage, before } = played;
    const report = reportOf(clusterOf(one), one.name);
    if (one.optedIn === false) expect(report).toBeUndefined();
    else expect(report?.outcome, report?.reason?.cause).toBe(one.outcome);
    expect(report?.reason?.error).toBe(one.reason);
    expect(report?.regressed !== undefined, 'told as regressed').toBe(one.told === 'regressed');
    expect(report?.nearlyFull !== undefined, 'told as nearly full').toBe(one.told === 'nearlyFull');

    const after = settingsOf(stage, one);
    const compare = isTouched(one) ? withoutVersions : (settings: unknown) => settings;
    expect(compare(after)).toEqual(compare(before.get(keyOf(one))));
    if (isTouched(one)) expect(launchedAmis(stage, one)).toEqual([newAmi]);
    if (one.outcome === 'rolled-back') expect(amisOf(stage, one)).not.toContain(newAmi);
    if (one.outcome === 'patched') expect(amisOf(stage, one).filter((ami) => ami !== newAmi)).toEqual([]);
  });

  it('is what the run has reported, and nothing is left behind', () => {
    expect(played.document.nodeGroups.map(({ cluster, name }) => `${cluster}/${name}`).sort()).toEqual(
      account.cases
        .filter(({ optedIn }) => optedIn !== false)
        .map(keyOf)
        .sort(),
    );
    expect(leftovers(played.stage)).toEqual([]);
  });

  it('launches and terminates nothing in a group that is not to be rolled', () => {
    const since = Date.parse(played.stage.scenario.startsAt);
    const untouched = new Set(
      account.cases.filter(({ outcome }) => !['patched', 'partly-patched', 'rolled-back'].includes(outcome)).map(keyOf),
    );
    const names = played.stage.nodeGroups
      .filter(({ cluster, name }) => untouched.has(`${cluster}/${name}`))
      .map(({ autoScalingGroupName }) => autoScalingGroupName);
    const moved = entriesOf(
      played.log.filter(({ at }) => at > since),
      'instance.lifecycle',
    ).filter(({ group }) => names.includes(String(group)));
    expect(moved).toEqual([]);
  });
});
