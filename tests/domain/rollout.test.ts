import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reason } from '../../functions/domain/errors.ts';
import type { Replacement } from '../../functions/domain/replacement.ts';
import {
  decideProgress,
  lateReplacements,
  launchAlert,
  neverJoined,
  overdue,
  rememberProgress,
  unattended,
} from '../../functions/domain/rollout.ts';
import { aNode, anInstance, aReplacement, aRollingState, minutesAgo, now } from '../support/builders.ts';

const launchFailure = { at: minutesAgo(5), message: 'We currently do not have sufficient m5.xlarge capacity.' };
const blamed = [reason('NodeNeverJoined', 'Instance i-0c did not join: its node never registered.')];
const statuses: Replacement['status'][] = [
  'active',
  'cancelling',
  'reversing',
  'succeeded',
  'failed',
  'cancelled',
  'reversed',
  'reverse-failed',
];

describe('the progress of a rollout', () => {
  it.each<{
    case: string;
    status: Replacement['status'];
    blames?: typeof blamed;
    launch?: typeof launchFailure;
    progress: string;
    error?: string;
  }>([
    { case: 'nodes are being replaced', status: 'active', progress: 'in-progress' },
    { case: 'a launch fails', status: 'active', launch: launchFailure, progress: 'no-capacity', error: 'LaunchFailed' },
    { case: 'a new node never joined', status: 'active', blames: blamed, progress: 'failed', error: 'NodeNeverJoined' },
    {
      case: 'a new node never joined and a launch fails',
      status: 'active',
      blames: blamed,
      launch: launchFailure,
      progress: 'failed',
      error: 'NodeNeverJoined',
    },
    { case: 'all are replaced', status: 'succeeded', progress: 'replaced' },
    {
      case: 'it gave up because nothing could be launched',
      status: 'failed',
      launch: launchFailure,
      progress: 'stalled',
      error: 'LaunchFailed',
    },
    { case: 'it failed otherwise', status: 'failed', progress: 'failed', error: 'ReplacementFailed' },
    { case: 'somebody cancelled it', status: 'cancelled', progress: 'failed', error: 'ReplacementCancelled' },
    { case: 'somebody is cancelling it', status: 'cancelling', progress: 'in-progress' },
    { case: 'somebody rolled it back', status: 'reversed', progress: 'failed', error: 'ReplacementReversed' },
  ])('when $case: $progress', ({ status, blames = [], launch, progress, error }) => {
    const decided = decideProgress({
      replacement: aReplacement({ status }),
      neverJoined: blames,
      launchFailure: launch,
    });
    expect(decided.progress).toBe(progress);
    expect('reason' in decided ? decided.reason.error : undefined).toBe(error);
  });

  it('never blames the AMI for a launch that did not happen', () => {
    fc.assert(
      fc.property(fc.constantFrom('active' as const, 'failed' as const), (status) => {
        const decided = decideProgress({ replacement: aReplacement({ status }), neverJoined: [], launchFailure });
        expect(['no-capacity', 'stalled']).toContain(decided.progress);
      }),
    );
  });

  it('is never "replaced" before the replacement has succeeded', () => {
    for (const status of statuses.filter((each) => each !== 'succeeded')) {
      expect(
        decideProgress({ replacement: aReplacement({ status }), neverJoined: [], launchFailure: undefined }).progress,
      ).not.toBe('replaced');
    }
  });
});

describe('what a look leaves in the state file', () => {
  it('is nothing while there is nothing new', () => {
    const state = aRollingState();
    expect(rememberProgress(state, { progress: 'in-progress' }, now)).toBe(state);
  });

  it('is the same after a second look', () => {
    const views = [
      { progress: 'replaced' as const },
      { progress: 'stalled' as const, reason: { error: 'LaunchFailed', cause: '' } },
      { progress: 'no-capacity' as const, reason: { error: 'LaunchFailed', cause: '' } },
    ];
    for (const view of views) {
      const once = rememberProgress(aRollingState(), view, now);
      expect(rememberProgress(once, view, now)).toEqual(once);
    }
  });

  it('is one alert, however long nothing can be launched', () => {
    const progress = decideProgress({ replacement: aReplacement(), neverJoined: [], launchFailure });
    const state = aRollingState();
    expect(launchAlert(state, progress)?.text).toContain('m5.xlarge');
    expect(launchAlert(rememberProgress(state, progress, now), progress)).toBeUndefined();
  });
});

describe('a new node that never joined', () => {
  const late = (instanceId: string) => ({
    instanceId,
    finding: reason('NodeNeverJoined', `${instanceId} never registered`),
  });
  const images = new Map([
    ['i-0c', 'ami-0new'],
    ['i-0d', 'ami-0old'],
  ]);

  it('counts against the AMI when it runs the AMI', () => {
    const found = lateReplacements([late('i-0d'), late('i-0c'), late('i-0e')], images, 'ami-0new');
    expect(found).toEqual([late('i-0c').finding]);
  });

  const due = { amiId: 'ami-0new', joinTimeoutSeconds: 900, now };

  it.each([
    { case: 'in time', instance: anInstance({ imageId: 'ami-0new', launchedAt: minutesAgo(14) }), late: 0 },
    { case: 'past its time', instance: anInstance({ imageId: 'ami-0new', launchedAt: minutesAgo(16) }), late: 1 },
    { case: 'old', instance: anInstance({ launchedAt: minutesAgo(500) }), late: 0 },
    {
      case: 'leaving',
      instance: anInstance({ imageId: 'ami-0new', lifecycleState: 'Terminating:Wait', launchedAt: minutesAgo(16) }),
      late: 0,
    },
  ])('is looked for where no hook gates it: an instance that is $case counts $late', ({ instance, late }) => {
    expect(overdue([instance], due)).toHaveLength(late);
  });

  it('is no node that works after all', () => {
    const late = [anInstance({ imageId: 'ami-0new' }), anInstance({ instanceId: 'i-0b', imageId: 'ami-0new' })];
    expect(neverJoined(late, [aNode()])).toMatchObject([
      { error: 'NodeNeverJoined', cause: expect.stringContaining('i-0b') },
    ]);
  });
});

describe('an instance whose event got lost', () => {
  it.each([
    { case: 'just launched', minutes: 1, lifecycleState: 'Pending:Wait', found: 0 },
    { case: 'waiting for three minutes', minutes: 3, lifecycleState: 'Pending:Wait', found: 1 },
    { case: 'waiting for longer than an unanswered hook lasts', minutes: 20, lifecycleState: 'Pending:Wait', found: 0 },
    { case: 'in service', minutes: 3, lifecycleState: 'InService', found: 0 },
  ])('is found when $case: $found', ({ minutes, lifecycleState, found }) => {
    expect(unattended([anInstance({ lifecycleState, launchedAt: minutesAgo(minutes) })], now)).toHaveLength(found);
  });
});
