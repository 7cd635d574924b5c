import '../support/handler-environment.ts';
import { describe, expect, it } from 'vitest';
import type { TestPod } from '../../functions/domain/test-pod.ts';
import { testNode } from '../../functions/handlers/test-node.ts';
import { aKey, anInstance, aRollingState, now } from '../support/builders.ts';
import { FakeAccount } from '../support/fake-account.ts';

const input = {
  ...aKey(),
  autoScalingGroupName: 'win2022',
  instanceId: 'i-0c',
  joinDeadline: new Date(now.getTime() + 60_000).toISOString(),
};
const pod = (...codes: readonly number[]): TestPod => ({
  phase: codes.every((code) => code === 0) ? 'Succeeded' : 'Failed',
  reason: undefined,
  containers: ['service-routing', 'cluster-dns'].map((name, index) => ({
    name,
    waiting: undefined,
    exitCode: codes[index],
  })),
});

/** A group whose nodes run pods that end like this, by the names of the nodes. */
const world = (pods: Readonly<Record<string, TestPod>>, state = aRollingState()) => {
  const account = new FakeAccount().withState(state);
  account.change({ instances: [anInstance(), anInstance({ instanceId: 'i-0c', lifecycleState: 'Pending:Wait' })] });
  const did: string[] = [];
  const step = testNode({
    files: account.files,
    identifyInstance: async () => ({ imageId: 'ami-0new', privateDnsName: 'node-c' }),
    keepWaiting: async () => {
      did.push('heartbeat');
      return 'done';
    },
    listInstances: account.listInstances,
    withImages: account.withImages,
    findNodeNames: async (ids) => new Map(ids.map((id) => [id, `node-${id.slice(-1)}`])),
    markImage: async (amiId, { key, value }) => {
      did.push(`mark ${amiId} ${key} = ${value}`);
    },
    tester: {
      run: async (_, { podName, nodeName, image }) => {
        const remembered = account.state.smokeTest;
        expect([remembered?.pod.podName, remembered?.control?.podName]).toContain(podName);
        did.push(`run on ${nodeName} ${image}`);
        return pods[nodeName];
      },
      remove: async (_, names) => {
        expect(account.state.smokeTest?.result).toBeUndefined();
        if (names.length > 0) did.push(`remove ${names.join(' ')}`);
      },
    },
    addresses: () => [],
    repository: () => 'mcr.microsoft.com/windows/servercore',
    now: account.now,
  });
  return { account, did, step };
};
const image = 'mcr.microsoft.com/windows/servercore:ltsc2022';

describe('Test node', () => {
  it('runs a pod on the first new node, after the heartbeat, and leaves none', async () => {
    const { account, did, step } = world({ 'node-c': pod(0, 0) });
    expect(await step(input)).toMatchObject({ test: 'passed' });
    expect(did).toEqual(['heartbeat', `run on node-c ${image}`, 'remove smoke-test-i-0c']);
    expect(account.state.smokeTest).toMatchObject({ result: 'passed', amiId: 'ami-0new' });
  });

  it('asks nothing of the nodes after it', async () => {
    const { did, step } = world({ 'node-c': pod(0, 0) });
    await step(input);
    expect(await step({ ...input, instanceId: 'i-0d' })).toMatchObject({ test: 'passed' });
    expect(did.filter((each) => each.startsWith('run'))).toHaveLength(1);
  });

  it('keeps nodes beside it waiting', async () => {
    const { step } = world({});
    expect(await step(input)).toMatchObject({ test: 'running', pauseSeconds: 1 });
    expect(await step({ ...input, instanceId: 'i-0d' })).toMatchObject({ test: 'running', pauseSeconds: 15 });
  });

  it('compares with an old node before it blames and marks the AMI', async () => {
    const { account, did, step } = world({ 'node-c': pod(28, 28), 'node-a': pod(0, 0) });
    expect(await step(input)).toMatchObject({ test: 'running' });
    expect(await step(input)).toMatchObject({ test: 'failed', finding: { error: 'SmokeTestFailed' } });
    expect(did.slice(-3)).toEqual([
      `run on node-a ${image}`,
      'mark ami-0new reglaze:failed-smoke-test = 2026-05-16T05:00:00Z service-routing',
      'remove smoke-test-i-0c smoke-test-control-i-0c',
    ]);
    expect(await step({ ...input, instanceId: 'i-0d' })).toMatchObject({
      test: 'failed',
      finding: account.state.smokeTest?.finding,
    });
  });

  it('marks nothing where the old node fails, too', async () => {
    const { did, step } = world({ 'node-c': pod(28, 28), 'node-a': pod(0, 6) });
    await step(input);
    expect(await step(input)).toMatchObject({ test: 'failed', finding: { error: 'SmokeTestInconclusive' } });
    expect(did.filter((each) => each.startsWith('mark'))).toEqual([]);
  });

  it('takes over from a node whose admission died, and removes its pods', async () => {
    const dead = {
      ...{ amiId: 'ami-0new', instanceId: 'i-0dead' },
      pod: { podName: 'smoke-test-i-0dead', nodeName: 'node-d', until: '2026-05-16T04:00:00Z' },
    };
    const { did, step } = world({ 'node-c': pod(0, 0) }, aRollingState({ smokeTest: dead }));
    expect(await step(input)).toMatchObject({ test: 'passed' });
    expect(did[1]).toBe('remove smoke-test-i-0dead');
  });
});
