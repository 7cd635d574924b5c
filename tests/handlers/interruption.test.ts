import '../support/handler-environment.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDrainRecords } from '../../functions/adapters/drain-records.ts';
import type { DrainMetadata } from '../../functions/domain/drain-hook.ts';
import type { DrainInput } from '../../functions/domain/drain-input.ts';
import { newDrainRecord } from '../../functions/domain/drain-record.ts';
import { RunFileUnreadable } from '../../functions/domain/errors.ts';
import { interruptionInput } from '../../functions/domain/interruption.ts';
import { drainNode } from '../../functions/handlers/drain-node.ts';
import { startInterruptedDrain } from '../../functions/handlers/start-interrupted-drain.ts';
import { simulatedApi } from '../adapters/simulated-api.ts';
import {
  aBudget,
  aCluster,
  aDeployment,
  addNode,
  minute,
  start,
  type TestCluster,
} from '../simulator/kubernetes/a-cluster.ts';
import { aRollingState } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';
import { FakeRunBucket } from '../support/fake-run-bucket.ts';

const metadata: DrainMetadata = {
  ...{ cluster: 'demo', nodeGroup: 'win2022', drainTimeoutSeconds: 5400 },
  ...{ onDrainTimeout: 'wait', concurrentDrains: 1 },
};

describe('the notice of an interruption', () => {
  const time = '2026-05-16T05:00:00Z';
  const notice = {
    source: 'aws.ec2' as const,
    'detail-type': 'EC2 Spot Instance Interruption Warning' as const,
    time,
    detail: { 'instance-id': 'i-0a', 'instance-action': 'terminate' },
  };
  const aHook = { metadata: JSON.stringify(metadata) };
  const asUsual = {
    hook: aHook as { metadata: string } | undefined,
    group: 'win2022' as string | undefined,
    after: 30,
  };
  /** The step in an account, thirty seconds after the notice unless the test says otherwise. */
  const stepIn = (account: FakeAccount, options: Partial<typeof asUsual> = {}) => {
    const { hook, group, after } = { ...asUsual, ...options };
    return startInterruptedDrain({
      findGroupOf: async () => group,
      findDrainHook: async () => hook,
      startDrain: account.startDrain,
      files: account.files,
      now: () => new Date(Date.parse(time) + after * 1000),
    });
  };

  it('starts one drain with two minutes, however often it comes', async () => {
    const account = new FakeAccount();
    expect(await stepIn(account)(notice)).toMatchObject({
      answer: 'started',
      executionName: 'drain-i-0a-interruption',
    });
    expect(await stepIn(account)(notice)).toMatchObject({ answer: 'already' });
    expect(account.started.get('drain-i-0a-interruption')).toEqual({
      ...metadata,
      ...{ autoScalingGroupName: 'win2022', instanceId: 'i-0a', startedAt: '2026-05-16T05:00:00.000Z' },
      drainDeadline: '2026-05-16T05:01:15.000Z',
      ...{ ceiling: '2026-05-16T05:02:00.000Z', takenAt: '2026-05-16T05:02:00.000Z' },
    });
  });

  it('starts it for the run that holds the lease of the group, or for none where its file cannot be read', async () => {
    const account = new FakeAccount().withState(aRollingState());
    await stepIn(account)(notice);
    expect(account.started.get('drain-i-0a-interruption')).toMatchObject({ run: 'run-1' });
    const other = new FakeAccount();
    const findState = async () => {
      throw new RunFileUnreadable('state/demo/win2022.json is no JSON.');
    };
    await stepIn(Object.assign(other, { files: { ...other.files, findState } }))(notice);
    expect(other.started.get('drain-i-0a-interruption')).not.toHaveProperty('run');
  });

  it.each([
    { case: 'of an instance of no group', options: { group: undefined }, answer: 'ignored' },
    { case: 'of a group that has no drain hook of ours', options: { hook: undefined }, answer: 'ignored' },
    { case: 'that comes when the machine is gone', options: { after: 120 }, answer: 'late' },
  ])('$case starts nothing', async ({ options, answer }) => {
    const account = new FakeAccount();
    expect(await stepIn(account, options)(notice)).toEqual({ answer });
    expect(account.started.size).toBe(0);
  });

  it('is refused where somebody has written into our hook', async () => {
    const step = stepIn(new FakeAccount(), { hook: { metadata: '{"cluster":"demo"}' } });
    await expect(step(notice)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringContaining('Delete the hook'),
    });
  });
});

describe('Drain node of a machine that EC2 takes', () => {
  let cluster: TestCluster;
  let bucket: FakeRunBucket;
  let nodeName: string;
  let input: DrainInput;
  beforeEach(async () => {
    cluster = await aCluster();
    bucket = new FakeRunBucket();
    const { instanceId, privateDnsName } = addNode(cluster, 1);
    nodeName = privateDnsName;
    await cluster.pass(2 * minute);
    const noticedAt = new Date(cluster.kernel.clock.now());
    input = interruptionInput(metadata, { autoScalingGroupName: 'win2022', instanceId }, noticedAt, undefined);
  });

  const now = () => new Date(cluster.kernel.clock.now());
  const record = () => bucket.content(`drains/demo/win2022/${input.instanceId}.json`);
  /** A visit; `heartbeats` counts what was asked of the hook, at which nothing waits. */
  function step() {
    const heartbeats: string[] = [];
    const visit = drainNode({
      keepWaiting: async ({ instanceId }) => {
        heartbeats.push(instanceId);
        return 'done';
      },
      identifyInstance: async () => ({ imageId: 'ami-0old', privateDnsName: nodeName }),
      connect: async () => simulatedApi(cluster, { watchesLast: 60 }),
      listInstances: async () => [],
      records: openDrainRecords(bucket),
      now,
      chance: () => 0,
    });
    return { visit, heartbeats };
  }
  const blocked = async () => {
    cluster.cluster.applyManifest(aDeployment('web', 2));
    cluster.cluster.applyManifest(aBudget('web', { minAvailable: 2 }));
    await cluster.pass(minute);
    const noticedAt = now();
    input = interruptionInput(metadata, input, noticedAt, undefined);
  };

  it('empties it without a hook, and notes when it is taken', async () => {
    cluster.cluster.applyManifest(aDeployment('web', 2));
    await cluster.pass(minute);
    input = interruptionInput(metadata, input, now(), undefined);
    const { visit, heartbeats } = step();
    expect(await visit(input)).toMatchObject({ drain: 'emptied', finding: { error: 'NodeEmptied' } });
    expect(heartbeats).toEqual([]);
    expect(record()).toMatchObject({ takenAt: input.takenAt, emptiedAt: expect.any(String) });
  });

  it('says what is left and what kept it, up to the end, and then that the machine is gone', async () => {
    await blocked();
    const { visit } = step();
    const answers = [await visit(input), await visit(input)];
    for (const { drain, finding } of answers) {
      expect(drain).toMatch(/^(draining|stuck)$/);
      expect(finding).toMatchObject({ error: 'SpotInterrupted', cause: expect.stringContaining('refused') });
    }
    expect(Math.abs(now().getTime() - Date.parse(input.takenAt ?? ''))).toBeLessThan(2000);
    await cluster.pass(minute);
    expect(await visit(input)).toMatchObject({ drain: 'gone' });
    expect(record()).toMatchObject({ goneAt: expect.any(String), forced: [] });
    expect(record()).not.toHaveProperty('emptiedAt');
  });

  it('says that a node was emptied which was so when the machine went', async () => {
    const { visit } = step();
    await visit(input);
    await cluster.pass(3 * minute);
    expect(await visit(input)).toMatchObject({ drain: 'emptied' });
    expect(record()).not.toHaveProperty('goneAt');
  });

  it('has nothing to do for one that has no node yet', async () => {
    nodeName = 'ip-10-0-9-9.us-west-2.compute.internal';
    expect(await step().visit(input)).toMatchObject({ drain: 'emptied' });
    expect(record()).not.toHaveProperty('goneAt');
  });

  it('is left alone by the drain that has begun at the hook, which goes on waiting', async () => {
    await blocked();
    const { takenAt, ...ordinary } = input;
    const drain = newDrainRecord(ordinary, nodeName);
    await openDrainRecords(bucket).create({ ...drain, takenAt, startedAt: new Date(start).toISOString() });
    const { visit, heartbeats } = step();
    expect(await visit(ordinary)).toMatchObject({
      drain: 'draining',
      pauseSeconds: 15,
      finding: { error: 'SpotInterrupted' },
    });
    expect(heartbeats).toEqual([input.instanceId]);
    expect(record()).toMatchObject({ evicted: [], refused: [] });
  });
});
