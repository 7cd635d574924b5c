import '../support/handler-environment.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDrainRecords } from '../../functions/adapters/drain-records.ts';
import { newDrainRecord } from '../../functions/domain/drain-record.ts';
import { setAsideAnnotation } from '../../functions/domain/node.ts';
import { answerHook } from '../../functions/handlers/answer-hook.ts';
import { keepPodsOff } from '../../functions/handlers/keep-pods-off.ts';
import { letPodsOnStep } from '../../functions/handlers/let-pods-on.ts';
import { startNodeTask } from '../../functions/handlers/start-node-task.ts';
import { simulatedApi } from '../adapters/simulated-api.ts';
import { aCluster, addNode, minute, type TestCluster } from '../simulator/kubernetes/a-cluster.ts';
import { aKey, now } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';
import { FakeRunBucket } from '../support/fake-run-bucket.ts';

const key = aKey();
const admission = { ...key, autoScalingGroupName: 'win2022', instanceId: 'i-0c', joinDeadline: now.toISOString() };

describe('Start admission', () => {
  const event = (detail: object) => ({
    source: 'aws.autoscaling' as const,
    'detail-type': 'EC2 Instance-launch Lifecycle Action' as const,
    time: '2026-05-16T05:00:00Z',
    detail: {
      AutoScalingGroupName: 'win2022',
      LifecycleHookName: 'reglaze-admit',
      EC2InstanceId: 'i-0c',
      LifecycleActionToken: 'token-1',
      NotificationMetadata: JSON.stringify({ ...key, joinTimeoutSeconds: 1800 }),
      ...detail,
    },
  });

  it('of one instance is one execution when it enters the warm pool, and another when it leaves it', async () => {
    const account = new FakeAccount();
    const start = startNodeTask(account);
    await start(event({ Origin: 'EC2', Destination: 'WarmPool' }));
    await start(event({ Origin: 'WarmPool', Destination: 'AutoScalingGroup', LifecycleActionToken: 'token-2' }));
    expect(await start(event({ Origin: 'WarmPool', LifecycleActionToken: 'token-2' }))).toMatchObject({
      answer: 'already',
    });
    const [first, second, ...others] = [...account.started];
    expect(others).toEqual([]);
    expect(first).toEqual(['admit-i-0c', expect.objectContaining({ destination: 'WarmPool' })]);
    expect(second?.[0]).toMatch(/^admit-i-0c-\w{13}$/);
    expect(second?.[1]).toMatchObject({ move: expect.stringMatching(/^\w{13}$/) });
    expect(second?.[1]).not.toHaveProperty('destination');
  });
});

describe('Answer hook', () => {
  const step = (account: FakeAccount) => {
    const answers: string[] = [];
    const announced: unknown[] = [];
    const answer = answerHook({
      files: account.files,
      complete: async ({ instanceId }, result) => {
        answers.push(`${instanceId} ${result}`);
        return 'done';
      },
      announce: async (announcement) => void announced.push(announcement),
      now: () => now,
    });
    return { answers, announced, answer };
  };
  const finding = { error: 'NodeJoined', cause: 'It can work.' };
  const node = { nodeName: 'ip-10-0-1-23', imageId: 'ami-0new' };

  it('tells neighbours of a node when it leaves the pool, not when it enters it', async () => {
    const { answer, announced } = step(new FakeAccount());
    await answer({ ...admission, destination: 'WarmPool', result: 'CONTINUE', finding, node });
    expect(announced).toEqual([]);
    await answer({ ...admission, move: 'out', result: 'CONTINUE', finding, node });
    expect(announced).toHaveLength(1);
  });

  it('of its way out is not that of its way in', async () => {
    const { answer, answers } = step(new FakeAccount());
    await answer({ ...admission, destination: 'WarmPool', result: 'CONTINUE', finding });
    await answer({ ...admission, move: 'out', result: 'ABANDON', finding });
    await answer({ ...admission, move: 'out', result: 'CONTINUE', finding });
    expect(answers).toEqual(['i-0c CONTINUE', 'i-0c ABANDON', 'i-0c ABANDON']);
  });
});

describe('the record of a drain', () => {
  it('is one for each time that an instance goes into the pool', async () => {
    const bucket = new FakeRunBucket();
    const records = openDrainRecords(bucket);
    const input = {
      ...{ cluster: 'demo', nodeGroup: 'win2022', autoScalingGroupName: 'win2022', instanceId: 'i-0c' },
      ...{ startedAt: now.toISOString(), drainDeadline: now.toISOString(), drainTimeoutSeconds: 5400 },
      ...{ ceiling: now.toISOString(), onDrainTimeout: 'wait' as const, concurrentDrains: 1 },
    };
    await records.create(newDrainRecord({ ...input, move: 'first' }, 'node'));
    expect(await records.find({ ...input, move: 'second' })).toBeUndefined();
    await records.create(newDrainRecord({ ...input, move: 'second' }, 'node'));
    expect((await records.find({ ...input, move: 'first' }))?.record).toMatchObject({ move: 'first' });
    expect(await records.find(input)).toBeUndefined();
  });
});

describe('Keep pods off, and let them on', () => {
  let cluster: TestCluster;
  let instance: ReturnType<typeof addNode>;
  beforeEach(async () => {
    cluster = await aCluster();
    instance = addNode(cluster, 1);
    await cluster.pass(minute);
  });
  const node = async () => (await cluster.call('GET', `/api/v1/nodes/${instance.privateDnsName}`)).body;
  const keep = (instanceId: string) =>
    keepPodsOff({
      identifyInstance: async () => ({ imageId: 'ami-0new', privateDnsName: instance.privateDnsName }),
      connect: async () => simulatedApi(cluster),
    })({ ...admission, instanceId, destination: 'WarmPool' });

  it('sets the node of the instance aside, and no other of its name', async () => {
    expect(await keep('i-0123456789abcdef0')).toEqual({ node: 'gone' });
    expect((await node()).spec.unschedulable).toBeUndefined();
    expect(await keep(instance.instanceId)).toEqual({ node: 'set-aside' });
    expect(await keep(instance.instanceId)).toEqual({ node: 'set-aside' });
    expect((await node()).spec.unschedulable).toBe(true);
    expect((await node()).metadata.annotations[setAsideAnnotation]).toBe('unschedulable,load-balancers');
  });

  it('answers what the look has found', async () => {
    const asked: unknown[] = [];
    const step = letPodsOnStep({
      letPodsOn: async (instanceOf) => {
        asked.push(instanceOf);
        return 'not-yet';
      },
      now: () => now,
    });
    const { run, cluster: name, nodeGroup } = key;
    const input = { run, cluster: name, nodeGroup, instanceId: 'i-0c', since: now.toISOString() };
    expect(await step(input)).toEqual({ pods: 'not-yet' });
    expect(asked).toEqual([{ cluster: name, instanceId: 'i-0c', since: now }]);
  });
});
