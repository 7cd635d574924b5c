import '../support/handler-environment.ts';
import { describe, expect, it } from 'vitest';
import type { DaemonPod, JoinRequirements } from '../../functions/domain/join-requirements.ts';
import type { WindowsNode } from '../../functions/domain/node.ts';
import { answerHook } from '../../functions/handlers/answer-hook.ts';
import { examineNode } from '../../functions/handlers/examine-node.ts';
import { recordLateNode } from '../../functions/handlers/record-late-node.ts';
import { startNodeTask } from '../../functions/handlers/start-node-task.ts';
import { aKey, aNode, aPolicy, aRollingState, now } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';

const key = aKey();
const admission = {
  ...key,
  autoScalingGroupName: 'win2022',
  instanceId: 'i-0c',
  joinDeadline: new Date(now.getTime() + 60_000).toISOString(),
};

describe('Start admission', () => {
  const event = (detail: object = {}) => ({
    source: 'aws.autoscaling' as const,
    'detail-type': 'EC2 Instance-launch Lifecycle Action' as const,
    time: '2026-05-16T05:00:00Z',
    detail: {
      AutoScalingGroupName: 'win2022',
      LifecycleHookName: 'reglaze-admit',
      EC2InstanceId: 'i-0c',
      NotificationMetadata: JSON.stringify({ ...key, joinTimeoutSeconds: 1800 }),
      ...detail,
    },
  });

  it('is one execution for one instance, with a deadline of its own', async () => {
    const account = new FakeAccount();
    expect(await startNodeTask(account)(event())).toEqual({ answer: 'started', executionName: 'admit-i-0c' });
    expect(await startNodeTask(account)(event())).toMatchObject({ answer: 'already' });
    expect(account.started.get('admit-i-0c')).toEqual({ ...admission, joinDeadline: '2026-05-16T05:30:00.000Z' });
  });

  it('leaves the hooks of others to them', async () => {
    const others = event({ LifecycleHookName: 'node-ready', NotificationMetadata: 'anything' });
    expect(await startNodeTask(new FakeAccount())(others)).toEqual({ answer: 'ignored' });
  });

  it('refuses metadata that somebody changed', async () => {
    await expect(startNodeTask(new FakeAccount())(event({ NotificationMetadata: '{}' }))).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('win2022'),
    });
  });
});

describe('Examine node', () => {
  /** A step in which the node goes through `states`, and then `seconds` pass. */
  const examine = (
    states: readonly WindowsNode[],
    { seconds = 100, hook = 'done' as 'done' | 'ended', unnamed = undefined as string | undefined } = {},
  ) => {
    const calls: object[] = [];
    let clock = now;
    const step = examineNode({
      files: new FakeAccount().files,
      watchDaemons: () => Promise.reject(new Error('Pods were looked at.')),
      identifyInstance: async () =>
        unnamed === undefined ? { imageId: 'ami-0new', privateDnsName: 'ip-10-0-1-23' } : undefined,
      findInstanceState: async () => unnamed,
      keepWaiting: async ({ instanceId }) => {
        calls.push({ heartbeat: instanceId });
        return hook;
      },
      watchNode: async (cluster, { nodeName, seconds: asked, isEnough }) => {
        calls.push({ watched: nodeName, of: cluster, seconds: asked });
        const enough = states.find(isEnough);
        if (enough === undefined) clock = new Date(now.getTime() + seconds * 1000);
        return enough ?? states.at(-1);
      },
      now: () => clock,
    });
    return { calls, step };
  };
  const joined = aNode({ instanceId: 'i-0c' });
  const long = { ...admission, joinDeadline: new Date(now.getTime() + 1_800_000).toISOString() };

  it('keeps the hook waiting, once, before it watches the node', async () => {
    const { calls, step } = examine([joined]);
    expect(await step(long)).toMatchObject({ verdict: 'joined' });
    expect(calls).toEqual([{ heartbeat: 'i-0c' }, { watched: 'ip-10-0-1-23', of: 'demo', seconds: 100 }]);
  });

  it('watches until the node of this very instance can work', async () => {
    const states = [
      aNode({ instanceId: 'i-0before' }),
      aNode({ instanceId: undefined, ready: false }),
      { ...joined, ready: false },
      { ...joined, initialized: false },
      { ...joined, podAddresses: 0 },
    ];
    expect(await examine([...states, joined]).step(long)).toMatchObject({ verdict: 'joined' });
    expect(await examine(states).step(long)).toMatchObject({
      verdict: 'joining',
      finding: { cause: expect.stringContaining('no IPv4 addresses') },
      pauseSeconds: 1,
    });
  });

  it('goes on with a machine that EC2 has not started, which has no name yet, until its deadline', async () => {
    const early = examine([], { unnamed: 'pending' });
    expect(await early.step(long)).toMatchObject({ verdict: 'joining', pauseSeconds: 20 });
    expect(early.calls).toEqual([{ heartbeat: 'i-0c' }]);
    const overdue = { ...admission, joinDeadline: new Date(now.getTime() - 1000).toISOString() };
    expect(await examine([], { unnamed: 'pending' }).step(overdue)).toMatchObject({
      verdict: 'late',
      finding: { error: 'NodeNeverJoined', cause: expect.stringContaining('EC2 has not started it') },
    });
  });

  it('is done with a machine that somebody has ended', async () => {
    expect(await examine([], { unnamed: 'terminated' }).step(long)).toMatchObject({ verdict: 'gone' });
  });

  it('has a node that never registered late when its deadline passes during the watch', async () => {
    const { calls, step } = examine([], { seconds: 61 });
    expect(await step(admission)).toMatchObject({
      verdict: 'late',
      finding: { error: 'NodeNeverJoined', cause: expect.stringContaining('never registered') },
    });
    expect(calls.at(-1)).toMatchObject({ seconds: 61 });
  });

  it('past the deadline takes the first state of the node for an answer', async () => {
    const late = { ...admission, joinDeadline: new Date(now.getTime() - 1000).toISOString() };
    expect(await examine([{ ...joined, ready: false }, joined]).step(late)).toMatchObject({ verdict: 'late' });
    expect(await examine([joined]).step(late)).toMatchObject({ verdict: 'joined' });
  });

  it('lets nobody open watches in quick succession', async () => {
    expect(await examine([], { seconds: 0 }).step(long)).toMatchObject({ verdict: 'joining', pauseSeconds: 20 });
  });

  it('asks no cluster about an instance that does not wait any more', async () => {
    const { calls, step } = examine([joined], { hook: 'ended' });
    expect(await step(long)).toMatchObject({ verdict: 'gone' });
    expect(calls).toEqual([{ heartbeat: 'i-0c' }]);
  });

  it('asks no cluster about an instance that EC2 does not know', async () => {
    const step = examineNode({
      files: new FakeAccount().files,
      watchDaemons: () => Promise.reject(new Error('The cluster was asked.')),
      identifyInstance: async () => undefined,
      findInstanceState: async () => undefined,
      keepWaiting: async () => 'done',
      watchNode: () => Promise.reject(new Error('The cluster was asked.')),
      now: () => now,
    });
    expect(await step(long)).toMatchObject({ verdict: 'gone', finding: { error: 'AdmissionStopped' } });
  });
});

describe('A node whose group asks for more', () => {
  const joined = aNode({ instanceId: 'i-0c', name: 'node-c' });
  const daemonSets = [{ namespace: 'kube-system', name: 'agent' }];
  const agent = { namespace: 'kube-system', daemonSet: 'agent', ready: true };
  const long = { ...admission, joinDeadline: new Date(now.getTime() + 1_800_000).toISOString() };
  const examine = (joining: JoinRequirements, node: WindowsNode, pods: readonly DaemonPod[] = []) => {
    const watched: string[] = [];
    const step = examineNode({
      files: new FakeAccount().withState(aRollingState({ policy: aPolicy({ joining }) })).files,
      identifyInstance: async () => ({ imageId: 'ami-0new', privateDnsName: 'node-c' }),
      findInstanceState: () => Promise.reject(new Error('EC2 was asked.')),
      keepWaiting: async () => 'done',
      watchNode: async () => node,
      watchDaemons: async (_, { nodeName }) => {
        watched.push(nodeName);
        return pods;
      },
      now: () => now,
    });
    return { watched, answer: step(long) };
  };

  it('waits for the DaemonSets that it names, and looks at pods only then', async () => {
    const { watched, answer } = examine({ daemonSets }, joined, [{ ...agent, ready: false }]);
    expect(await answer).toMatchObject({
      verdict: 'joining',
      finding: { cause: expect.stringContaining('DaemonSet kube-system/agent') },
    });
    expect(watched).toEqual(['node-c']);
    expect(await examine({ daemonSets }, joined, [agent]).answer).toMatchObject({ verdict: 'joined' });

    for (const { watched: others, answer: other } of [
      examine({}, joined),
      examine({ daemonSets }, { ...joined, ready: false }, [agent]),
    ]) {
      await other;
      expect(others).toEqual([]);
    }
  });

  it('comes again when it has been Ready for long enough, without watching until then', async () => {
    const readySince = new Date(now.getTime() - 40_000).toISOString();
    const { answer } = examine({ readyForSeconds: 60 }, { ...joined, readySince });
    expect(await answer).toMatchObject({ verdict: 'joining', pauseSeconds: 20 });
    expect(await examine({ readyForSeconds: 40 }, { ...joined, readySince }).answer).toMatchObject({
      verdict: 'joined',
    });
  });

  it('tells what neighbours want to know of it', async () => {
    expect(await examine({}, joined).answer).toMatchObject({
      node: { nodeName: 'node-c', imageId: 'ami-0new', patchLevel: '10.0.20348.4648' },
    });
  });
});

describe('Report late node', () => {
  const finding = { error: 'NodeNeverJoined', cause: 'Instance i-0c did not join.' };
  const late = { ...admission, finding };

  it('tells the rollout once, whatever else the state file says', async () => {
    const account = new FakeAccount().withState(aRollingState());
    const step = recordLateNode(account);
    expect(await step(late)).toEqual({ recorded: true });
    expect(await step(late)).toEqual({ recorded: true });
    expect(account.state).toEqual({ ...aRollingState(), lateNodes: [{ instanceId: 'i-0c', finding }] });
    expect(account.bucket.writes).toHaveLength(1);
  });

  it('tells of an instance that was gone before its node registered, and of no other', async () => {
    const account = new FakeAccount().withState(aRollingState());
    const step = recordLateNode(account);
    await step({ ...late, gone: { registered: true } });
    expect(account.bucket.writes).toEqual([]);
    await step({ ...late, gone: { registered: false } });
    expect(account.state.lateNodes).toBeUndefined();
    expect(account.state.vanishedNodes).toMatchObject([{ instanceId: 'i-0c', goneAt: account.now().toISOString() }]);
  });

  it('writes nothing where another run, or none, holds the lease', async () => {
    const { lease: _, ...released } = aRollingState();
    for (const account of [new FakeAccount(), new FakeAccount().withState(released)]) {
      expect(await recordLateNode(account)(late)).toEqual({ recorded: false });
      expect(account.bucket.writes).toEqual([]);
    }
    const account = new FakeAccount().withState(aRollingState());
    expect(await recordLateNode(account)({ ...late, run: 'run-2' })).toEqual({ recorded: false });
  });
});

describe('Answer hook', () => {
  const finding = { error: 'NodeJoined', cause: 'it can work' };

  it('writes the answer down before it is given, and never gives another one', async () => {
    const account = new FakeAccount();
    const given: string[] = [];
    const complete = async (_: unknown, result: string) => {
      expect(account.bucket.content('runs/run-1/admissions/demo/win2022/i-0c.json')).toMatchObject({ result });
      given.push(result);
      return given.length === 1 ? ('done' as const) : ('ended' as const);
    };
    const step = answerHook({ files: account.files, complete, announce: account.announce, now: account.now });
    expect(await step({ ...admission, result: 'CONTINUE', finding })).toEqual({ answered: 'answered' });
    expect(await step({ ...admission, result: 'ABANDON', finding })).toEqual({ answered: 'already' });
    expect(given).toEqual(['CONTINUE', 'CONTINUE']);
  });

  it('tells neighbours of a node that enters service, also when the step died in between, and of no other', async () => {
    const node = { nodeName: 'node-c', imageId: 'ami-0new', patchLevel: '10.0.20348.5139' };
    const admitted = { ...admission, result: 'CONTINUE' as const, finding, node };
    const answer = (account: FakeAccount, hook: 'done' | 'ended') =>
      answerHook({ files: account.files, complete: async () => hook, announce: account.announce, now: account.now });

    const account = new FakeAccount();
    await answer(account, 'done')(admitted);
    await answer(account, 'ended')(admitted);
    expect(account.announced.map(({ type, detail }) => [type, detail.instanceId])).toEqual([
      ['Node Admitted', 'i-0c'],
      ['Node Admitted', 'i-0c'],
    ]);
    expect(account.announced[0]?.detail).toEqual({
      ...{ version: '1', cluster: 'demo', nodeGroup: 'win2022', run: 'run-1', instanceId: 'i-0c' },
      ...{ ...node, admittedAt: now.toISOString() },
    });

    const gone = new FakeAccount();
    await answer(gone, 'ended')(admitted);
    await answer(new FakeAccount(), 'done')({ ...admission, result: 'ABANDON', finding });
    expect(gone.announced).toEqual([]);
  });
});
