import '../support/handler-environment.ts';
import { describe, expect, it } from 'vitest';
import { newDrainRecord } from '../../functions/domain/drain-record.ts';
import { release } from '../../functions/domain/lease.ts';
import type { TemplateVersion } from '../../functions/domain/node-group.ts';
import { nextForRollout } from '../../functions/domain/settlement.ts';
import { closeAdmission } from '../../functions/handlers/close-admission.ts';
import { createTemplateVersion } from '../../functions/handlers/create-template-version.ts';
import { openAdmission } from '../../functions/handlers/open-admission.ts';
import { promote } from '../../functions/handlers/promote.ts';
import { releaseLease } from '../../functions/handlers/release-lease.ts';
import { startRollout } from '../../functions/handlers/start-rollout.ts';
import { takeLease } from '../../functions/handlers/take-lease.ts';
import { verifyNodes } from '../../functions/handlers/verify-nodes.ts';
import {
  aDrainInput,
  aKey,
  aNode,
  anImage,
  anInstance,
  aPlan,
  aPolicy,
  aReplacement,
  aRollingState,
  aState,
  executionArn,
  fromTemplate,
  now,
} from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';
import { FakeNodeGroup } from '../support/fake-node-group.ts';

const key = aKey();
const managed = () =>
  new FakeAccount(new FakeNodeGroup({ kind: 'managed' }, { reversible: false, admitsByHook: false }));

describe('Take lease', () => {
  const input = { ...key, executionArn, image: anImage() };
  const leased = () => {
    const account = new FakeAccount();
    account.bucket.seed('runs/run-1/plan.json', aPlan());
    return account;
  };

  it('writes down what to go back to before anything is changed', async () => {
    const account = leased();
    expect(await takeLease(account)(input)).toEqual({ lease: 'taken' });
    expect(account.state).toMatchObject({
      phase: 'leased',
      before: { amiId: 'ami-0old', launchTemplate: { version: 7 }, patchLevel: '10.0.20348.4648' },
    });
    expect(account.nodeGroup.changes).toEqual([]);
  });

  it('twice is the same as once', async () => {
    const account = leased();
    await takeLease(account)(input);
    const { state } = account;
    expect(await takeLease(account)(input)).toEqual({ lease: 'taken' });
    expect(account.state).toEqual(state);
  });

  it('is refused while another run works on the group, and got when that one has ended', async () => {
    const lease = { run: 'run-0', executionArn: 'arn:zero', until: '2026-05-16T09:00:00Z' };
    const account = leased().withState(aState({ lease }));
    await expect(takeLease(account)(input)).rejects.toMatchObject({
      name: 'LeaseHeld',
      message: expect.stringContaining('run-0'),
    });
    expect(account.state.lease?.run).toBe('run-0');
    account.withState(release(account.state, 'run-0', { outcome: 'rolled-back' }));
    expect(await takeLease(account)(input)).toEqual({ lease: 'taken' });
  });

  it('is not needed when the other run has brought the group to the AMI', async () => {
    const account = leased().withState(release(aState(), 'run-0', { outcome: 'patched' }));
    account.change({ source: fromTemplate('ami-0new', 8), instances: [anInstance({ imageId: 'ami-0new' })] });
    const { state } = account;
    expect(await takeLease(account)(input)).toEqual({ lease: 'not-needed' });
    expect(account.bucket.content('runs/run-1/outcomes/demo/win2022.json')).toMatchObject({
      outcome: 'up-to-date',
      nodes: { total: 1, patched: 1 },
    });
    expect(account.state).toEqual(state);
  });

  it('is taken over from a dead run also when the group is up to date, so that its hook comes off', async () => {
    const lease = { run: 'run-0', executionArn: 'arn:zero', until: '2026-05-16T04:00:00Z' };
    const account = leased().withState(aRollingState({ lease }));
    account.change({ source: fromTemplate('ami-0new', 8), instances: [anInstance({ imageId: 'ami-0new' })] });
    expect(await takeLease(account)(input)).toEqual({ lease: 'taken' });
    expect(account.state.hook).toBe('open');
  });
});

/** What the step takes of an account, with the maker of versions that a test brings. */
const makingVersions = (account: FakeAccount, deriveVersion: () => Promise<TemplateVersion>) => ({
  ...{ drivers: account.drivers, files: account.files, findEndedRollout: account.findEndedRollout, now: account.now },
  deriveVersion,
});

describe('Make launch template version', () => {
  const deriveVersion = async () => ({ id: 'lt-0a', version: 8 });

  it('remembers the version, and before that that one is being made', async () => {
    const account = new FakeAccount().withState(aState());
    const phases: string[] = [];
    const derive = async () => {
      phases.push(account.state.phase);
      return deriveVersion();
    };
    const { launchTemplate } = await createTemplateVersion(makingVersions(account, derive))(key);
    expect(launchTemplate).toEqual({ id: 'lt-0a', fromVersion: 7, toVersion: 8 });
    expect(phases).toEqual(['versioned']);
    expect(account.state.launchTemplate).toEqual(launchTemplate);
  });

  it("never works on a group whose lease is another run's", async () => {
    const account = new FakeAccount().withState(aState());
    await expect(
      createTemplateVersion(makingVersions(account, deriveVersion))(aKey({ run: 'run-2' })),
    ).rejects.toMatchObject({ name: 'LeaseLost' });
  });
});

describe('Open and close admission', () => {
  it('writes the hook down before it is put, and forgets it after it is gone', async () => {
    const account = new FakeAccount().withState(aState({ phase: 'versioned' }));
    const putHook = account.nodeGroup.openAdmission;
    account.nodeGroup.openAdmission = async (name, metadata) => {
      expect(account.state).toMatchObject({ hook: 'open', drainHook: 'ours' });
      await putHook(name, metadata);
    };
    expect(await openAdmission(account)(key)).toEqual({ admission: 'open' });
    expect(account.nodeGroup.hook).toEqual({ ...key, joinTimeoutSeconds: 1800 });
    expect(await closeAdmission(account)(key)).toEqual({ admission: 'closed' });
    expect(account.state.hook).toBeUndefined();
    expect(await closeAdmission(account)(key)).toEqual({ admission: 'not-needed' });
    expect(account.nodeGroup.changes).toEqual(['put hook', 'put drain hook', 'delete hook']);
  });

  it('lets the hook of another tool drain, and takes ours away so that no node is drained twice', async () => {
    const account = new FakeAccount().withState(aState({ phase: 'versioned' }));
    account.nodeGroup.drains = {
      ...account.nodeGroup.drains,
      terminateHooks: [{ name: 'reglaze-drain' }, { name: 'aws-node-termination-handler' }],
    };
    await openAdmission(account)(key);
    expect(account.state.drainHook).toBe('foreign');
    expect(account.nodeGroup.changes).toEqual(['put hook', 'delete drain hook']);
  });

  it('changes nothing when a tag names a drain hook that is not there', async () => {
    const policy = aPolicy({ foreignDrainHook: 'drain-it' });
    const account = new FakeAccount().withState(aState({ phase: 'versioned', policy }));
    await expect(openAdmission(account)(key)).rejects.toMatchObject({ name: 'DrainHookMissing' });
    expect(account.nodeGroup.changes).toEqual([]);
    expect(account.state.phase).toBe('versioned');
  });

  it('is not needed where EKS waits for nodes by itself', async () => {
    const account = managed().withState(aState({ kind: 'managed', phase: 'versioned' }));
    expect(await openAdmission(account)(aKey({ kind: 'managed' }))).toEqual({ admission: 'not-needed' });
    expect(account.nodeGroup.changes).toEqual([]);
  });
});

describe('Start replacing nodes', () => {
  const ready = () => new FakeAccount().withState(aRollingState({ phase: 'admitting', rollout: undefined } as never));

  it('starts once, however often it is asked', async () => {
    const account = ready();
    const first = await startRollout(account)(key);
    expect(await startRollout(account)(key)).toEqual(first);
    expect(account.nodeGroup.changes).toEqual(['start refresh-1 to version 8']);
  });

  it('finds what it started when the answer was lost', async () => {
    const account = ready();
    account.nodeGroup.losesNextAnswer = true;
    await expect(startRollout(account)(key)).rejects.toThrow('died');
    expect(account.state).toMatchObject({ phase: 'rolling', rollout: { attempts: 1 } });
    expect(await startRollout(account)(key)).toMatchObject({ rollout: { id: 'refresh-1' } });
    expect(account.nodeGroup.changes).toEqual(['start refresh-1 to version 8']);
  });

  it('starts again after one that stalled', async () => {
    const account = ready();
    await startRollout(account)(key);
    account.nodeGroup.end('failed');
    const { rollout } = account.state;
    if (rollout === undefined) throw new Error('nothing was started');
    account.withState({ ...account.state, rollout: { ...rollout, stalled: true } });
    expect(await startRollout(account)(key)).toMatchObject({ rollout: { id: 'refresh-2' } });
    expect(account.state.rollout).toMatchObject({ attempts: 2, after: 'refresh-1' });
    expect(account.state.rollout).not.toHaveProperty('stalled');
  });

  it('neither adopts nor cancels what somebody else runs', async () => {
    const account = ready();
    account.nodeGroup.replacements = [aReplacement({ id: 'theirs', launchTemplate: { id: 'lt-0a', version: 6 } })];
    await expect(startRollout(account)(key)).rejects.toMatchObject({ name: 'ReplacementByOthers' });
    expect(account.nodeGroup.changes).toEqual([]);
  });

  it('leaves nothing to go back from when somebody else was faster', async () => {
    const account = ready();
    account.nodeGroup.replacements = [aReplacement({ id: 'theirs', launchTemplate: { id: 'lt-0a', version: 6 } })];
    for (const _ of ['first', 'again']) {
      await expect(startRollout(account)(key)).rejects.toMatchObject({ name: 'ReplacementByOthers' });
      expect(account.state.rollout).toBeUndefined();
      expect(nextForRollout(account.state, executionArn)).toBe('close');
    }
  });

  it('remembers that earlier attempts may have replaced nodes', async () => {
    const account = ready();
    const rollout = { id: 'refresh-1', startedAt: now.toISOString(), attempts: 1, stalled: true };
    account.withState({ ...account.state, phase: 'rolling', rollout });
    account.nodeGroup.replacements = [aReplacement({ id: 'theirs', launchTemplate: { id: 'lt-0a', version: 6 } })];
    await expect(startRollout(account)(key)).rejects.toMatchObject({ name: 'ReplacementByOthers' });
    expect(nextForRollout(account.state, executionArn)).toBe('roll-back');
  });
});

describe('Verify nodes, promote, release', () => {
  const replaced = () => {
    const account = new FakeAccount().withState(aRollingState({ phase: 'replaced' }));
    account.change({
      source: fromTemplate('ami-0new', 8),
      instances: [anInstance({ imageId: 'ami-0new' }), anInstance({ instanceId: 'i-0b', imageId: 'ami-0new' })],
    });
    account.nodes = ['i-0a', 'i-0b'].map((instanceId) => aNode({ instanceId, patchLevel: '10.0.20348.5139' }));
    return account;
  };

  it('ends with a group that is patched, reported, and free', async () => {
    const account = replaced();
    expect(await verifyNodes(account)(key)).toEqual({ verification: 'verified' });
    expect(await promote(account)(key)).toEqual({ progress: 'promoted' });
    await closeAdmission(account)(key);
    expect(await releaseLease(account)({ ...key, outcome: 'patched' })).toEqual({ outcome: 'patched' });
    expect(account.state.lease).toBeUndefined();
    expect(account.bucket.content('runs/run-1/outcomes/demo/win2022.json')).toMatchObject({
      outcome: 'patched',
      nodes: { total: 2, patched: 2 },
      fromPatchLevel: '10.0.20348.4648',
      toPatchLevel: '10.0.20348.5139',
    });
  });

  it('reports the drains of the run, and of no other', async () => {
    const account = replaced();
    const drain = (instanceId: string, run: string) =>
      account.drains.create({ ...newDrainRecord({ ...aDrainInput(), instanceId, run }, `node-${instanceId}`) });
    await drain('i-0old', 'run-1');
    await drain('i-0other', 'run-0');
    await releaseLease(account)({ ...key, outcome: 'rolled-back' });
    const report = account.bucket.content('runs/run-1/outcomes/demo/win2022.json');
    expect(report).toMatchObject({ drains: { emptied: 0, unfinished: ['node-i-0old'] } });
  });

  it('waits for a node, and says which', async () => {
    const account = replaced();
    account.nodes = account.nodes.slice(0, 1);
    expect(await verifyNodes(account)(key)).toMatchObject({
      verification: 'pending',
      reason: { cause: expect.stringContaining('i-0b') },
    });
    expect(account.state.verified).toBeUndefined();
  });

  it('never promotes a group that would launch something else', async () => {
    const account = replaced();
    account.change({ source: fromTemplate('ami-0old', 7) });
    await expect(promote(account)(key)).rejects.toMatchObject({ name: 'NodeGroupChanged' });
    expect(account.state.phase).toBe('replaced');
  });

  it('tells the same end when the lease is released twice, also with another wish', async () => {
    const account = replaced();
    const reason = { error: 'NodeNeverJoined', cause: 'i-0c' };
    const first = await releaseLease(account)({ ...key, outcome: 'rolled-back', reason });
    const { state } = account;
    expect(await releaseLease(account)({ ...key, outcome: 'failed', reason })).toEqual(first);
    expect(account.state).toEqual(state);
  });
});
