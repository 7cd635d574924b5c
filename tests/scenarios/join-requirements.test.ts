import { describe, expect, it } from 'vitest';
import type { Stage } from '../../scripts/start/stage.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { remains } from '../support/drains.ts';
import { type Played, play } from '../support/play.ts';

const minuteMs = 60_000;
const label = 'inventory.example/known';

/** What an operator of a log shipper applies: a pod on every Windows node, which takes its time. */
const shipper = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'logging' } },
  {
    ...{ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'shipper', namespace: 'logging' } },
    spec: {
      selector: { matchLabels: { app: 'shipper' } },
      template: {
        metadata: { labels: { app: 'shipper' } },
        spec: {
          nodeSelector: { 'kubernetes.io/os': 'windows' },
          containers: [{ name: 'shipper', image: 'registry.example/shipper:1' }],
        },
      },
    },
  },
];

const asking =
  (tags: Readonly<Record<string, string>>, act: (scenario: Scenario) => void = () => {}) =>
  (scenario: Scenario) => {
    const [cluster] = scenario.clusters;
    cluster?.nodeGroups.splice(1);
    Object.assign(cluster?.nodeGroups[0]?.tags ?? {}, tags, { 'reglaze:smoke-test': 'off' });
    act(scenario);
  };

/** Until when each node that was admitted had to wait, by its instance: the last entry of a kind about it. */
const admissions = ({ log }: Played) =>
  log.flatMap(({ at, kind, details }) =>
    kind === 'hook.answered' && details.hookName === 'reglaze-admit'
      ? [{ at, instanceId: details.instanceId, result: details.result }]
      : [],
  );
const timesOf = ({ log }: Played, kind: string, instanceId: unknown) =>
  log.filter((entry) => entry.kind === kind && entry.details.instanceId === instanceId).map(({ at }) => at);

/** An inventory that labels a machine so many minutes after it has become Ready. */
const labels =
  (minutes: number) =>
  ({ account: { kernel }, clusters }: Stage): void => {
    const cluster = clusters.get('shop');
    kernel.log.follow(({ kind, details }) => {
      if (kind !== 'node.ready') return;
      kernel.clock.after(minutes * minuteMs, () => {
        const node = cluster?.nodes().find(({ instanceId }) => instanceId === details.instanceId);
        if (node === undefined) return;
        cluster?.controlPlane.label(node.name, { [label]: 'yes' });
      });
    });
  };

describe('a node that must have a label', () => {
  const required = asking({ 'reglaze:require-label': `${label}=yes` });

  it('is admitted within seconds of getting it, not before', async () => {
    const played = await play('tiny-month', { change: required, before: labels(4) });
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'patched', nodes: { total: 2, patched: 2 } });
    expect(admissions(played)).toHaveLength(2);
    for (const { at, instanceId } of admissions(played)) {
      const waited = at - (timesOf(played, 'node.ready', instanceId)[0] ?? at);
      expect(waited).toBeGreaterThanOrEqual(4 * minuteMs);
      expect(waited).toBeLessThan(4 * minuteMs + 3000);
    }
    expect(remains(played)).toEqual([]);
  });

  it('is turned away when nobody gives it one, by the name of the label, and the old nodes serve on', async () => {
    const played = await play('tiny-month', { change: required });
    expect(played.document.nodeGroups[0]).toMatchObject({
      outcome: 'rolled-back',
      reason: { error: 'NodeNeverJoined', cause: expect.stringContaining(`does not have the label ${label}=yes`) },
      readyNodes: { desired: 2, lowest: 2 },
    });
    expect(remains(played)).toEqual([]);
  });
});

describe('a node on which a DaemonSet must run', () => {
  const required = (seconds: [number, number]) =>
    asking({ 'reglaze:require-daemonsets': 'logging/shipper' }, ({ clusters: [cluster] }) => {
      cluster?.manifests.push(...shipper);
      cluster?.containers.push({ workload: 'logging/DaemonSet/shipper', startSeconds: seconds });
    });

  it('is admitted within seconds of the Ready pod, not before', async () => {
    const played = await play('tiny-month', { change: required([200, 260]) });
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'patched' });
    expect(admissions(played)).toHaveLength(2);
    const nodeNames = new Map(
      played.log.flatMap(({ kind, details }) =>
        kind === 'node.ready' ? [[details.instanceId, details.node ?? details.name]] : [],
      ),
    );
    for (const { at, instanceId } of admissions(played)) {
      const pods = played.log.filter(
        ({ kind, details }) => kind === 'pod.ready' && details.node === nodeNames.get(instanceId),
      );
      expect(pods).toHaveLength(1);
      expect(at - (pods[0]?.at ?? 0)).toBeGreaterThanOrEqual(0);
      expect(at - (pods[0]?.at ?? 0)).toBeLessThan(3000);
    }
    expect(remains(played)).toEqual([]);
  });

  it('is turned away when the pod does not become Ready in time, by the name of the DaemonSet', async () => {
    const played = await play('tiny-month', { change: required([3000, 3000]) });
    expect(played.document.nodeGroups[0]).toMatchObject({
      outcome: 'rolled-back',
      reason: { error: 'NodeNeverJoined', cause: expect.stringContaining('logging/shipper') },
      readyNodes: { desired: 2, lowest: 2 },
    });
    expect(remains(played)).toEqual([]);
  });
});

describe('launch hooks of other tools', () => {
  const hooks = [
    { name: 'inventory', seconds: 90 },
    { name: 'config-management', seconds: 900 },
  ];
  /** Beside ours: nobody answers them, and after their time they let the instance go on. */
  const besideOurs = ({ account, nodeGroups }: Stage): void => {
    const { run } = account.autoScaling.service.operations.PutLifecycleHook as unknown as {
      readonly run: (input: object, context: object) => unknown;
    };
    const caller = { arn: `arn:aws:sts::${account.kernel.identity.accountId}:assumed-role/Administrator/somebody` };
    for (const { name, seconds } of hooks) {
      const input = {
        ...{ AutoScalingGroupName: nodeGroups[0]?.autoScalingGroupName, LifecycleHookName: name },
        ...{
          LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
          HeartbeatTimeout: seconds,
          DefaultResult: 'CONTINUE',
        },
      };
      run(input, { caller, requestId: name });
    }
  };

  it('are waited for as well: an old node leaves only when all have let the new one in, and they stay as they were', async () => {
    const played = await play('tiny-month', { change: asking({}), before: besideOurs });
    const { document, log, stage } = played;
    expect(document.nodeGroups[0]).toMatchObject({ outcome: 'patched', readyNodes: { desired: 2, lowest: 2 } });
    expect(admissions(played).map(({ result }) => result)).toEqual(['CONTINUE', 'CONTINUE']);
    for (const { instanceId } of admissions(played)) {
      const states = log.filter(
        ({ kind, details }) => kind === 'instance.lifecycle' && details.instanceId === instanceId,
      );
      const at = (to: string) => states.find(({ details }) => details.to === to)?.at ?? Number.NaN;
      expect(at('InService') - at('Pending:Wait')).toBeGreaterThanOrEqual(900_000);
    }
    const [group] = stage.nodeGroups;
    expect(stage.account.autoScaling.group(group?.autoScalingGroupName ?? '')?.hooks.toSorted()).toEqual([
      'config-management',
      'inventory',
      'reglaze-drain',
    ]);
  });
});
