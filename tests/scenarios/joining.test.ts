import { beforeAll, describe, expect, it } from 'vitest';
import { drainsOf, remains } from '../support/drains.ts';
import { entriesOf, type Played, play } from '../support/play.ts';

const newAmi = 'ami-0a1b2c3d4e5f60002';
const minuteMs = 60_000;
const launchesOfNew = ({ log }: Played) =>
  log.filter(({ kind, details }) => kind === 'instance.launching' && details.imageId === newAmi);
const answersOf = ({ log }: Played, hook: string) =>
  log.filter(({ kind, details }) => kind === 'hook.answered' && details.hookName === hook);
const messagesAbout = ({ stage }: Played, words: string) =>
  stage.account.sns
    .publications(stage.stack.outputs.NotificationsTopicArn ?? '')
    .filter(({ message }) => message.includes(words));

describe('late-joiners', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('late-joiners');
  }, 120_000);

  it('patches the group, with as many Ready nodes as wanted throughout', () => {
    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'patched', nodes: { total: 2, patched: 2 } });
    expect(played.document.nodeGroups[0]?.readyNodes).toEqual({ desired: 2, lowest: 2 });
    expect(remains(played)).toEqual([]);
    expect(entriesOf(played.log, 'defect')).toEqual([]);
  });

  it('turns nobody away although each takes three quarters of an hour', () => {
    const admitted = answersOf(played, 'reglaze-admit');
    expect(admitted.map(({ details }) => details.result)).toEqual(['CONTINUE', 'CONTINUE']);
    expect(launchesOfNew(played)).toHaveLength(2);
    const launchedAt = new Map(launchesOfNew(played).map(({ at, details }) => [details.instanceId, at]));
    for (const { at, details } of admitted) {
      expect(at - (launchedAt.get(details.instanceId) ?? at)).toBeGreaterThan(45 * minuteMs);
    }
  });

  it('admits a node within seconds of its five minutes, which begin anew with its reboot', () => {
    for (const { at, details } of answersOf(played, 'reglaze-admit')) {
      const own = (kind: string) =>
        played.log.filter((entry) => entry.kind === kind && entry.details.instanceId === details.instanceId);
      expect(own('node.reboots')).toHaveLength(1);
      const [first, second, ...others] = own('node.ready').map((entry) => entry.at);
      expect(others).toEqual([]);
      expect(first).toBeLessThan(own('node.reboots')[0]?.at ?? 0);
      expect(at - (second ?? 0)).toBeGreaterThanOrEqual(5 * minuteMs);
      // The first new node runs its smoke test after that.
      expect(at - (second ?? 0)).toBeLessThan(5 * minuteMs + 30_000);
    }
  });
});

describe('impatient-autoscaler', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('impatient-autoscaler');
  }, 120_000);

  it('names who deletes the new machines, and what to change', () => {
    expect(played.document.run).toMatchObject({ status: 'FAILED', error: { name: 'JoinersDeletedByAutoscaler' } });
    const deleted = entriesOf(played.log, 'autoscaler.gave-up').map(({ instanceId }) => String(instanceId));
    expect(deleted).toHaveLength(2);
    for (const instanceId of deleted) {
      expect(played.document.run.error?.cause).toContain(`${instanceId} (16 minutes old)`);
    }
    expect(played.document.run.error?.cause).toContain("--max-node-provision-time above the group's join timeout");
  });

  it('does not say that pods were lost with machines that never had any', () => {
    expect(drainsOf(played.stage).some(({ nodeless }) => nodeless)).toBe(true);
    expect(played.document.nodeGroups[0]?.drains).toMatchObject({ cutShort: [], unfinished: [] });
    expect(messagesAbout(played, 'Not drained')).toEqual([]);
  });

  it('tells people once while it goes on, and once at the end', () => {
    expect(messagesAbout(played, 'JoinersDeletedByAutoscaler')).toHaveLength(2);
    expect(messagesAbout(played, 'After another one the group goes back')).toHaveLength(1);
  });

  it('stops after the second, and leaves the capacity as the autoscaler has set it', () => {
    expect(launchesOfNew(played).length).toBeLessThanOrEqual(3);
    expect(
      entriesOf(played.log, 'group.capacity')
        .map(({ desired }) => desired)
        .slice(1),
    ).toEqual([3, 2]);
    expect(played.stage.account.autoScaling.group('web')).toMatchObject({ desiredCapacity: 2 });
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'rolled-back', nodes: { total: 2, patched: 0 } });
    expect(played.document.nodeGroups[0]?.readyNodes).toEqual({ desired: 2, lowest: 2 });
  });

  it('blames no AMI and leaves nothing behind', () => {
    expect(played.stage.account.ec2.image(newAmi)?.tags).not.toHaveProperty('reglaze:failed-smoke-test');
    expect(entriesOf(played.log, 'refused')).toEqual([]);
    expect(remains(played)).toEqual([]);
    const [cluster] = played.stage.clusters.values();
    expect(cluster?.nodes().filter(({ unschedulable }) => unschedulable)).toEqual([]);
  });

  it('had warned of it in the plan', () => {
    const { account, stack } = played.stage;
    const bucket = stack.outputs.RunBucketName ?? '';
    const [plan] = account.s3.keys(bucket).filter((key) => key.endsWith('/plan.json'));
    const content = JSON.parse(account.s3.object(bucket, plan ?? '')?.body.toString() ?? '{}');
    expect(content.nodeGroups).toMatchObject([{ outcome: 'planned', reason: { error: 'AutoscalerImpatient' } }]);
  });
});

describe('an autoscaler that may take one machine only', () => {
  it('costs the group that one, is told of once, and the rollout comes to its end', async () => {
    const played = await play('impatient-autoscaler', {
      change: ({ clusters }) => {
        for (const { nodeGroups } of clusters)
          for (const group of nodeGroups) Object.assign(group, { size: 2, minSize: 1 });
      },
    });
    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'patched', nodes: { total: 1, patched: 1 } });
    expect(messagesAbout(played, 'JoinersDeletedByAutoscaler')).toHaveLength(1);
    expect(played.stage.account.autoScaling.group('web')).toMatchObject({ desiredCapacity: 1 });
    expect(remains(played)).toEqual([]);
  }, 120_000);
});
