import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drainCeilingSeconds,
  drainHeartbeatSeconds,
  drainInput,
  drainMetadata,
  drainName,
  foreignDrainHook,
  parseDrainMetadata,
  planDrains,
} from '../../functions/domain/drain-hook.ts';
import { longestDrainSeconds, turnReserveSeconds } from '../../functions/domain/tags.ts';
import { aKey, aPolicy, now } from '../support/builders.ts';

const key = aKey();
const metadata = drainMetadata(key, aPolicy({ force: true, maxSurge: { count: 25, unit: 'percent' } }), 8);

describe('what the drain hook carries', () => {
  it('is how the nodes of the group are drained, at any time', () => {
    expect(metadata).toEqual({
      cluster: 'demo',
      nodeGroup: 'win2022',
      drainTimeoutSeconds: 5400,
      onDrainTimeout: 'force',
      concurrentDrains: 2,
    });
    expect(parseDrainMetadata(JSON.stringify(metadata))).toEqual(metadata);
  });

  it.each([
    undefined,
    '',
    'null',
    '{}',
    JSON.stringify({ ...metadata, more: 1 }),
    JSON.stringify({ ...metadata, drainTimeoutSeconds: 172_800 }),
  ])('is not ours when it is %s', (text) => {
    expect(parseDrainMetadata(text)).toBeUndefined();
  });
});

describe('the time at the drain hook', () => {
  it('is five minutes without an answer, unless the drain timeout needs more', () => {
    expect(drainHeartbeatSeconds({ drainTimeoutSeconds: 5400 })).toBe(300);
    expect(drainCeilingSeconds({ drainTimeoutSeconds: 5400 })).toBe(30_000);
    expect(drainHeartbeatSeconds({ drainTimeoutSeconds: longestDrainSeconds })).toBe(1728);
    expect(drainCeilingSeconds({ drainTimeoutSeconds: longestDrainSeconds })).toBe(172_800);
  });

  it('always has room for the drain timeout and the wait for a turn, within what AWS allows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: longestDrainSeconds }), (drainTimeoutSeconds) => {
        const heartbeat = drainHeartbeatSeconds({ drainTimeoutSeconds });
        expect(heartbeat).toBeLessThanOrEqual(7200);
        const ceiling = drainCeilingSeconds({ drainTimeoutSeconds });
        expect(ceiling).toBeGreaterThanOrEqual(drainTimeoutSeconds + turnReserveSeconds);
        expect(ceiling).toBeLessThanOrEqual(172_800);
      }),
    );
  });

  it('is counted from when the instance began to wait', () => {
    const input = drainInput(metadata, { autoScalingGroupName: 'win2022', instanceId: 'i-0a' }, now, 'run-1');
    expect(input).toMatchObject({ ...metadata, instanceId: 'i-0a', run: 'run-1', startedAt: now.toISOString() });
    expect(Date.parse(input.drainDeadline) - now.getTime()).toBe(5_400_000);
    expect(Date.parse(input.ceiling) - now.getTime()).toBe(30_000_000);
    expect(drainInput(metadata, { autoScalingGroupName: 'w', instanceId: 'i-0a' }, now, undefined)).not.toHaveProperty(
      'run',
    );
  });
});

describe('the name of a drain', () => {
  it('is the instance’s, and one of its own each time that an instance goes to a warm pool', () => {
    expect(drainName('i-0a')).toBe('drain-i-0a');
    expect(drainName('i-0a', 'first')).not.toBe(drainName('i-0a', 'second'));
    expect(drainName('i-0abc1234def567890', '87654321-4321-4321-4321-210987654321').length).toBeLessThanOrEqual(80);
  });
});

describe('another tool that drains', () => {
  const found = (names: readonly string[], foreignHook?: string, tagKeys: readonly string[] = []) =>
    foreignDrainHook(
      names.map((name) => ({ name })),
      { foreignHook, tagKeys },
    );

  it.each([
    'aws-node-termination-handler',
    'nodes-NTHLifecycleHook',
    'lifecycle-manager',
    'compute-workers-nodedrainerLCH',
    'kube-drainer',
    'kubedrainer',
  ])('is known by its hook %s', (name) => {
    expect(found(['reglaze-drain', name])).toBe(name);
  });

  it.each(['backup', 'reglaze-drain', 'my-lifecycle-manager-2'])('is not seen in the hook %s', (name) => {
    expect(found([name])).toBeUndefined();
  });

  it('is known by the tag of the AWS Node Termination Handler, whatever its hook is called', () => {
    const tags = ['aws-node-termination-handler/managed'];
    expect(found(['reglaze-drain', 'my-k8s-term-hook'], undefined, tags)).toBe('my-k8s-term-hook');
    expect(found(['reglaze-drain'], undefined, tags)).toBeUndefined();
  });

  it('is the one that our tag names, and no other then', () => {
    expect(found(['kubedrainer', 'drain-it'], 'drain-it')).toBe('drain-it');
    expect(found(['kubedrainer'], 'drain-it')).toBeUndefined();
  });
});

describe('who drains', () => {
  const drains = { nodes: 4, tagKeys: [], terminateHooks: [{ name: 'backup' }] };

  it('is us, beside other terminate hooks', () => {
    expect(planDrains(key, aPolicy(), drains)).toEqual({
      drainHook: 'ours',
      change: 'put',
      metadata: drainMetadata(key, aPolicy(), 4),
    });
  });

  it('is the other tool, for whom nothing is changed when we were not there', () => {
    const terminateHooks = [{ name: 'kubedrainer' }];
    expect(planDrains(key, aPolicy(), { ...drains, terminateHooks })).toMatchObject({
      drainHook: 'foreign',
      change: 'none',
    });
  });

  it('is refused when a tag names a hook that is missing, with the tag and the group', () => {
    expect(() => planDrains(key, aPolicy({ foreignDrainHook: 'drain-it' }), drains)).toThrow(
      /reglaze:foreign-drain-hook of demo\/win2022 names drain-it/,
    );
  });
});
