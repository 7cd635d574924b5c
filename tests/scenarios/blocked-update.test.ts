import { beforeAll, describe, expect, it } from 'vitest';
import { renderSummary } from '../../scripts/start/summary.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { noticesOf } from '../support/drains.ts';
import { entriesOf, leftovers, type Played, play } from '../support/play.ts';
import { lowestReady } from '../support/workloads.ts';

const inTheWay =
  /In the way: store\/ledger-\S+ on ip-\S+ \(the budget ledger allows no disruption: 2 pods needed, 2 healthy\)/;

const notices = ({ stage }: Played) =>
  stage.account.sns
    .publications(stage.stack.outputs.NotificationsTopicArn ?? '')
    .flatMap(({ subject, message }) => (/pods hold up/.test(subject ?? '') ? [message] : []));

/** What the watcher has asked the cluster for beyond nodes. */
const questions = ({ log }: Played) =>
  log.filter(
    ({ kind, details }) =>
      kind === 'call.kubernetes' &&
      /watch-rollout$/.test(String(details.functionName)) &&
      /^list (pods|poddisruptionbudgets)$/.test(String(details.operation)),
  );

describe('blocked-update', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('blocked-update');
  }, 300_000);

  it('tells once which pods and budget are in the way, while EKS still tries', () => {
    expect(notices(played)).toEqual([expect.stringMatching(inTheWay)]);
    const told = played.log.find(({ details }) => /pods hold up/.test(String(details.subject)));
    const ended = played.log.find(({ kind, details }) => kind === 'nodegroup.update' && details.status === 'Failed');
    expect(ended?.details).toMatchObject({ error: 'PodEvictionFailure' });
    expect((ended?.at ?? 0) - (told?.at ?? Infinity)).toBeGreaterThan(2 * 60_000);
  });

  it('was warned of by the plan, on the screen from the first minute, and in the report', () => {
    const [note] = played.observer.view().notes;
    expect(note?.text).toMatch(
      /^plan of shop\/payroll: ImpossibleBudget: The budget store\/ledger lets no pod be evicted/,
    );
    expect((note?.at ?? Infinity) - Date.parse(played.stage.scenario.startsAt)).toBeLessThan(60_000);
    expect(renderSummary(played.document, []).join('\n')).toContain('shop/payroll: ImpossibleBudget: The budget');
    expect(noticesOf(played.stage, 'reglaze failed')[0]).toContain('ImpossibleBudget: The budget store/ledger');
  });

  it('asks the cluster at three looks: two while it stands still, and one when it has failed', () => {
    const budgets = questions(played).filter(({ details }) => details.operation === 'list poddisruptionbudgets');
    expect(budgets).toHaveLength(3);
    expect(questions(played).every(({ details }) => details.status === 200)).toBe(true);
  });

  it('names them in the reason, and goes back without an eviction against the budget', () => {
    expect(played.document.nodeGroups).toMatchObject([
      { outcome: 'rolled-back', reason: { error: 'ReplacementFailed', cause: expect.stringMatching(inTheWay) } },
    ]);
    expect(played.document.run).toMatchObject({ status: 'FAILED', error: { cause: expect.stringMatching(inTheWay) } });
    expect(lowestReady(played.log, 'shop', 'store/Deployment/ledger')).toBeGreaterThanOrEqual(1);
    expect(played.observer.readyNodes('shop', 'payroll')).toEqual({ desired: 2, lowest: 2 });
    expect(leftovers(played.stage)).toEqual([]);
    expect(entriesOf(played.log, 'defect')).toEqual([]);
  });
});

describe('a way back that nobody clears', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('blocked-update', {
      change: (scenario) => {
        scenario.operator = [];
      },
    });
  }, 300_000);

  it('is not begun, since an update that the pods would hold up again only leaves more nodes behind', () => {
    const updates = entriesOf(played.log, 'nodegroup.update');
    expect(updates.map(({ status }) => status)).toEqual(['InProgress', 'Failed']);
    const [group] = played.stage.nodeGroups;
    expect(played.stage.account.autoScaling.group(group?.autoScalingGroupName ?? '')?.desiredCapacity).toBe(6);
  });

  it('ends red after its twelve hours, and says what was in the way in both directions', () => {
    expect(played.document.nodeGroups).toMatchObject([
      {
        outcome: 'failed',
        reason: { error: 'ReplacementFailed', cause: expect.stringMatching(inTheWay) },
        heldUp: expect.stringMatching(new RegExp(`^On the way back: ${inTheWay.source}`)),
      },
    ]);
    expect(played.document.run.simulatedSeconds).toBeGreaterThan(12 * 3600);
    expect(notices(played)).toHaveLength(1);
    expect(leftovers(played.stage)).toEqual([]);
  });
});

describe('a way back that pods hold up once it has begun', () => {
  it('is told once, tried three times, and ends with what is in the way and how many nodes are left', async () => {
    const budget = (name: string, minAvailable: number) => ({
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name, namespace: 'store' } },
      spec: { minAvailable, selector: { matchLabels: { app: 'ledger' } } },
    });
    const played = await play('blocked-update', {
      change: (scenario) => {
        scenario.operator = [];
      },
      // Somebody lets the pods go whenever an update has failed, and no longer once the next one has begun.
      before: ({ account: { kernel }, clusters }) => {
        kernel.log.follow(({ kind, details }) => {
          if (kind !== 'nodegroup.update') return;
          const needed = details.status === 'InProgress' ? 2 : 1;
          kernel.clock.after(0, () => clusters.get('shop')?.applyManifest(budget('ledger', needed)));
        });
      },
    });
    expect(noticesOf(played.stage, 'on its way back')).toEqual([
      expect.stringMatching(/tried again, three times in all/),
    ]);
    expect(played.document.nodeGroups).toMatchObject([
      {
        outcome: 'failed',
        reason: {
          error: 'RollBackFailed',
          cause: expect.stringMatching(/nodes where 2 are wanted.*In the way: store\/ledger-/s),
        },
      },
    ]);
  }, 300_000);
});

describe('a blocked update', () => {
  it('is rolled all the same where the reader may not look, and the report says what to grant', async () => {
    const olderRole = {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'reglaze-reader' } },
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] }],
    };
    const played = await play('blocked-update', {
      before: ({ clusters }) => clusters.get('shop')?.applyManifest(olderRole),
    });
    expect(played.document.nodeGroups).toMatchObject([
      {
        outcome: 'rolled-back',
        reason: {
          cause: expect.stringMatching(/PodEvictionFailure.*infrastructure\/kubernetes\/reader\.yml in shop again/s),
        },
      },
    ]);
    expect(notices(played)).toEqual([]);
    expect(leftovers(played.stage)).toEqual([]);
  }, 300_000);

  it('that is forced ends well, and the report still says what held it up', async () => {
    const played = await play('blocked-update', {
      change: (scenario: Scenario) => {
        scenario.operator = [];
        const [group] = scenario.clusters[0]?.nodeGroups ?? [];
        if (group) group.tags['reglaze:on-drain-timeout'] = 'force';
      },
    });
    expect(played.document.run.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups).toMatchObject([{ outcome: 'patched', heldUp: expect.stringMatching(inTheWay) }]);
    expect(notices(played)).toHaveLength(1);
  }, 300_000);
});
