import { beforeAll, describe, expect, it } from 'vitest';
import type { DrainRecord } from '../../functions/domain/drain-record.ts';
import { drainsOf, noticesOf, remains, takenWithoutEviction } from '../support/drains.ts';
import { entriesOf, type Played, play } from '../support/play.ts';

const noticeMs = 120_000;

const executionsOf = ({ stage }: Played) =>
  stage.account.stepFunctions.executions().filter(({ machineName }) => machineName.endsWith('-drain-node'));
const interruptionsOf = (played: Played) => executionsOf(played).filter(({ name }) => name.endsWith('-interruption'));
const takenOf = ({ stage }: Played) => drainsOf(stage).filter(({ takenAt }) => takenAt !== undefined);
const seconds = (from: string | undefined, to: string | undefined) =>
  (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;
const evictedFrom = ({ evicted }: DrainRecord, workload: string) =>
  evicted.filter(({ name }) => name.startsWith(`${workload}-`));

describe('spot-interruption', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('spot-interruption');
  }, 300_000);

  it('patches both groups although an instance is taken in between, with its replacement on the new AMI', () => {
    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups.map(({ name, outcome, nodes }) => ({ name, outcome, ...nodes }))).toEqual([
      { name: 'search', outcome: 'patched', total: 2, patched: 2 },
      { name: 'web', outcome: 'patched', total: 3, patched: 3 },
    ]);
    const [web] = [played.stage.account.autoScaling.group('web')];
    expect(web?.instances.map(({ imageId, state }) => [imageId, state])).toEqual(
      Array(3).fill(['ami-0a1b2c3d4e5f60002', 'InService']),
    );
  });

  it('cordons the nodes within seconds of the notice, without a turn, also while another node of the group drains', () => {
    const taken = takenOf(played);
    expect(taken.map(({ run }) => run !== undefined)).toEqual([true, false]);
    for (const { startedAt, cordonedAt, slot, takenAt } of taken) {
      expect(slot).toBeUndefined();
      expect(seconds(startedAt, cordonedAt)).toBeLessThan(10);
      expect(seconds(startedAt, takenAt)).toBe(120);
    }
  });

  it('evicts at once what no budget holds, and the others within their budget, until the machine is taken', () => {
    for (const record of takenOf(played)) {
      const web = evictedFrom(record, 'web');
      const ledger = evictedFrom(record, 'ledger');
      expect(web.length).toBeGreaterThan(0);
      for (const { at } of web) expect(seconds(record.cordonedAt, at)).toBeLessThan(10);
      for (const { at } of ledger) expect(seconds(at, record.takenAt)).toBeGreaterThan(0);
      expect(record.refused.every(({ budgets }) => budgets.some(({ name }) => name === 'ledger'))).toBe(true);
      expect(record.forced).toEqual([]);
    }
    expect(takenWithoutEviction(played.log, 'shop').filter(({ workload }) => workload.includes('web'))).toEqual([]);
  });

  it('says truly that the machine was taken with pods on it: in the execution, the record, the report and by an alarm', () => {
    const [during] = takenOf(played);
    expect(during).toMatchObject({ goneAt: expect.any(String) });
    expect(during?.emptiedAt).toBeUndefined();
    expect(seconds(during?.takenAt, during?.goneAt)).toBeLessThan(10);
    const group = played.document.nodeGroups.find(({ name }) => name === 'web');
    expect(group?.drains?.cutShort).toEqual([during?.nodeName]);
    expect(group?.drains?.interrupted).toEqual([during?.nodeName]);
    for (const { status, error, cause } of interruptionsOf(played)) {
      expect([status, error]).toEqual(['FAILED', 'SpotInterrupted']);
      expect(cause).toMatch(/^EC2 takes the Spot Instance i-\w+ at .* was refused \d+ times by the budget ledger/);
    }
    expect(noticesOf(played.stage, 'drain-failed').length).toBeGreaterThan(0);
  });

  it('answers the hooks of machines that are gone, long before their heartbeat, and ends those drains well', () => {
    const taken = takenOf(played).map(({ instanceId }) => instanceId);
    const answers = played.log.filter(
      ({ kind, details }) => kind === 'hook.answered' && details.hookName === 'reglaze-drain',
    );
    const waits = played.log.filter(({ details }) => details.to === 'Terminating:Wait');
    for (const instanceId of taken) {
      const answer = answers.find(({ details }) => details.instanceId === instanceId);
      const wait = waits.find(({ details }) => details.instanceId === instanceId);
      expect(answer?.details.why).toBe('Lifecycle Action Completed with CONTINUE Result');
      expect((answer?.at ?? 0) - (wait?.at ?? 0)).toBeLessThan(noticeMs);
      expect(executionsOf(played).find(({ name }) => name === `drain-${instanceId}`)?.status).toBe('SUCCEEDED');
    }
  });

  it('drains an instance that Capacity Rebalancing replaces at its hook, like any other', () => {
    const group = played.stage.account.autoScaling.group('search');
    const last = drainsOf(played.stage, 'shop/search').at(-1);
    expect(last).toMatchObject({ emptiedAt: expect.any(String), slot: expect.any(String) });
    expect([last?.run, last?.takenAt, last?.goneAt]).toEqual([undefined, undefined, undefined]);
    expect(group).toMatchObject({ desiredCapacity: 2, hooks: ['reglaze-drain'] });
    expect(entriesOf(played.log, 'group.capacity').filter((one) => one.group === 'search')).toHaveLength(1);
  });

  it('leaves nothing behind', () => {
    expect(remains(played)).toEqual([]);
    expect(entriesOf(played.log, 'refused')).toEqual([]);
    expect(entriesOf(played.log, 'defect')).toEqual([]);
  });
});

/** What other tools or times make of it: no operator but the first, and no run after that. */
const first = (change: Parameters<typeof play>[1]) =>
  play('spot-interruption', {
    ...change,
    change: (scenario) => {
      scenario.operator.splice(1);
      change?.change?.(scenario);
    },
  });

describe('an interruption', () => {
  it('of a node without budgets in the way ends well, with the node emptied before it is taken', async () => {
    const played = await first({
      change: ({ clusters: [cluster] }) => {
        cluster?.manifests.splice(2);
        cluster?.containers.splice(1);
      },
    });
    const [record] = takenOf(played);
    expect(interruptionsOf(played).map(({ status }) => status)).toEqual(['SUCCEEDED']);
    expect(seconds(record?.emptiedAt, record?.takenAt)).toBeGreaterThan(60);
    expect(record?.goneAt).toBeUndefined();
    expect(remains(played)).toEqual([]);
  }, 300_000);

  it('of a group that forces deletes what is left with time for its grace period, and names it', async () => {
    const played = await first({
      change: ({ clusters: [cluster] }) => {
        for (const { tags } of cluster?.nodeGroups ?? []) tags['reglaze:on-drain-timeout'] = 'force';
      },
    });
    const [record] = takenOf(played);
    expect(record?.forced.length).toBeGreaterThan(0);
    for (const { name, why, at } of record?.forced ?? []) {
      expect([name.startsWith('ledger-'), why]).toEqual([true, 'deadline']);
      expect(seconds(at, record?.takenAt)).toBeGreaterThan(30);
    }
    expect(record?.emptiedAt).toBeDefined();
    expect(interruptionsOf(played).map(({ status }) => status)).toEqual(['SUCCEEDED']);
  }, 300_000);

  it('of a group that another tool drains is left to that tool', async () => {
    const played = await first({
      change: ({ clusters: [cluster] }) => {
        for (const nodeGroup of cluster?.nodeGroups ?? []) nodeGroup.tags['reglaze:foreign-drain-hook'] = 'their-drain';
      },
      before: ({ account }) => {
        for (const AutoScalingGroupName of ['web', 'search']) {
          const put = account.autoScaling.service.operations.PutLifecycleHook as unknown as {
            run: (input: object, call: object) => unknown;
          };
          const hook = {
            ...{ AutoScalingGroupName, LifecycleHookName: 'their-drain', HeartbeatTimeout: 30 },
            ...{ LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING', DefaultResult: 'CONTINUE' },
          };
          put.run(hook, { caller: { arn: 'an operator' }, requestId: 'test' });
        }
      },
    });
    expect(executionsOf(played)).toEqual([]);
    const heard = entriesOf(played.log, 'function.invoked').filter(({ functionName }) =>
      String(functionName).endsWith('-start-interrupted-drain'),
    );
    expect(heard).toHaveLength(1);
    expect(played.document.run.status).toBe('SUCCEEDED');
  }, 300_000);

  it('of a node that drains already hurries that drain: it stops pacing, and the machine is taken on time', async () => {
    const played = await first({
      change: ({ operator, behaviour, clusters: [cluster] }) => {
        operator.splice(0, 1, {
          when: { minute: 15 },
          does: { kind: 'interrupt-spot-instance', group: 'shop/search' },
        });
        behaviour.autoScaling = { ...behaviour.autoScaling, interruptionNoticeBeginsTermination: true };
        for (const nodeGroup of cluster?.nodeGroups ?? []) nodeGroup.maxSize = 3;
      },
    });
    const [record] = takenOf(played);
    const names = executionsOf(played).filter(({ name }) => name.includes(record?.instanceId ?? '-'));
    expect(names.map(({ name }) => name).toSorted()).toEqual([
      `drain-${record?.instanceId}`,
      `drain-${record?.instanceId}-interruption`,
    ]);
    expect(names.map(({ status }) => status)).not.toContain('RUNNING');
    expect(seconds(record?.startedAt, record?.takenAt)).toBeLessThanOrEqual(120);
    expect(remains(played)).toEqual([]);
    expect(played.document.run.status).toBe('SUCCEEDED');
  }, 300_000);
});
