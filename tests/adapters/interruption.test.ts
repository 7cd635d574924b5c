import '../support/handler-environment.ts';
import {
  AutoScalingClient,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
} from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { findGroupOf } from '../../functions/adapters/auto-scaling-groups.ts';
import { findDrainHook } from '../../functions/adapters/lifecycle-hooks.ts';
import { translateGroup } from '../../functions/adapters/self-managed-group.ts';

const autoScaling = mockClient(AutoScalingClient);
beforeEach(() => {
  autoScaling.reset();
});

describe('whose an interrupted instance is', () => {
  it('is told by Auto Scaling, about that instance only', async () => {
    const known = { InstanceId: 'i-0a', AutoScalingGroupName: 'win2022' };
    autoScaling
      .on(DescribeAutoScalingInstancesCommand, { InstanceIds: ['i-0a'] })
      .resolves({ AutoScalingInstances: [known] as never })
      .on(DescribeAutoScalingInstancesCommand, { InstanceIds: ['i-0b'] })
      .resolves({ AutoScalingInstances: [] });
    expect(await findGroupOf('i-0a')).toBe('win2022');
    expect(await findGroupOf('i-0b')).toBeUndefined();
  });

  it('is ours when its group has our drain hook, with what we wrote into it', async () => {
    const others = { LifecycleHookName: 'aws-node-termination-handler', NotificationMetadata: 'theirs' };
    const ours = { LifecycleHookName: 'reglaze-drain', NotificationMetadata: '{"cluster":"demo"}' };
    autoScaling.on(DescribeLifecycleHooksCommand).resolves({ LifecycleHooks: [others, ours] });
    expect(await findDrainHook('win2022')).toEqual({ metadata: '{"cluster":"demo"}' });
    autoScaling.on(DescribeLifecycleHooksCommand).resolves({ LifecycleHooks: [others] });
    expect(await findDrainHook('win2022')).toBeUndefined();
  });

  it('is nobody’s when the group has gone meanwhile; what AWS refuses otherwise is an error', async () => {
    const gone = Object.assign(new Error('AutoScalingGroup name not found'), { name: 'ValidationError' });
    autoScaling.on(DescribeLifecycleHooksCommand).rejects(gone);
    expect(await findDrainHook('win2022')).toBeUndefined();
    autoScaling.on(DescribeLifecycleHooksCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }));
    await expect(findDrainHook('win2022')).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('whether load balancers know a group', () => {
  const group = { AutoScalingGroupName: 'win2022', MinSize: 0, MaxSize: 2, DesiredCapacity: 2 };
  it.each([
    { case: 'none', members: { TargetGroupARNs: [], LoadBalancerNames: [], TrafficSources: [] }, isBalanced: false },
    { case: 'nothing said', members: {}, isBalanced: false },
    { case: 'a target group', members: { TargetGroupARNs: ['arn:one'] }, isBalanced: true },
    { case: 'a Classic Load Balancer', members: { LoadBalancerNames: ['old'] }, isBalanced: true },
    { case: 'a traffic source', members: { TrafficSources: [{ Identifier: 'arn:one' }] }, isBalanced: true },
  ])('$case: $isBalanced', ({ members, isBalanced }) => {
    expect(translateGroup({ ...group, ...members } as never).isBalanced).toBe(isBalanced);
  });
});
