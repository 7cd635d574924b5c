import { describe, expect, it } from 'vitest';
import { entriesOf, leftovers, play } from '../support/play.ts';

const oldAmi = 'ami-0a1b2c3d4e5f60001';
const newAmi = 'ami-0a1b2c3d4e5f60002';

describe('first-month', () => {
  it('patches every node, one group was up to date, and Ready nodes never fell below the desired capacity', async () => {
    const { document, stage, log } = await play('first-month');

    expect(document.run.status).toBe('SUCCEEDED');
    expect(
      document.nodeGroups.map(({ cluster, name, kind, outcome, nodes }) => ({
        cluster,
        name,
        kind,
        outcome,
        ...nodes,
      })),
    ).toEqual([
      { cluster: 'back-office', name: 'archive', kind: 'self-managed', outcome: 'up-to-date', total: 2, patched: 2 },
      { cluster: 'back-office', name: 'print', kind: 'managed', outcome: 'patched', total: 4, patched: 4 },
      { cluster: 'back-office', name: 'reports', kind: 'self-managed', outcome: 'patched', total: 4, patched: 4 },
      { cluster: 'shop', name: 'orders', kind: 'self-managed', outcome: 'patched', total: 6, patched: 6 },
      { cluster: 'shop', name: 'web', kind: 'self-managed', outcome: 'patched', total: 8, patched: 8 },
    ]);
    for (const { readyNodes } of document.nodeGroups)
      expect(readyNodes?.lowest).toBeGreaterThanOrEqual(readyNodes?.desired ?? Infinity);
    for (const [, cluster] of stage.clusters) {
      for (const node of cluster.nodes()) expect(node).toMatchObject({ ready: true, kernelVersion: '10.0.20348.5139' });
    }
    expect(leftovers(stage)).toEqual([]);
    expect(entriesOf(log, 'defect')).toEqual([]);
    expect(entriesOf(log, 'refused')).toEqual([]);
  });

  it('begins one node group after another, so that a warm function serves them all', async () => {
    const { log } = await play('first-month');
    const isLease = ({ details }: (typeof log)[number]) => String(details.functionName).endsWith('-take-lease');
    const leases = log.filter((entry) => entry.kind === 'function.invoked' && isLease(entry));
    const gaps = leases.slice(1).map(({ at }, index) => at - (leases[index]?.at ?? 0));

    expect(leases.map(({ details }) => details.start)).toEqual(['cold', 'warm', 'warm', 'warm']);
    for (const gap of gaps) expect(gap).toBeGreaterThan(4_000);
  });

  it.each(['web', 'orders', 'reports'])(
    'lets %s prove the AMI with one node before more are launched',
    async (group) => {
      const { log, stage } = await play('first-month');
      const since = Date.parse(stage.scenario.startsAt);
      const steps = log
        .filter(({ at, kind, details }) => at > since && kind === 'instance.lifecycle' && details.group === group)
        .map(({ details }) => String(details.to));
      const beforeTheFirstWasIn = steps.slice(0, steps.indexOf('InService'));

      expect(beforeTheFirstWasIn.filter((to) => to === 'Pending')).toHaveLength(1);
      expect(beforeTheFirstWasIn.filter((to) => to.startsWith('Terminating'))).toEqual([]);
    },
  );
});

describe('broken-ami', () => {
  it('tries one node, keeps all old ones, goes back and fails with the cause', async () => {
    const { document, stage, log } = await play('broken-ami');
    const launched = entriesOf(log, 'instance.launching').filter(({ imageId }) => imageId === newAmi);

    expect(document.run).toMatchObject({ status: 'FAILED', error: { name: 'NodeNeverJoined' } });
    expect(document.run.error?.cause).toContain('never registered');
    expect(document.nodeGroups[0]).toMatchObject({ outcome: 'rolled-back', nodes: { total: 4, patched: 0 } });
    expect(document.nodeGroups[0]?.readyNodes).toEqual({ desired: 4, lowest: 4 });
    expect(launched).toHaveLength(1);
    expect(stage.account.autoScaling.group('web')?.instances.map(({ imageId }) => imageId)).toEqual(
      Array(4).fill(oldAmi),
    );
    expect(stage.account.autoScaling.group('web')?.launchTemplate?.Version).toBe('4');
    expect(leftovers(stage)).toEqual([]);
  });

  it.each([
    { defect: 'never-ready' as const, says: 'Ready' },
    { defect: 'no-addresses' as const, says: 'address' },
  ])('names what is missing when nodes are $defect', async ({ defect, says }) => {
    const { document } = await play('broken-ami', {
      change: ({ amis }) => {
        for (const ami of amis) if (ami.id === newAmi) ami.defect = defect;
      },
    });
    expect(document.run.error?.name).toBe('NodeNeverJoined');
    expect(document.run.error?.cause).toContain(says);
    expect(document.nodeGroups[0]).toMatchObject({ outcome: 'rolled-back', readyNodes: { desired: 4, lowest: 4 } });
  });

  it('goes back in a managed node group by a new version that carries the old AMI', async () => {
    const { document, stage } = await play('broken-ami', {
      change: ({ clusters }) => {
        for (const nodeGroup of clusters[0]?.nodeGroups ?? []) nodeGroup.kind = 'managed';
      },
    });
    const [group] = stage.nodeGroups;
    const instances = stage.account.autoScaling.group(group?.autoScalingGroupName ?? '')?.instances ?? [];

    expect(document.run.status).toBe('FAILED');
    expect(document.nodeGroups[0]).toMatchObject({ outcome: 'rolled-back', nodes: { patched: 0 } });
    expect(instances.map(({ imageId }) => imageId)).toEqual(Array(4).fill(oldAmi));
    expect(leftovers(stage)).toEqual([]);
  });
});

describe('no-capacity', () => {
  it('is patched late, alerts once, and blames no AMI', async () => {
    const { document, stage, log } = await play('no-capacity');
    const alerts = stage.account.sns
      .publications(stage.stack.outputs.NotificationsTopicArn ?? '')
      .filter(({ message }) => message.includes('sufficient m5.xlarge capacity'));

    expect(document.run.status).toBe('SUCCEEDED');
    expect(document.run.simulatedSeconds).toBeGreaterThan(70 * 60);
    expect(document.nodeGroups[0]).toMatchObject({ outcome: 'patched', readyNodes: { desired: 3, lowest: 3 } });
    expect(alerts).toHaveLength(1);
    expect(entriesOf(log, 'refresh.status').filter(({ status }) => String(status).startsWith('Rollback'))).toEqual([]);
    expect(leftovers(stage)).toEqual([]);
  });
});

describe('killed', () => {
  it('starts one refresh although the function died, and settles the group after the stop', async () => {
    const { document, stage, log } = await play('killed');
    const refreshes = new Set(entriesOf(log, 'refresh.status').map(({ refreshId }) => refreshId));

    expect(entriesOf(log, 'fault.killed')).toHaveLength(1);
    expect(document.run).toMatchObject({ status: 'ABORTED', error: { name: 'StoppedByOperator' } });
    expect(document.nodeGroups[0]).toMatchObject({ outcome: 'rolled-back', readyNodes: { desired: 3, lowest: 3 } });
    expect(stage.account.autoScaling.group('web')?.instances.map(({ imageId }) => imageId)).toEqual(
      Array(3).fill(oldAmi),
    );
    expect(refreshes.size).toBeLessThanOrEqual(2);
    expect(leftovers(stage)).toEqual([]);
  });
});
