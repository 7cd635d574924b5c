import '../support/handler-environment.ts';
import { describe, expect, it } from 'vitest';
import { answerHook } from '../../functions/handlers/answer-hook.ts';
import { examineNode } from '../../functions/handlers/examine-node.ts';
import { startNodeTask } from '../../functions/handlers/start-node-task.ts';
import { aKey, aNode, now } from '../support/builders.ts';
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
  const examine = (overrides: Partial<Parameters<typeof examineNode>[0]> = {}) => {
    const calls: string[] = [];
    const step = examineNode({
      identifyInstance: async () => ({ imageId: 'ami-0new', privateDnsName: 'ip-10-0-1-23' }),
      keepWaiting: async () => {
        calls.push('heartbeat');
        return 'done';
      },
      findNode: async () => {
        calls.push('node');
        return aNode({ instanceId: 'i-0c' });
      },
      now: () => now,
      ...overrides,
    });
    return { calls, step };
  };

  it('keeps the hook waiting before it asks the cluster', async () => {
    const { calls, step } = examine();
    expect(await step(admission)).toMatchObject({ verdict: 'joined' });
    expect(calls).toEqual(['heartbeat', 'node']);
  });

  it('asks no cluster about an instance that does not wait any more', async () => {
    const { calls, step } = examine({ keepWaiting: async () => 'ended' });
    expect(await step(admission)).toMatchObject({ verdict: 'gone' });
    expect(calls).toEqual([]);
  });

  it('asks no cluster about an instance that EC2 does not know', async () => {
    const { calls, step } = examine({ identifyInstance: async () => undefined });
    expect(await step(admission)).toMatchObject({ verdict: 'gone', finding: { error: 'AdmissionStopped' } });
    expect(calls).toEqual(['heartbeat']);
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
    const step = answerHook({ files: account.files, complete, now: account.now });
    expect(await step({ ...admission, result: 'CONTINUE', finding })).toEqual({ answered: 'answered' });
    expect(await step({ ...admission, result: 'ABANDON', finding })).toEqual({ answered: 'already' });
    expect(given).toEqual(['CONTINUE', 'CONTINUE']);
  });
});
