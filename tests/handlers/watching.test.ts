import '../support/handler-environment.ts';
import { describe, expect, it } from 'vitest';
import { rollBack } from '../../functions/handlers/roll-back.ts';
import { watchRollBack } from '../../functions/handlers/watch-roll-back.ts';
import { watchRollout } from '../../functions/handlers/watch-rollout.ts';
import { aKey, anInstance, aReplacement, aRollingState, fromTemplate, minutesAgo, now } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';
import { FakeNodeGroup } from '../support/fake-node-group.ts';

const key = aKey();
const reason = { error: 'NodeNeverJoined', cause: 'Instance i-0c did not join.' };
const waiting = anInstance({
  instanceId: 'i-0c',
  imageId: 'ami-0new',
  lifecycleState: 'Pending:Wait',
  launchedAt: minutesAgo(3),
});

function rolling(nodeGroup = new FakeNodeGroup()) {
  const account = new FakeAccount(nodeGroup).withState(aRollingState());
  account.nodeGroup.replacements = [aReplacement()];
  const watch = watchRollout({ ...depsOf(account), startAdmission: account.start });
  return { account, watch };
}

const depsOf = (account: FakeAccount) => ({
  drivers: account.drivers,
  startDrain: account.startDrain,
  findPodsInTheWay: account.findPodsInTheWay,
  files: account.files,
  viewGroup: account.viewGroup,
  withImages: account.withImages,
  findImageIds: account.findImageIds,
  findLaunchFailure: account.findLaunchFailure,
  listHookNames: account.listHookNames,
  readSizes: account.readSizes,
  listNodes: account.listNodes,
  notify: account.notify,
  now: account.now,
});

describe('Watch nodes', () => {
  it('looks on while nodes are being replaced, and writes nothing', async () => {
    const { account, watch } = rolling();
    expect(await watch(key)).toEqual({ progress: 'in-progress', pauseSeconds: 60 });
    expect(account.bucket.writes).toEqual([]);
  });

  it('fails with the finding as soon as a new node is late', async () => {
    const { account, watch } = rolling();
    account.withState({ ...account.state, lateNodes: [{ instanceId: 'i-0c', finding: reason }] });
    expect(await watch(key)).toEqual({ progress: 'failed', reason, pauseSeconds: 60 });
  });

  it('does not blame the AMI for a late node on the old one', async () => {
    const { account, watch } = rolling();
    account.withState({ ...account.state, lateNodes: [{ instanceId: 'i-0c', finding: reason }] });
    account.findImageIds = async () => new Map([['i-0c', 'ami-0old']]);
    const again = watchRollout({ ...depsOf(account), startAdmission: account.start });
    expect(await again(key)).toEqual({ progress: 'in-progress', pauseSeconds: 60 });
    expect(await watch(key)).toMatchObject({ progress: 'failed' });
  });

  it('leaves a machine that boots to its admission for two minutes', async () => {
    const nodeGroup = new FakeNodeGroup({ instances: [anInstance(), { ...waiting, launchedAt: minutesAgo(1) }] });
    expect(await rolling(nodeGroup).watch(key)).toEqual({ progress: 'in-progress', pauseSeconds: 120 });
  });

  it('tells once who deletes new instances and takes capacity along, and goes back after the second', async () => {
    const { account, watch } = rolling();
    const vanish = (instanceId: string) =>
      account.withState({
        ...account.state,
        vanishedNodes: [
          ...(account.state.vanishedNodes ?? []),
          { instanceId, launchedAt: minutesAgo(16).toISOString(), goneAt: now.toISOString() },
        ],
      });
    account.scaling = { desired: 4, autoscaled: true };
    await watch(key);
    vanish('i-0slow');
    account.scaling = { desired: 3, autoscaled: true };
    const first = await watch(key);
    expect(first).toMatchObject({ progress: 'in-progress', reason: { error: 'JoinersDeletedByAutoscaler' } });
    expect(await watch(key)).toEqual(first);
    expect(account.notices).toEqual(['reglaze: an autoscaler deletes new nodes of demo/win2022']);
    vanish('i-0slower');
    account.scaling = { desired: 2, autoscaled: true };
    expect(await watch(key)).toMatchObject({ progress: 'failed', reason: { error: 'JoinersDeletedByAutoscaler' } });
    expect(account.notices).toHaveLength(1);
  });

  it('puts a hook back that somebody deleted', async () => {
    const { account, watch } = rolling();
    account.hookNames = ['reglaze-drain'];
    expect(await watch(key)).toEqual({ progress: 'in-progress', pauseSeconds: 60 });
    expect(account.nodeGroup.hook).toMatchObject({ ...key, joinTimeoutSeconds: 1800 });
    expect(account.state.removedHooks).toMatchObject([{ hook: 'reglaze-admit', times: 1 }]);
  });

  it('puts the drain hook back each time, writes that down before, and tells it once', async () => {
    const { account, watch } = rolling();
    account.withState({ ...account.state, drainHook: 'ours' });
    account.hookNames = ['reglaze-admit'];
    account.nodeGroup.setDrainHook = async (_, metadata) => {
      account.nodeGroup.drainHook = { metadata, written: account.state.removedHooks?.[0]?.times };
    };
    for (const times of [1, 2]) {
      expect(await watch(key)).toEqual({ progress: 'in-progress', pauseSeconds: 60 });
      expect(account.nodeGroup.drainHook).toMatchObject({ metadata: { concurrentDrains: 1 }, written: times });
    }
    expect(account.state).toMatchObject({
      drainHook: 'ours',
      removedHooks: [{ hook: 'reglaze-drain', times: 2, firstAt: now.toISOString() }],
    });
    expect(account.notices).toEqual(['reglaze: reglaze-drain of demo/win2022 was deleted']);
  });

  it('leaves the drains to another tool that has put its hook in place of ours, and names it', async () => {
    const { account, watch } = rolling();
    account.withState({ ...account.state, drainHook: 'ours' });
    account.hookNames = ['reglaze-admit', 'kubedrainer'];
    account.nodeGroup.drains = { nodes: 2, tagKeys: [], terminateHooks: [{ name: 'kubedrainer' }] };
    await watch(key);
    await watch(key);
    expect(account.nodeGroup.changes).toEqual([]);
    expect(account.state).toMatchObject({
      drainHook: 'foreign',
      removedHooks: [{ hook: 'reglaze-drain', times: 1, drainedBy: 'kubedrainer' }],
    });
  });

  it('waits for capacity, and alerts once', async () => {
    const { account, watch } = rolling();
    account.launchFailure = { at: minutesAgo(2), message: 'no capacity' };
    expect(await watch(key)).toMatchObject({ progress: 'no-capacity' });
    expect(await watch(key)).toMatchObject({ progress: 'no-capacity' });
    expect(account.notices).toHaveLength(1);
  });

  it('has a rollout that gave up for want of capacity started again', async () => {
    const { account, watch } = rolling();
    account.launchFailure = { at: minutesAgo(2), message: 'no capacity' };
    account.nodeGroup.end('failed');
    expect(await watch(key)).toMatchObject({ progress: 'stalled' });
    expect(account.state.rollout?.stalled).toBe(true);
  });

  it('starts the admission of an instance whose event got lost, once', async () => {
    const { account, watch } = rolling();
    account.change({ instances: [anInstance(), waiting] });
    await watch(key);
    await watch(key);
    expect([...account.started]).toEqual([
      [
        'admit-i-0c',
        { ...key, autoScalingGroupName: 'win2022', instanceId: 'i-0c', joinDeadline: '2026-05-16T05:27:00.000Z' },
      ],
    ]);
  });

  it('says "replaced" every time once all are', async () => {
    const { account, watch } = rolling();
    account.nodeGroup.end('succeeded');
    expect(await watch(key)).toEqual({ progress: 'replaced', pauseSeconds: 60 });
    expect(account.state.phase).toBe('replaced');
    expect(await watch(key)).toEqual({ progress: 'replaced', pauseSeconds: 60 });
  });

  it('fails a managed group whose new node is overdue, since no hook gates it', async () => {
    const account = new FakeAccount(new FakeNodeGroup({ kind: 'managed' }, { reversible: false, admitsByHook: false }));
    const { hook: _, ...state } = aRollingState({ kind: 'managed' });
    account.withState(state);
    account.nodeGroup.replacements = [aReplacement()];
    account.change({
      instances: [anInstance(), anInstance({ instanceId: 'i-0n', imageId: 'ami-0new', launchedAt: minutesAgo(31) })],
    });
    const watch = watchRollout({ ...depsOf(account), startAdmission: account.start });
    expect(await watch(aKey({ kind: 'managed' }))).toMatchObject({
      progress: 'failed',
      reason: { error: 'NodeNeverJoined', cause: expect.stringContaining('i-0n') },
    });
  });

  it('renews the lease before it runs out', async () => {
    const { account, watch } = rolling();
    account.clock = new Date(now.getTime() + 8 * 3_600_000);
    await watch(key);
    expect(new Date(account.state.lease?.until ?? 0).getTime()).toBeGreaterThan(
      account.clock.getTime() + 11 * 3_600_000,
    );
  });
});

describe('Roll back', () => {
  it('turns the running refresh around once, and keeps the first reason', async () => {
    const { account } = rolling();
    expect(await rollBack(account)({ ...key, reason })).toEqual({ rollBack: { step: 'reverse' } });
    expect(await rollBack(account)({ ...key, reason: { error: 'Later', cause: '' } })).toEqual({
      rollBack: { step: 'wait' },
    });
    expect(account.nodeGroup.changes).toEqual(['reverse']);
    expect(account.state).toMatchObject({ phase: 'rolling-back', rollBack: { reason } });
  });

  it('finds the refresh whose start was never confirmed', async () => {
    const { account } = rolling();
    account.withState(aRollingState({ rollout: { startedAt: now.toISOString(), attempts: 1 } }));
    expect(await rollBack(account)({ ...key, reason })).toEqual({ rollBack: { step: 'reverse' } });
  });

  it('is restored when the group is as before', async () => {
    const { account } = rolling();
    await rollBack(account)({ ...key, reason });
    account.nodeGroup.end('reversed');
    expect(await watchRollBack(account)(key)).toEqual({ progress: 'restored' });
  });

  it('starts a replacement of its own to the old version when the refresh has ended, and only one', async () => {
    const { account } = rolling();
    account.nodeGroup.end('succeeded');
    account.change({ source: fromTemplate('ami-0new', 8), instances: [anInstance({ imageId: 'ami-0new' })] });
    expect(await rollBack(account)({ ...key, reason })).toEqual({ rollBack: { step: 'start' } });
    expect(await watchRollBack(account)(key)).toEqual({ progress: 'in-progress' });
    expect(await rollBack(account)({ ...key, reason })).toEqual({ rollBack: { step: 'wait' } });
    expect(account.nodeGroup.changes).toEqual(['start refresh-2 to version 7']);

    account.nodeGroup.end('succeeded');
    account.change({ source: fromTemplate('ami-0old', 7), instances: [anInstance()] });
    expect(await watchRollBack(account)(key)).toEqual({ progress: 'restored' });
  });

  it('finds its own replacement when the answer to its start was lost', async () => {
    const { account } = rolling();
    account.nodeGroup.end('failed');
    account.change({ instances: [anInstance(), anInstance({ instanceId: 'i-0n', imageId: 'ami-0new' })] });
    account.nodeGroup.losesNextAnswer = true;
    await expect(rollBack(account)({ ...key, reason })).rejects.toThrow('died');
    expect(await rollBack(account)({ ...key, reason })).toEqual({ rollBack: { step: 'wait' } });
    expect(account.nodeGroup.changes).toEqual(['start refresh-2 to version 7']);
  });

  it('waits for an update that cannot be turned around, then goes back', async () => {
    const { account } = rolling(new FakeNodeGroup({}, { reversible: false }));
    account.change({ instances: [anInstance(), anInstance({ instanceId: 'i-0n', imageId: 'ami-0new' })] });
    expect(await rollBack(account)({ ...key, reason })).toEqual({ rollBack: { step: 'wait' } });
    account.nodeGroup.end('failed');
    expect(await watchRollBack(account)(key)).toEqual({ progress: 'in-progress' });
    expect(account.nodeGroup.changes).toEqual(['start refresh-2 to version 7']);
  });

  it('puts the drain hook back that somebody deleted meanwhile', async () => {
    const { account } = rolling();
    account.withState({ ...account.state, drainHook: 'ours' });
    await rollBack(account)({ ...key, reason });
    account.hookNames = ['reglaze-admit'];
    expect(await watchRollBack(account)(key)).toEqual({ progress: 'in-progress' });
    expect(account.nodeGroup.changes).toEqual(['reverse', 'put drain hook']);
    expect(account.state.removedHooks).toMatchObject([{ hook: 'reglaze-drain', times: 1 }]);
  });

  it('gives up after three attempts, and says what a person can do', async () => {
    const { account } = rolling();
    account.nodeGroup.end('failed');
    account.change({ instances: [anInstance({ imageId: 'ami-0new' })] });
    await rollBack(account)({ ...key, reason });
    for (const _ of [1, 2]) {
      account.nodeGroup.end('failed');
      await watchRollBack(account)(key);
    }
    account.nodeGroup.end('failed');
    expect(await watchRollBack(account)(key)).toMatchObject({
      progress: 'failed',
      reason: { error: 'RollBackFailed' },
    });
    expect(account.nodeGroup.changes).toHaveLength(3);
  });
});
