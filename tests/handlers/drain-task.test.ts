import '../support/handler-environment.ts';
import { describe, expect, it } from 'vitest';
import type { DrainInput } from '../../functions/domain/drain-input.ts';
import { RunFileUnreadable } from '../../functions/domain/errors.ts';
import { answerDrainHook } from '../../functions/handlers/answer-drain-hook.ts';
import { reportStuckDrain } from '../../functions/handlers/report-stuck-drain.ts';
import { startNodeTask } from '../../functions/handlers/start-node-task.ts';
import { waitForRemoval } from '../../functions/handlers/wait-for-removal.ts';
import { aRollingState, now } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';

const metadata = {
  ...{ cluster: 'demo', nodeGroup: 'win2022', drainTimeoutSeconds: 5400 },
  ...{ onDrainTimeout: 'wait' as const, concurrentDrains: 1 },
};
const event = (detail: object = {}) => ({
  source: 'aws.autoscaling' as const,
  'detail-type': 'EC2 Instance-terminate Lifecycle Action' as const,
  time: '2026-05-16T05:00:00Z',
  detail: {
    AutoScalingGroupName: 'win2022',
    LifecycleHookName: 'reglaze-drain',
    EC2InstanceId: 'i-0a',
    LifecycleActionToken: 'a-token',
    NotificationMetadata: JSON.stringify(metadata),
    Origin: 'AutoScalingGroup',
    Destination: 'EC2',
    ...detail,
  },
});
const input: DrainInput = {
  ...metadata,
  ...{ autoScalingGroupName: 'win2022', instanceId: 'i-0a', startedAt: '2026-05-16T05:00:00.000Z' },
  ...{ drainDeadline: '2026-05-16T06:30:00.000Z', ceiling: '2026-05-16T13:20:00.000Z' },
};

describe('an instance that leaves', () => {
  it('is drained by one execution, however often its event comes, with no run as well', async () => {
    const account = new FakeAccount();
    expect(await startNodeTask(account)(event())).toEqual({ answer: 'started', executionName: 'drain-i-0a' });
    expect(await startNodeTask(account)(event())).toMatchObject({ answer: 'already' });
    expect(account.started.get('drain-i-0a')).toEqual(input);
  });

  it('is drained for the run that holds the lease of its group', async () => {
    const account = new FakeAccount().withState(aRollingState());
    await startNodeTask(account)(event());
    expect(account.started.get('drain-i-0a')).toMatchObject({ run: 'run-1' });
  });

  it('is drained although the state file of its group cannot be read', async () => {
    const { start, startDrain, started, now } = new FakeAccount();
    const findState = async () => {
      throw new RunFileUnreadable('state/demo/win2022.json is no JSON.');
    };
    expect(await startNodeTask({ start, startDrain, now, files: { findState } })(event())).toMatchObject({
      answer: 'started',
    });
    expect(started.get('drain-i-0a')).toEqual(input);
  });

  it('is drained each time that it goes back to a warm pool', async () => {
    const account = new FakeAccount();
    await startNodeTask(account)(event({ Destination: 'WarmPool' }));
    await startNodeTask(account)(event({ Destination: 'WarmPool', LifecycleActionToken: 'another' }));
    expect(account.started.size).toBe(2);
  });

  it('is left to others when it waits at their hook, or at ours on the way in', async () => {
    const account = new FakeAccount();
    const others = event({ LifecycleHookName: 'backup', NotificationMetadata: undefined });
    expect(await startNodeTask(account)(others)).toEqual({ answer: 'ignored' });
    const mixed = { ...event(), 'detail-type': 'EC2 Instance-launch Lifecycle Action' as const };
    expect(await startNodeTask(account)(mixed)).toEqual({ answer: 'ignored' });
    expect(account.started.size).toBe(0);
  });

  it.each([undefined, '{}', 'not ours'])('is refused by name when its metadata is %s', async (NotificationMetadata) => {
    await expect(startNodeTask(new FakeAccount())(event({ NotificationMetadata }))).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('reglaze-drain of win2022'),
    });
  });
});

describe('Answer hook', () => {
  it.each([
    { outcome: 'done' as const, answered: 'answered' },
    { outcome: 'ended' as const, answered: 'already' },
  ])('is $answered when the hook says $outcome', async ({ outcome, answered }) => {
    expect(await answerDrainHook({ letGo: async () => outcome })(input)).toEqual({ answered });
  });
});

describe('Report stuck drain', () => {
  it('tells people the group, the instance, what keeps it and until when', async () => {
    const told: { subject: string; text: string }[] = [];
    const notify = async (notice: { subject: string; text: string }) => void told.push(notice);
    await reportStuckDrain({ notify })({
      ...input,
      finding: { error: 'PodsLeft', cause: 'shop/web-1 is kept by budget web' },
    });
    expect(told).toHaveLength(1);
    expect(told[0]?.subject).toBe('reglaze: demo/win2022 cannot drain i-0a');
    expect(told[0]?.text).toContain('shop/web-1 is kept by budget web');
    expect(told[0]?.text).toContain(input.ceiling);
    expect(told[0]?.text).toContain('= force do not wait');
    await reportStuckDrain({ notify })({
      ...input,
      onDrainTimeout: 'force',
      finding: { error: 'PodsLeft', cause: 'x' },
    });
    expect(told[1]?.text).not.toContain('= force do not wait');
  });
});

describe('Wait for removal', () => {
  const looking = (state: string | undefined, owner: string | undefined, pods: 'yes' | 'not-yet' | 'gone' = 'gone') => {
    const told: unknown[] = [];
    const asked: unknown[] = [];
    const step = waitForRemoval({
      findInstanceState: async () => state,
      records: { find: async () => ({ record: { nodeName: 'ip-10-0-1-23' } }) as never },
      findNodeInstance: async () => owner,
      letPodsOn: async ({ instanceId }) => {
        asked.push(instanceId);
        return pods;
      },
      announce: async ({ type, detail }) => void told.push({ type, ...detail }),
      now: () => now,
    });
    const leavingSince = now.toISOString();
    return { told, asked, look: (change: object = {}) => step({ ...input, leavingSince, ...change }) };
  };

  it('tells neighbours once the instance is terminated and its node object gone', async () => {
    const { told, look } = looking('terminated', undefined);
    expect(await look()).toMatchObject({ removal: 'removed' });
    expect(told).toMatchObject([{ type: 'Node Removed', instanceId: 'i-0a', cluster: 'demo', version: '1' }]);
  });

  it('waits while the instance or its node object is there', async () => {
    for (const { told, look } of [looking('shutting-down', 'i-0a'), looking('terminated', 'i-0a')]) {
      expect(await look()).toMatchObject({ removal: 'leaving' });
      expect(told).toEqual([]);
    }
  });

  it('does not wait for the node of another instance that has the name now', async () => {
    expect(await looking('terminated', 'i-0ff').look()).toMatchObject({ removal: 'removed' });
  });

  it.each([
    { pods: 'not-yet' as const, state: 'stopping', removal: 'leaving', told: 0 },
    { pods: 'yes' as const, state: 'stopped', removal: 'rests', told: 0 },
    { pods: 'yes' as const, state: 'running', removal: 'rests', told: 0 },
    { pods: 'gone' as const, state: 'shutting-down', removal: 'leaving', told: 0 },
    { pods: 'gone' as const, state: 'terminated', removal: 'removed', told: 1 },
  ])('of one that goes into a warm pool ends when it rests there: $pods, $state', async (row) => {
    const { told, asked, look } = looking(row.state, undefined, row.pods);
    expect(await look({ destination: 'WarmPool', move: 'one' })).toMatchObject({ removal: row.removal });
    expect(told).toHaveLength(row.told);
    expect(asked).toEqual(['i-0a']);
  });

  it('does not ask for the pool of an instance that is terminated', async () => {
    const { asked, look } = looking('shutting-down', 'i-0a');
    await look({ move: 'one' });
    expect(asked).toEqual([]);
  });
});
