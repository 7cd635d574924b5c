import { beforeAll, describe, expect, it } from 'vitest';
import type { Admission } from '../../functions/domain/admission.ts';
import type { Stage } from '../../scripts/start/stage.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { drainsOf, remains } from '../support/drains.ts';
import { entriesOf, type Played, play } from '../support/play.ts';
import { lowestReady, movesOf } from '../support/workloads.ts';

const web = 'store/Deployment/web';
const [oldAmi, newAmi] = ['ami-0a1b2c3d4e5f60001', 'ami-0a1b2c3d4e5f60002'];
const aside = 'node.kubernetes.io/exclude-from-external-load-balancers';

const groupOf = ({ account }: Stage) => account.autoScaling.group('web');
const poolOf = (stage: Stage) => (groupOf(stage)?.warmPool ?? []).map(({ imageId, state }) => `${imageId} ${state}`);
const executionsOf = ({ stage }: Played, machine: string) =>
  stage.account.stepFunctions.executions().filter(({ machineName }) => machineName.endsWith(`-${machine}`));
const statusesOf = (played: Played, machine: string) => [
  ...new Set(executionsOf(played, machine).map(({ status }) => status)),
];
/** The ways of instances, such as `Warmed:Stopped>Pending`. */
const waysOf = ({ log }: Played, instanceId: string) =>
  entriesOf(log, 'instance.lifecycle')
    .filter((entry) => entry.instanceId === instanceId && entry.from !== undefined)
    .map(({ from, to }) => `${from}>${to}`);
const nodeOf = ({ clusters }: Stage, instanceId: string) =>
  clusters
    .get('shop')
    ?.nodes()
    .find((node) => node.instanceId === instanceId);

describe('a group with a warm pool', () => {
  let played: Played;
  const seen = new Map<number, { readonly unschedulable: boolean; readonly ready: boolean; readonly label: boolean }>();
  let returned = '';

  beforeAll(async () => {
    played = await play('warm-pool', {
      before: (stage) => {
        for (const minute of [180.2, 185]) {
          stage.account.kernel.clock.after(minute * 60_000, () => {
            returned ||=
              groupOf(stage)?.warmPool.find(({ state }) => state.startsWith('Warmed:Pending'))?.instanceId ?? '';
            const { unschedulable = false, ready = false, labels = {} } = nodeOf(stage, returned) ?? {};
            seen.set(minute, { unschedulable, ready, label: labels[aside] !== undefined });
          });
        }
      },
    });
  }, 300_000);

  it('is rolled with its pool, and nothing is left behind', () => {
    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'patched', nodes: { total: 3, patched: 3 } });
    expect(poolOf(played.stage).every((each) => each === `${newAmi} Warmed:Stopped`)).toBe(true);
    expect(remains(played)).toEqual([]);
    for (const machine of ['admit-node', 'drain-node', 'roll-node-group']) {
      expect(statusesOf(played, machine)).toEqual(['SUCCEEDED']);
    }
  });

  it('replaces its nodes one after another before anything in the pool', () => {
    const old = entriesOf(played.log, 'instance.terminated').filter(({ imageId }) => imageId === oldAmi);
    const wasPooled = ({ instanceId }: (typeof old)[number]) =>
      waysOf(played, String(instanceId)).some((way) => way.endsWith('>Warmed:Stopped'));
    expect(old.map(wasPooled)).toEqual([false, false, false, true, true]);
  });

  it('lets no pod onto a node that goes into the pool to be stopped', () => {
    const pooled = entriesOf(played.log, 'instance.lifecycle')
      .filter(({ from, to }) => from === undefined && to === 'Warmed:Pending')
      .map(({ instanceId }) => String(instanceId));
    const ready = entriesOf(played.log, 'node.ready').filter(({ instanceId }) => pooled.includes(String(instanceId)));
    expect(ready.length).toBeGreaterThanOrEqual(4);
    // Until something comes out of the pool, nothing has run on any of their nodes.
    const out = played.log.find(({ details }) => details.from === 'Warmed:Stopped' && details.to === 'Pending');
    const before = played.log.filter(({ at }) => at < (out?.at ?? 0));
    const nodes = ready.map(({ node }) => node);
    expect(entriesOf(before, 'pod.scheduled').filter(({ node }) => nodes.includes(node))).toEqual([]);
  });

  it('drains a node that is scaled in to the pool, and gives it back when its machine has stopped', () => {
    expect(waysOf(played, returned)).toContain('InService>Warmed:Pending');
    const [drain] = drainsOf(played.stage).filter(({ instanceId, run }) => instanceId === returned && !run);
    expect(drain).toMatchObject({ evicted: [{ namespace: 'store' }], forced: [], emptiedAt: expect.any(String) });
    expect(seen.get(180.2)).toEqual({ unschedulable: true, ready: true, label: true });
    expect(seen.get(185)).toEqual({ unschedulable: false, ready: false, label: false });
    // A drain that waited for the machine's end would take three hours and be there still.
    const [execution] = executionsOf(played, 'drain-node')
      .filter(({ name }) => name.includes(`${returned}-`))
      .slice(-1);
    expect((execution?.stopDate ?? 0) - (execution?.startDate ?? 0)).toBeLessThan(20 * 60_000);
  });

  it('takes pods on that node again when it comes back, with no run and no hook', () => {
    expect(waysOf(played, returned)).toContain('Warmed:Stopped>Pending');
    const node = entriesOf(played.log, 'node.ready').find(({ instanceId }) => instanceId === returned)?.node;
    const backAt = played.log.find(
      ({ details }) => details.instanceId === returned && details.from === 'Warmed:Stopped',
    )?.at;
    const later = played.log.filter(({ at }) => at > (backAt ?? Number.POSITIVE_INFINITY));
    expect(entriesOf(later, 'pod.ready').filter((pod) => pod.node === node)).toHaveLength(1);
  });

  it('never takes more pods away than the budget allows', () => {
    expect(lowestReady(played.log, 'shop', web)).toBe(2);
    expect(Math.max(...movesOf(played.log, 'shop', web))).toBeLessThanOrEqual(3);
  });
});

describe('a group with a warm pool that is scaled out while its pool is replaced', () => {
  it.each([
    { refreshTakesFromWarmPool: false, again: 0 },
    { refreshTakesFromWarmPool: true, again: 1 },
  ])(
    'proves the node that comes, whether it was waiting in the pool or not ($refreshTakesFromWarmPool)',
    async ({ refreshTakesFromWarmPool, again }) => {
      const played = await play('warm-pool', {
        change: (scenario) => {
          scenario.behaviour.autoScaling = { refreshTakesFromWarmPool };
          // One of the pool is replaced by then and rests, the next one boots.
          scenario.operator = [
            { when: { minute: 33 }, does: { kind: 'set-desired-capacity', group: 'shop/web', to: 4 } },
          ];
        },
      });
      expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'patched', nodes: { total: 4, patched: 4 } });
      expect(poolOf(played.stage).every((each) => each === `${newAmi} Warmed:Stopped`)).toBe(true);
      expect(remains(played)).toEqual([]);

      const second = executionsOf(played, 'admit-node').filter(({ name }) => /^admit-i-[0-9a-f]+-\w+$/.test(name));
      expect(second.map(({ status }) => status)).toEqual(Array(again).fill('SUCCEEDED'));
      const instanceIds = second.map(({ name }) => name.split('-').slice(1, 3).join('-'));
      for (const instanceId of instanceIds) {
        // It serves only after its node, which was stopped in between, is Ready once more.
        const readyAgain = played.log.filter(
          ({ kind, details }) => kind === 'node.ready' && details.instanceId === instanceId,
        );
        const inService = played.log.find(
          ({ details }) => details.instanceId === instanceId && details.to === 'InService',
        );
        expect(readyAgain).toHaveLength(2);
        expect(inService?.at).toBeGreaterThan(readyAgain.at(-1)?.at ?? 0);
        expect(nodeOf(played.stage, instanceId)).toMatchObject({ unschedulable: false, ready: true });
      }
    },
    300_000,
  );
});

/** What is launched into the pool at the beginning is on the old AMI; the nodes on it are there already. */
function withOldOnesThatNeverRegister(scenario: Scenario): void {
  scenario.operator = [];
  const [old] = scenario.amis.filter(({ id }) => id === oldAmi);
  const [group] = scenario.clusters.flatMap(({ nodeGroups }) => nodeGroups);
  if (old) old.defect = 'never-registers';
  if (group) group.tags['reglaze:join-timeout'] = '15m';
}

describe('an instance on its way into a warm pool that does not become a node', () => {
  it('is let in at the deadline, and blames nothing', async () => {
    const played = await play('warm-pool', {
      change: withOldOnesThatNeverRegister,
    });
    const { account, stack } = played.stage;
    const bucket = stack.outputs.RunBucketName ?? '';
    const keys = account.s3.keys(bucket).filter((key) => key.includes('/admissions/'));
    const admissions = keys.map(
      (key) => JSON.parse(account.s3.object(bucket, key)?.body.toString() ?? '') as Admission,
    );
    const unproved = admissions.filter(({ finding }) => finding.error === 'NotYetANode');
    expect(unproved.map(({ result }) => result)).toEqual(['CONTINUE', 'CONTINUE']);
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'patched', nodes: { total: 3, patched: 3 } });
    expect(poolOf(played.stage)).toEqual(Array(2).fill(`${newAmi} Warmed:Stopped`));
    expect(remains(played)).toEqual([]);
  }, 300_000);
});

describe('a drain into a warm pool that somebody stops', () => {
  it('is settled: the node may have pods again when its machine has stopped', async () => {
    const played = await play('warm-pool', {
      change: (scenario) => {
        const drained = { of: 'drain-node', error: 'Stopped', cause: 'by hand' };
        scenario.operator = [
          { when: { minute: 180 }, does: { kind: 'set-desired-capacity', group: 'shop/web', to: 2 } },
          // The node is empty and its machine shuts down.
          { when: { minute: 181 }, does: { kind: 'stop-executions', ...drained } },
        ];
      },
    });
    const stopped = executionsOf(played, 'drain-node').filter(({ status }) => status !== 'SUCCEEDED');
    expect(stopped.map(({ status }) => status)).toEqual(['ABORTED']);
    expect(statusesOf(played, 'settle')).toEqual(['SUCCEEDED']);
    const { instanceId = '' } = JSON.parse(stopped[0]?.input ?? '{}') as { instanceId?: string };
    expect(nodeOf(played.stage, instanceId)).toMatchObject({ unschedulable: false, ready: false });
    expect(nodeOf(played.stage, instanceId)?.labels).not.toHaveProperty(aside);
  }, 300_000);
});
