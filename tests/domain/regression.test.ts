import { describe, expect, it } from 'vitest';
import type { NodeGroup } from '../../functions/domain/node-group.ts';
import { planGroup } from '../../functions/domain/plan.ts';
import { findRegression } from '../../functions/domain/regression.ts';
import { notificationOf, summarise } from '../../functions/domain/report.ts';
import type { StateFile } from '../../functions/domain/state-file.ts';
import { aGroup, anImage, aPlan, aReport, aRollingState, fromTemplate, minutesAgo, now } from '../support/builders.ts';

/** As the rollout from version 7 to 8, ami-0old to ami-0new, left it. */
const promoted = (overrides: Partial<StateFile> = {}): StateFile => {
  const { lease: _, ...state } = aRollingState({ phase: 'released', outcome: { run: 'run-0', outcome: 'patched' } });
  return { ...state, ...overrides };
};
const launching = (imageId: string | undefined, version: number): NodeGroup =>
  aGroup({ source: { ...fromTemplate(imageId, version), createdBy: 'arn:terraform' } as NodeGroup['source'] });
const ages = (days: Record<string, number>) =>
  new Map(Object.entries(days).map(([amiId, age]) => [amiId, minutesAgo(age * 24 * 60)]));
/** The group's own template as it was left, and one that an override has for itself. */
const withOwnTemplate = (imageId: string): NodeGroup['source'] => {
  const own = { imageId, hasInstanceRequirements: false, createdBy: 'arn:terraform' };
  return {
    ...(fromTemplate('ami-0new', 5) as Extract<NodeGroup['source'], { type: 'launch-template' }>),
    overrides: [
      {
        imageId: undefined,
        weight: 1,
        hasInstanceRequirements: false,
        own: { ...own, template: { id: 'lt-0b', version: 9 } },
      },
    ],
  };
};
const regression = {
  ...{ fromVersion: 8, fromAmi: 'ami-0new', toVersion: 7, toAmi: 'ami-0old' },
  author: 'arn:terraform',
};

describe('findRegression', () => {
  it.each<{ case: string; group: NodeGroup; state?: StateFile | undefined; days?: Record<string, number> }>([
    { case: 'the version from before', group: launching('ami-0old', 7), state: promoted() },
    { case: 'the AMI from before in a new version', group: launching('ami-0old', 9), state: promoted() },
    {
      case: 'an AMI that was made earlier',
      group: launching('ami-0ancient', 9),
      state: promoted(),
      days: { 'ami-0ancient': 90, 'ami-0new': 5 },
    },
    {
      case: 'an override whose own template was taken back',
      group: aGroup({ source: withOwnTemplate('ami-0old') }),
      state: promoted({
        launchTemplate: { id: 'lt-0a', fromVersion: 7, toVersion: 5, overrides: [{ id: 'lt-0b', version: 8 }] },
      }),
    },
    {
      case: 'after a rollout that left some nodes behind',
      group: launching('ami-0old', 7),
      state: promoted({ outcome: { run: 'run-0', outcome: 'partly-patched' } }),
    },
  ])('finds $case', ({ group, state, days = {} }) => {
    expect(findRegression(group, state, ages(days))).toMatchObject({ fromVersion: 8, author: 'arn:terraform' });
  });

  it.each<{ case: string; group: NodeGroup; state?: StateFile | undefined; days?: Record<string, number> }>([
    { case: 'a group without a rollout', group: launching('ami-0old', 7) },
    { case: 'a group as it was left', group: launching('ami-0new', 8), state: promoted() },
    { case: 'the same AMI in another version', group: launching('ami-0new', 9), state: promoted() },
    {
      case: 'a newer AMI',
      group: launching('ami-0own', 9),
      state: promoted(),
      days: { 'ami-0own': 1, 'ami-0new': 5 },
    },
    { case: 'an AMI that EC2 does not know any more', group: launching('ami-0own', 9), state: promoted() },
    { case: 'a version without an AMI', group: launching(undefined, 9), state: promoted() },
    {
      case: 'a group that was rolled back',
      group: launching('ami-0old', 7),
      state: promoted({ outcome: { run: 'run-0', outcome: 'rolled-back' } }),
    },
    { case: 'a group in the middle of a rollout', group: launching('ami-0old', 7), state: aRollingState() },
  ])('says nothing of $case', ({ group, state, days = {} }) => {
    expect(findRegression(group, state, ages(days))).toBeUndefined();
  });
});

describe('a regressed group', () => {
  const context = {
    ...{ image: anImage({ amiId: 'ami-0newest', version: '1.0.0/9' }), now, last: promoted() },
    ...{ cluster: { nodes: [] }, activeReplacement: undefined, leaseHolder: undefined },
  };

  it('is planned for that reason', () => {
    expect(planGroup(launching('ami-0old', 7), context)).toMatchObject({
      outcome: 'planned',
      regressed: regression,
      reason: { error: 'Regressed', cause: expect.stringContaining('version 7 (ami-0old), which arn:terraform made') },
    });
  });

  it('that is not planned keeps the reason for that, and is said to be regressed all the same', () => {
    const held = { ...launching('ami-0old', 7), tags: { ...aGroup().tags, 'reglaze:hold-until': '2099-01-01' } };

    expect(planGroup(held, context)).toMatchObject({ regressed: regression, reason: { error: 'Held' } });
  });

  it('is said to have been regressed in the report of its rollout, which does not know of it, and in the mail', () => {
    const plan = aPlan({ nodeGroups: [aReport({ regressed: regression })] });
    const summary = summarise('run-1', plan, [aReport({ outcome: 'patched' })], { failure: undefined, now });

    expect(summary.nodeGroups).toMatchObject([{ outcome: 'patched', regressed: regression }]);
    expect(notificationOf(summary).text).toContain(
      'taken back since to version 7 (ami-0old), which arn:terraform made',
    );
  });
});

describe('a group that went back from the AMI of the run', () => {
  it.each([
    { outcome: 'rolled-back', rejected: true },
    { outcome: 'failed', rejected: true },
    { outcome: 'patched', rejected: undefined },
  ])('$outcome: rejected is $rejected', ({ outcome, rejected }) => {
    const last = promoted({ outcome: { run: 'run-0', outcome } });
    const context = { image: anImage(), now, last, cluster: { nodes: [] }, activeReplacement: undefined };

    expect(planGroup(launching('ami-0old', 7), { ...context, leaseHolder: undefined }).rejected).toBe(rejected);
  });
});
