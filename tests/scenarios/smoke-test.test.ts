import { describe, expect, it } from 'vitest';
import type { Stage } from '../../scripts/start/stage.ts';
import { entriesOf, leftovers, play } from '../support/play.ts';
import { type EndedRun, inAccount } from '../support/several-runs.ts';

const newAmi = 'ami-0a1b2c3d4e5f60002';
/** The Service of CoreDNS, on which somebody has forgotten the ports of DNS. */
const withoutDns = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kube-dns', namespace: 'kube-system' },
  spec: { type: 'ClusterIP', clusterIP: '172.20.0.10', ports: [{ name: 'metrics', port: 9153, protocol: 'TCP' }] },
};
const launched = (log: Parameters<typeof entriesOf>[0]) =>
  entriesOf(log, 'instance.launching').filter(({ imageId }) => imageId === newAmi);
/** What was done to old nodes although none may leave, and hooks that nobody answered. */
function undisturbed({ account, clusters }: Stage, log: Parameters<typeof entriesOf>[0]): string[] {
  const nodes = [...clusters.values()].flatMap((cluster) => cluster.nodes());
  const cordoned = nodes.filter(({ unschedulable }) => unschedulable).map(({ name }) => `${name} is cordoned`);
  const timedOut = entriesOf(log, 'hook.answered').filter(
    ({ why }) => !String(why).startsWith('Lifecycle Action Completed'),
  );
  const waiting = account.autoScaling
    .groups()
    .flatMap(({ instances }) => instances)
    .filter(({ state }) => state.endsWith(':Wait'));
  const tried = launched(log).map(({ instanceId }) => instanceId);
  const old = entriesOf(log, 'instance.lifecycle').filter(
    ({ to, instanceId }) => to === 'Terminating' && !tried.includes(instanceId),
  );
  return [
    ...cordoned,
    ...timedOut.map(({ hookName }) => `${hookName} timed out`),
    ...waiting.map(({ instanceId }) => `${instanceId} waits`),
    ...old.map(({ instanceId }) => `${instanceId} was terminated`),
  ];
}
const failedTag = (tags: Readonly<Record<string, string>> | undefined) => tags?.['reglaze:failed-smoke-test'];

describe('no-addresses', () => {
  it('tries one node, keeps all old ones, goes back and says what is missing', async () => {
    const { document, stage, log } = await play('no-addresses');

    expect(document.run).toMatchObject({ status: 'FAILED', error: { name: 'NodeNeverJoined' } });
    expect(document.run.error?.cause).toContain('no IPv4 addresses');
    expect(document.nodeGroups[0]).toMatchObject({ outcome: 'rolled-back', nodes: { total: 4, patched: 0 } });
    expect(document.nodeGroups[0]?.readyNodes).toMatchObject({ desired: 4, lowest: 4 });
    expect(launched(log)).toHaveLength(1);
    expect(leftovers(stage)).toEqual([]);
    expect(undisturbed(stage, log)).toEqual([]);
    // It never came to a smoke test, which alone marks an AMI.
    expect(failedTag(stage.account.ec2.image(newAmi)?.tags)).toBeUndefined();
    expect(entriesOf(log, 'pod.created').filter(({ namespace }) => namespace === 'reglaze')).toEqual([]);
  });
});

describe('no-service-routing', () => {
  it('finds it on the first new node, keeps all old ones, goes back, names the layer and marks the AMI', async () => {
    const { document, stage, log } = await play('no-service-routing');

    expect(document.run).toMatchObject({ status: 'FAILED', error: { name: 'SmokeTestFailed' } });
    expect(document.run.error?.cause).toMatch(/failed at service-routing.*One on the old node .* did not/);
    expect(document.nodeGroups[0]).toMatchObject({ outcome: 'rolled-back', nodes: { total: 4, patched: 0 } });
    expect(document.nodeGroups[0]?.readyNodes).toMatchObject({ desired: 4, lowest: 4 });
    expect(launched(log)).toHaveLength(1);
    expect(failedTag(stage.account.ec2.image(newAmi)?.tags)).toMatch(/^2026-05-16T04:\d\d:\d\dZ service-routing$/);
    expect(leftovers(stage)).toEqual([]);
    expect(undisturbed(stage, log)).toEqual([]);
    const pods = (kind: string) => entriesOf(log, kind).filter(({ namespace }) => namespace === 'reglaze');
    expect(pods('pod.created')).toHaveLength(2);
    expect(pods('pod.deleted').map(({ uid }) => uid)).toEqual(pods('pod.created').map(({ uid }) => uid));
    expect(entriesOf(log, 'refused')).toEqual([]);
    expect(entriesOf(log, 'defect')).toEqual([]);
  });
});

describe('an AMI that has failed a smoke test', () => {
  const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.16/1';
  const ends = (run: EndedRun) => run.summary?.nodeGroups.map(({ outcome, reason }) => [outcome, reason?.error]);

  it('is tried again only when somebody says so', async () => {
    const asIs = () => {};
    await inAccount('no-service-routing', asIs, async (runs) => {
      expect(ends(await runs.run())).toEqual([['rolled-back', 'SmokeTestFailed']]);
      expect(ends(await runs.run({ imageArn }))).toEqual([['blocked', 'AmiFailedSmokeTest']]);
      expect(ends(await runs.run({ imageArn, retryFailedAmi: true }))).toEqual([['rolled-back', 'SmokeTestFailed']]);
      expect(leftovers(runs.stage)).toEqual([]);
    });
  });
});

describe('a failure that is not of the AMI', () => {
  it('leaves the AMI unmarked where old nodes cannot do it, either', async () => {
    const { document, stage, log } = await play('tiny-month', {
      change: ({ clusters }) => {
        clusters[0]?.nodeGroups.splice(1);
      },
      before: ({ clusters }) => {
        for (const cluster of clusters.values()) cluster.applyManifest(withoutDns);
      },
    });
    expect(document.nodeGroups[0]).toMatchObject({
      outcome: 'rolled-back',
      reason: {
        error: 'SmokeTestInconclusive',
        cause: expect.stringMatching(/cluster-dns.*So did one on the old node/),
      },
    });
    expect(failedTag(stage.account.ec2.image(newAmi)?.tags)).toBeUndefined();
    expect(entriesOf(log, 'defect')).toEqual([]);
  });
});

describe('an address that nodes have to reach', () => {
  const address = 'proxy.example.com:3128';
  /** The parameter `smokeTestAddresses` of the stack, which is what the function has in its environment. */
  const asked = (stage: Stage) => {
    const testNode = stage.account.lambda.functionByArn('reglaze-live-test-node');
    Object.assign(testNode?.environment ?? {}, { SMOKE_TEST_ADDRESSES: address });
  };
  const playWith = (outside: string[]) =>
    play('tiny-month', {
      change: ({ clusters: [cluster] }) => {
        cluster?.nodeGroups.splice(1);
        Object.assign(cluster ?? {}, { outside });
      },
      before: asked,
    });
  const asking = (log: Parameters<typeof entriesOf>[0]) =>
    entriesOf(log, 'pod.created').filter(({ namespace }) => namespace === 'reglaze');

  it('is tried once, and lets the rollout go on where it is reached', async () => {
    const { document, stage, log } = await playWith([address]);
    expect(document.nodeGroups[0]).toMatchObject({ outcome: 'patched' });
    expect(asking(log)).toHaveLength(1);
    expect(leftovers(stage)).toEqual([]);
  });

  it('stops the rollout before any old node leaves where it is not, and blames no AMI that old nodes share that with', async () => {
    const { document, stage, log } = await playWith([]);
    expect(document.nodeGroups[0]).toMatchObject({
      outcome: 'rolled-back',
      reason: {
        error: 'SmokeTestInconclusive',
        cause: expect.stringMatching(new RegExp(`failed at address ${address}`)),
      },
    });
    expect(asking(log)).toHaveLength(2);
    expect(failedTag(stage.account.ec2.image(newAmi)?.tags)).toBeUndefined();
    expect(undisturbed(stage, log)).toEqual([]);
    expect(leftovers(stage)).toEqual([]);
  });
});
