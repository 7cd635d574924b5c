import '../support/handler-environment.ts';
import { describe, expect, it } from 'vitest';
import type { TemplateVersion } from '../../functions/domain/node-group.ts';
import type { StateFile } from '../../functions/domain/state-file.ts';
import type { TemplateView } from '../../functions/domain/unpin.ts';
import { createTemplateVersion } from '../../functions/handlers/create-template-version.ts';
import { promote } from '../../functions/handlers/promote.ts';
import { releaseLease } from '../../functions/handlers/release-lease.ts';
import { takeLease } from '../../functions/handlers/take-lease.ts';
import {
  aKey,
  anImage,
  aPlan,
  aReport,
  aRollingState,
  aState,
  executionArn,
  fromTemplate,
  now,
} from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';
import { FakeNodeGroup } from '../support/fake-node-group.ts';

const key = aKey();
const others = [{ cluster: 'demo', name: 'api' }];
const before: StateFile['before'] = {
  launchTemplate: { id: 'lt-0a', version: 7 },
  amiId: 'ami-0old',
  follows: '$Latest',
};
const following = { ...fromTemplate('ami-0old'), follows: '$Latest' as const };

/** An account whose group follows $Latest and moves together with another. */
const sharing = (state: Partial<StateFile> = {}, other: StateFile | undefined = undefined) => {
  const account = new FakeAccount(new FakeNodeGroup({ source: following as never }));
  account.withState(aState({ before, unit: { others }, ...state }));
  if (other) account.bucket.seed('state/demo/api.json', { ...other, nodeGroup: 'api' });
  return account;
};
const pinnedSibling = aState({ before, unit: { others: [], pin: 'set' } });

const making = (account: FakeAccount, made: TemplateVersion[] = []) =>
  createTemplateVersion({
    ...{ drivers: account.drivers, files: account.files, findEndedRollout: account.findEndedRollout, now: account.now },
    deriveVersion: async (source) => {
      account.nodeGroup.changes.push('make version');
      made.push(source);
      return { id: 'lt-0a', version: 8 };
    },
  });

describe('Take lease of a group that follows $Latest', () => {
  const input = { ...key, executionArn, image: anImage() };
  const launchTemplate = { id: 'lt-0a', fromVersion: 7, follows: '$Latest' as const };
  const leasing = (nodeGroup: Parameters<typeof aReport>[0]) => {
    const account = new FakeAccount(new FakeNodeGroup({ source: following as never }));
    account.bucket.seed('runs/run-1/plan.json', aPlan({ nodeGroups: [aReport(nodeGroup)] }));
    return account;
  };

  it('remembers what it follows, as which number, and with whom it moves', async () => {
    const account = leasing({ launchTemplate, unit: others });
    await takeLease(account)(input);
    expect(account.state).toMatchObject({
      before: { follows: '$Latest', launchTemplate: { version: 7 } },
      unit: { others },
    });
  });

  it('is refused when it named a number in the plan: nobody knows with whom it moves', async () => {
    const account = leasing({});
    await expect(takeLease(account)(input)).rejects.toMatchObject({ name: 'NodeGroupChanged' });
  });

  it('of which a dead run has left it at a number still knows what it follows', async () => {
    const account = leasing({ launchTemplate, unit: [] });
    account.change({ source: fromTemplate('ami-0old') });
    const until = new Date(now.getTime() - 1).toISOString();
    account.withState(
      aRollingState({
        before,
        unit: { others: [], pin: 'set' },
        lease: { run: 'run-0', executionArn: 'arn:zero', until },
      }),
    );
    await takeLease(account)(input);
    expect(account.state).toMatchObject({
      lease: { run: 'run-1' },
      before: { follows: '$Latest' },
      unit: { pin: 'set' },
    });
  });
});

describe('Make launch template version of groups that move together', () => {
  it('gives the group its number first, having written that down', async () => {
    const account = sharing({}, pinnedSibling);
    const { setVersion } = account.nodeGroup;
    account.nodeGroup.setVersion = async (...given) => {
      expect(account.state.unit?.pin).toBe('intended');
      await setVersion(...given);
    };
    await making(account)(key);
    expect(account.nodeGroup.changes).toEqual(['set version 7', 'make version']);
    expect(account.state).toMatchObject({ phase: 'versioned', unit: { others, pin: 'set' } });
  });

  it('pins once, however often it is asked', async () => {
    const account = sharing({}, pinnedSibling);
    await making(account)(key);
    await making(account)(key);
    expect(account.nodeGroup.changes.filter((change) => change.startsWith('set'))).toEqual(['set version 7']);
  });

  it('waits at its number, and makes no version, until the others have theirs', async () => {
    const account = sharing();
    await expect(making(account)(key)).rejects.toMatchObject({
      name: 'UnitBusy',
      message: expect.stringContaining('demo/api'),
    });
    expect(account.nodeGroup.changes).toEqual(['set version 7']);
    expect(account.state.phase).toBe('leased');
  });

  it('keeps its lease while it waits', async () => {
    const account = sharing();
    account.clock = new Date(now.getTime() + 8 * 3_600_000);
    await expect(making(account)(key)).rejects.toMatchObject({ name: 'UnitBusy' });
    expect(Date.parse(account.state.lease?.until ?? '')).toBeGreaterThan(account.clock.getTime() + 11 * 3_600_000);
  });

  it('ends when another of them needed no rollout after all', async () => {
    const account = sharing();
    account.bucket.seed('runs/run-1/outcomes/demo/api.json', aReport({ name: 'api', outcome: 'up-to-date' }));
    await expect(making(account)(key)).rejects.toMatchObject({ name: 'UnitFailed' });
  });

  it('ends when the rollout of another of them has failed without a lease', async () => {
    const account = sharing();
    const ended = { executionArn, name: 'api', status: 'FAILED' as const, error: 'LeaseHeld', cause: 'For a day.' };
    account.findEndedRollout = async () => ended;
    await expect(making(account)(key)).rejects.toMatchObject({
      name: 'UnitFailed',
      message: expect.stringContaining('LeaseHeld: For a day.'),
    });
  });

  it('ends when the alias has moved since the lease', async () => {
    const account = sharing({}, pinnedSibling);
    account.change({ source: { ...following, template: { id: 'lt-0a', version: 8 } } as never });
    await expect(making(account)(key)).rejects.toMatchObject({ name: 'NodeGroupChanged' });
    expect(account.nodeGroup.changes).toEqual([]);
  });

  it('ends when a group that is not of the run follows the template by now', async () => {
    const account = sharing({}, pinnedSibling);
    account.nodeGroup.followers = [
      { cluster: 'demo', name: 'new', channel: undefined, templateId: 'lt-0a', follows: '$Latest' },
    ];
    await expect(making(account)(key)).rejects.toMatchObject({
      name: 'UnitFailed',
      message: expect.stringContaining('demo/new'),
    });
    expect(account.nodeGroup.changes).toEqual(['set version 7']);
  });
});

describe('Promote version of groups that move together', () => {
  const replaced = aRollingState({ before, phase: 'replaced', unit: { others, pin: 'set' } });
  const promoting = (other: StateFile) => {
    const account = sharing(replaced, other);
    account.change({ source: fromTemplate('ami-0new', 8) });
    return account;
  };

  it('says that the AMI is proved and waits while another is being rolled', async () => {
    const account = promoting(aRollingState());
    await expect(promote(account)(key)).rejects.toMatchObject({ name: 'UnitBusy' });
    expect(account.state.phase).toBe('proved');
  });

  it('is done when all have said so', async () => {
    const account = promoting(aRollingState({ phase: 'proved' }));
    expect(await promote(account)(key)).toEqual({ progress: 'promoted' });
    expect(await promote(account)(key)).toEqual({ progress: 'promoted' });
    expect(account.state.phase).toBe('promoted');
  });

  it('sends the group back when another one went back', async () => {
    const account = promoting(aRollingState({ phase: 'rolling-back' }));
    expect(await promote(account)(key)).toMatchObject({ progress: 'failed', reason: { error: 'UnitFailed' } });
    expect(account.state.phase).toBe('proved');
  });
});

describe('Release lease of a group that was pinned', () => {
  const promoted = aRollingState({ before, phase: 'promoted', unit: { others, pin: 'set' } });
  const ending = (state: StateFile, view: TemplateView['newer'], other = aRollingState({ phase: 'proved' })) => {
    const account = sharing(state, other);
    account.change({ source: fromTemplate('ami-0new', 8) });
    account.template = { defaultVersion: 7, newer: view };
    return account;
  };
  const ours = (version: number) => ({ version, isOurs: true, copyOf: undefined });

  it('lets it follow again, and forgets the pin', async () => {
    const account = ending(promoted, [ours(8)]);
    expect(await releaseLease(account)({ ...key, outcome: 'patched' })).toEqual({ outcome: 'patched' });
    expect(account.nodeGroup.changes).toEqual(['set version $Latest']);
    expect(account.state.unit).toEqual({ others, done: true });
  });

  it('copies what it has proved to the top when something else is there', async () => {
    const account = ending(promoted, [ours(8), ours(9)]);
    await releaseLease(account)({ ...key, outcome: 'patched' });
    expect(account.nodeGroup.changes).toEqual(['copy version 8 above 9', 'set version $Latest']);
  });

  it('waits until the others make no versions any more, and keeps its own lease', async () => {
    const account = ending({ ...promoted, phase: 'rolling-back' }, [ours(8)], aRollingState());
    await expect(releaseLease(account)({ ...key, outcome: 'rolled-back' })).rejects.toMatchObject({ name: 'UnitBusy' });
    expect(account.nodeGroup.changes).toEqual([]);
    expect(account.state).toMatchObject({ lease: { run: 'run-1' }, unit: { done: true, pin: 'set' } });
  });

  it('leaves it at its number when somebody else has moved the alias, and says so', async () => {
    const account = ending(promoted, [ours(8), { version: 9, isOurs: false, copyOf: undefined }]);
    expect(await releaseLease(account)({ ...key, outcome: 'patched' })).toMatchObject({
      outcome: 'partly-patched',
      reason: { error: 'VersionPinned' },
    });
    expect(account.nodeGroup.changes).toEqual([]);
    expect(account.state.unit?.pin).toBeUndefined();
  });

  it('tells that in addition to why it went back', async () => {
    const account = ending({ ...promoted, phase: 'rolling-back' }, [
      ours(8),
      { version: 9, isOurs: false, copyOf: undefined },
    ]);
    account.bucket.seed('state/demo/api.json', {
      ...aRollingState({ nodeGroup: 'api', phase: 'rolling-back', unit: { others: [], done: true } }),
    });
    const reason = { error: 'NodeNeverJoined', cause: 'Late.' };
    const { outcome, reason: told } = await releaseLease(account)({ ...key, outcome: 'rolled-back', reason });
    expect({ outcome, error: told?.error }).toEqual({ outcome: 'rolled-back', error: 'NodeNeverJoined' });
    expect(told?.cause).toMatch(/^Late\. demo\/win2022 stays at version 7/);
  });

  it('leaves a group alone that somebody else has given another version', async () => {
    const account = ending(promoted, [ours(8)]);
    account.change({ source: fromTemplate('ami-0x', 12) });
    await releaseLease(account)({ ...key, outcome: 'patched' });
    expect(account.nodeGroup.changes).toEqual([]);
  });

  it('moves the default for a group that followed it', async () => {
    const account = ending({ ...promoted, before: { ...before, follows: '$Default' } }, [ours(8)]);
    await releaseLease(account)({ ...key, outcome: 'patched' });
    expect(account.nodeGroup.changes).toEqual(['make version 8 the default', 'set version $Default']);
  });
});
