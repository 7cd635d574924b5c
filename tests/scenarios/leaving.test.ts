import { beforeAll, describe, expect, it } from 'vitest';
import type { DrainRecord } from '../../functions/domain/drain-record.ts';
import { remains } from '../support/drains.ts';
import { entriesOf, type Played, play } from '../support/play.ts';
import { lowestReady, movesOf } from '../support/workloads.ts';

const web = 'store/Deployment/web';
const completed = 'Lifecycle Action Completed with CONTINUE Result';

const recordsOf = ({ stage: { account, stack } }: Played): DrainRecord[] => {
  const bucket = stack.outputs.RunBucketName ?? '';
  const keys = account.s3.keys(bucket).filter((key) => key.startsWith('drains/'));
  return keys.map((key) => JSON.parse(account.s3.object(bucket, key)?.body.toString() ?? ''));
};
const drainsOf = ({ stage }: Played) =>
  stage.account.stepFunctions.executions().filter(({ machineName }) => machineName.endsWith('-drain-node'));
const answersOf = ({ log }: Played) =>
  entriesOf(log, 'hook.answered').filter(({ hookName }) => hookName === 'reglaze-drain');
const groupOf = ({ stage }: Played) => stage.account.autoScaling.group('web');
describe('scale-in', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('scale-in', {
      change: ({ operator }) => {
        // Long enough for what the console does at minute 300.
        operator.push({ when: { minute: 330 }, does: { kind: 'set-desired-capacity', group: 'shop/web', to: 2 } });
      },
      before: ({ account }) => {
        account.kernel.clock.after(300 * 60_000, () => {
          const [instance] = account.autoScaling.group('web')?.instances ?? [];
          account.autoScaling.terminateInstance(instance?.instanceId ?? '', { decrement: false });
        });
      },
    });
  }, 300_000);

  it('patches what stays of the group, and leaves the capacity as it was set', () => {
    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'patched', nodes: { total: 3, patched: 3 } });
    expect(entriesOf(played.log, 'group.capacity').map(({ desired }) => desired)).toEqual([4, 3, 2]);
    expect(groupOf(played)?.instances.map(({ state }) => state)).toEqual(['InService', 'InService']);
  });

  it('drains every instance that leaves: of the run, by scale-in, and one that somebody terminates', () => {
    // The four old ones and a new one that was scaled in while it booted.
    expect(recordsOf(played).filter(({ run }) => run !== undefined)).toHaveLength(5);
    expect(recordsOf(played).filter(({ nodeless }) => nodeless)).toHaveLength(1);
    expect(played.document.nodeGroups[0]?.drains).toMatchObject({ emptied: 4, cutShort: [], unfinished: [] });
    // One that was scaled in, and one that was terminated by hand.
    expect(recordsOf(played).filter(({ run }) => run === undefined)).toHaveLength(2);
    expect(drainsOf(played).map(({ status }) => status)).toEqual(Array(7).fill('SUCCEEDED'));
    expect(answersOf(played).map(({ why }) => why)).toEqual(Array(7).fill(completed));
  });

  it('never evicts against the budget, and loses no pod', () => {
    expect(lowestReady(played.log, 'shop', web)).toBe(3);
    expect(recordsOf(played).flatMap(({ forced, lost }) => [...forced, ...lost])).toEqual([]);
    expect(entriesOf(played.log, 'refused')).toEqual([]);
  });

  it('leaves no hook, lease, cordon or taint behind', () => {
    expect(remains(played)).toEqual([]);
    expect(groupOf(played)?.hooks).toEqual(['reglaze-drain']);
  });
});

describe('a machine that somebody ends in EC2', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('tiny-month', {
      change: ({ operator, faults }) => {
        // A health check takes some minutes to notice. EC2 has forgotten the name of the machine then.
        faults.push({ at: 'event', rule: 'reglaze-live-node-leaving', nth: 5, delaySeconds: [200] });
        // Long enough for what the console does at minute 180.
        operator.push({ when: { minute: 220 }, does: { kind: 'set-desired-capacity', group: 'shop/web', to: 2 } });
      },
      before: ({ account }) => {
        account.kernel.clock.after(180 * 60_000, () => {
          const [instance] = account.autoScaling.group('web')?.instances ?? [];
          account.ec2.terminateInstance(instance?.instanceId ?? '');
        });
      },
    });
  }, 300_000);

  it('does not wait at the drain hook until its time is over', () => {
    expect(drainsOf(played)).toHaveLength(5);
    expect(drainsOf(played).map(({ status }) => status)).toEqual(Array(5).fill('SUCCEEDED'));
    expect(answersOf(played).map(({ why }) => why)).toEqual(Array(5).fill(completed));
  });
});

describe('lost-events', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('lost-events');
  }, 300_000);

  const lost = () => entriesOf(played.log, 'event.put').filter(({ source }) => source === 'aws.autoscaling');
  const leavingAt = () =>
    played.log.filter(({ kind, details }) => kind === 'instance.lifecycle' && details.to === 'Terminating:Wait');

  it('patches both nodes although a launch and a termination were never told', () => {
    expect(lost().length).toBeGreaterThanOrEqual(5);
    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups[0]).toMatchObject({ outcome: 'patched', nodes: { total: 2, patched: 2 } });
    expect(remains(played)).toEqual([]);
  });

  it('has the watcher admit and drain what it was not told of, before any heartbeat is over', () => {
    const admitted = entriesOf(played.log, 'hook.answered').filter(({ hookName }) => hookName === 'reglaze-admit');
    expect(admitted.map(({ why }) => why)).toEqual([completed, completed]);
    expect(
      answersOf(played)
        .map(({ why }) => why)
        .slice(0, 2),
    ).toEqual([completed, completed]);
    expect(drainsOf(played).map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(lowestReady(played.log, 'shop', web)).toBe(1);
    expect(Math.max(...movesOf(played.log, 'shop', web))).toBeLessThanOrEqual(2);
  });

  it('lets the one that leaves without a run go by the default, after one heartbeat', () => {
    const last = answersOf(played).at(-1);
    expect(answersOf(played)).toHaveLength(3);
    expect(last?.result).toBe('CONTINUE');
    expect(last?.why).not.toBe(completed);
    const answer = played.log.findLast(({ kind }) => kind === 'hook.answered');
    expect((answer?.at ?? 0) - (leavingAt().at(-1)?.at ?? 0)).toBe(300_000);
    expect(recordsOf(played)).toHaveLength(2);
    expect(groupOf(played)).toMatchObject({ desiredCapacity: 1 });
  });
});
