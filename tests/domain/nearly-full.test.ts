import { describe, expect, it } from 'vitest';
import { planGroup } from '../../functions/domain/plan.ts';
import { notificationOf, summarise } from '../../functions/domain/report.ts';
import { aGroup, aNode, anImage, anInstance } from '../support/builders.ts';

const now = new Date('2026-05-16T05:00:00Z');

const withRoom = (versionsLeft: number | undefined, follows?: '$Latest') => {
  const source = {
    type: 'launch-template' as const,
    template: { id: 'lt-0a', version: 9_950 },
    ...{ imageId: 'ami-0old', hasInstanceRequirements: false },
    ...(follows && { follows }),
    ...(versionsLeft !== undefined && { versionsLeft }),
  };
  return aGroup({ source, instances: [anInstance({ imageId: 'ami-0old' })] });
};

const plan = (group: ReturnType<typeof aGroup>) =>
  planGroup(group, {
    ...{ image: anImage(), cluster: { nodes: [aNode()] }, activeReplacement: undefined, leaseHolder: undefined, now },
  });

describe('a launch template near its quota of versions', () => {
  it('is warned of in the plan of a group that rolls all the same', () => {
    expect(plan(withRoom(49))).toMatchObject({
      outcome: 'planned',
      nearlyFull: { id: 'lt-0a', versionsLeft: 49 },
      reason: { error: 'LaunchTemplateNearlyFull', cause: expect.stringContaining('49 more versions') },
    });
  });

  it('is no warning but an obstacle when there is no room at all', () => {
    const planned = plan(withRoom(0));
    expect(planned).toMatchObject({ outcome: 'blocked', reason: { error: 'LaunchTemplateFull' } });
    expect(planned).not.toHaveProperty('nearlyFull');
  });

  it('is not spoken of while it is far away', () => {
    const planned = plan(withRoom(undefined));
    expect(planned.outcome).toBe('planned');
    expect(planned).not.toHaveProperty('nearlyFull');
    expect(planned).not.toHaveProperty('reason');
  });

  it('is told with the end of the rollout, which does not know of it', () => {
    const planned = plan(withRoom(49));
    const { reason: _, nearlyFull, ...rest } = planned;
    const end = { ...rest, outcome: 'patched' as const };
    const document = {
      ...{ run: 'run-1', image: anImage(), dryRun: false, plannedAt: now.toISOString() },
      nodeGroups: [planned],
    };
    const summary = summarise('run-1', document, [end], { failure: undefined, now });
    expect(summary.status).toBe('succeeded');
    expect(summary.nodeGroups).toEqual([{ ...end, nearlyFull }]);
    expect(notificationOf(summary).text).toContain('may get 49 more versions');
  });
});
