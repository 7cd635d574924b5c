import { describe, expect, it } from 'vitest';
import type { EffectName } from '../../scripts/hunt/call-faults.ts';
import { callTrial, eventTrial, stopTrial, tryIt } from '../../scripts/hunt/trials.ts';

// A sample of what `npm run hunt` tries; each run is held against every promise of scripts/hunt/promises.ts.

const calls: readonly [situation: string, functionName: string, operation: string, nth: number, effect: EffectName][] =
  [
    // Before anything is changed.
    ['self-managed', 'start-run', 'Sfn.StartExecution', 1, 'lost'],
    ['self-managed', 'start-run', 'Imagebuilder.GetImage', 1, 'slow'],
    ['self-managed', 'plan-run', 'Kubernetes.list nodes', 1, 'unavailable'],
    ['self-managed', 'plan-run', 'S3.PutObject', 1, 'slow'],
    ['self-managed', 'take-lease', 'S3.PutObject', 1, 'lost'],
    ['self-managed', 'take-lease', 'S3.GetObject', 1, 'down'],
    // The changes, each between its intention and its confirmation.
    ['self-managed', 'create-template-version', 'Ec2.CreateLaunchTemplateVersion', 1, 'lost'],
    ['self-managed', 'create-template-version', 'S3.PutObject', 2, 'killed'],
    ['self-managed', 'open-admission', 'AutoScaling.PutLifecycleHook', 1, 'slow'],
    ['self-managed', 'start-rollout', 'AutoScaling.StartInstanceRefresh', 1, 'lost'],
    ['self-managed', 'start-rollout', 'AutoScaling.StartInstanceRefresh', 1, 'slow'],
    ['self-managed', 'start-rollout', 'S3.PutObject', 2, 'down'],
    ['managed', 'start-rollout', 'Eks.UpdateNodegroupVersion', 1, 'lost'],
    ['managed', 'start-rollout', 'S3.PutObject', 2, 'killed'],
    // Watching.
    ['self-managed', 'watch-rollout', 'AutoScaling.DescribeInstanceRefreshes', 2, 'throttled'],
    ['self-managed', 'watch-rollout', 'S3.GetObject', 1, 'down'],
    ['managed', 'watch-rollout', 'Eks.DescribeUpdate', 1, 'down'],
    // Admission.
    ['self-managed', 'start-node-task', 'Sfn.StartExecution', 1, 'killed'],
    ['self-managed', 'examine-node', 'Kubernetes.watch nodes', 2, 'slow'],
    ['self-managed', 'examine-node', 'Kubernetes.watch nodes', 1, 'down'],
    ['self-managed', 'examine-node', 'AutoScaling.RecordLifecycleActionHeartbeat', 1, 'down'],
    ['self-managed', 'answer-hook', 'AutoScaling.CompleteLifecycleAction', 1, 'lost'],
    ['self-managed', 'answer-hook', 'S3.PutObject', 1, 'killed'],
    // The end.
    ['self-managed', 'verify-nodes', 'Kubernetes.list nodes', 1, 'slow'],
    ['self-managed', 'promote', 'S3.PutObject', 1, 'down'],
    ['self-managed', 'close-admission', 'AutoScaling.DeleteLifecycleHook', 1, 'lost'],
    ['self-managed', 'release-lease', 'S3.PutObject', 2, 'lost'],
    ['self-managed', 'report-run', 'Sns.Publish', 1, 'unavailable'],
    // The way back.
    ['broken-ami', 'roll-back', 'AutoScaling.RollbackInstanceRefresh', 1, 'lost'],
    ['broken-ami', 'roll-back', 'AutoScaling.RollbackInstanceRefresh', 1, 'down'],
    ['broken-ami-managed', 'watch-roll-back', 'Eks.UpdateNodegroupVersion', 1, 'killed'],
    ['killed', 'inspect-ended', 'S3.GetObject', 1, 'slow'],
    ['killed', 'start-settle', 'Sfn.StartExecution', 1, 'unavailable'],
  ];

describe('a fault of one call breaks no promise', () => {
  it.each(calls)('%s: %s %s %i is %s', async (situation, functionName, operation, nth, effect) => {
    const trial = callTrial(situation, { functionName, operation }, nth, effect);
    expect(await tryIt(trial)).toEqual([]);
  });
});

describe('a disturbed event breaks no promise', () => {
  it.each([
    ['self-managed', 'image-available', 1, 'doubled'],
    ['self-managed', 'node-launched', 1, 'lost'],
    ['self-managed', 'node-launched', 2, 'doubled late'],
    ['killed', 'execution-ended', 1, 'lost'],
    ['killed', 'execution-ended', 2, 'late'],
  ] as const)('%s: the one of %s %i is %s', async (situation, rule, nth, what) => {
    expect(await tryIt(eventTrial(situation, rule, nth, what))).toEqual([]);
  });
});

describe('an operator who stops executions leaves nothing half done', () => {
  it.each([
    ['self-managed', 'patch-fleet', 'patch-fleet', 'Plan run', 1],
    ['self-managed', 'roll-node-group', 'roll-node-group', 'Make launch template version', 1],
    ['self-managed', 'roll-node-group', 'roll-node-group', 'Start replacing nodes', 1],
    ['self-managed', 'patch-fleet', 'roll-node-group', 'Watch nodes', 9],
    ['self-managed', 'admit-node', 'admit-node', 'Examine node', 3],
    ['self-managed', 'roll-node-group', 'roll-node-group', 'Close admission', 1],
    ['managed', 'roll-node-group', 'roll-node-group', 'Watch nodes', 12],
    ['broken-ami', 'roll-node-group', 'roll-node-group', 'Roll back', 1],
  ] as const)('%s: %s, at %s "%s" %i', async (situation, stopped, machine, state, nth) => {
    expect(await tryIt(stopTrial(situation, stopped, { machine, state, nth }))).toEqual([]);
  });
});
