import { beforeAll, describe, expect, it } from 'vitest';
import type { Scenario } from '../../simulator/scenario/schema.ts';
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
