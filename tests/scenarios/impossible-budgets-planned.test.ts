import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { changesOf, entriesOf, play } from '../support/play.ts';

const imageArn = 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.16/1';
const input = JSON.stringify({ imageArn, dryRun: true });

const setBudget = (spec: object) => (scenario: Scenario) => {
  const [cluster] = scenario.clusters;
  const budget = cluster?.manifests.find(({ kind }) => kind === 'PodDisruptionBudget');
  if (budget === undefined) throw new Error('The scenario has no budget.');
  Object.assign(budget, { spec: { selector: { matchLabels: { app: 'ledger' } }, ...spec } });
};

const both = /store\/ledger and store\/team .*Deployment\/ledger \(2\)/;

const readsOf = (log: Parameters<typeof entriesOf>[0], what: string) =>
  entriesOf(log, 'call.kubernetes').filter(({ operation }) => operation === `list ${what}`);

/** The same pods and budget, on nodes of either kind of group. */
describe.each([
  { kind: 'managed', change: () => {} },
  {
    kind: 'self-managed',
    change: (scenario: Scenario) => {
      for (const group of scenario.clusters[0]?.nodeGroups ?? []) group.kind = 'self-managed';
    },
  },
])('the plan of a $kind group', ({ change }) => {
  const plan = (set: (scenario: Scenario) => void) =>
    play('blocked-update', {
      input,
      change: (scenario) => {
        change(scenario);
        set(scenario);
        scenario.operator = [];
      },
    });

  it.each([
    { case: 'minAvailable is the number of replicas', spec: { minAvailable: 2 } },
    { case: 'maxUnavailable is 0', spec: { maxUnavailable: 0 } },
    { case: 'all of them are needed', spec: { minAvailable: '100%' } },
  ])('warns of a budget and its workload when $case, and changes nothing', async ({ spec }) => {
    const { document, log } = await plan(setBudget(spec));
    expect(document.run.status).toBe('SUCCEEDED');
    expect(document.nodeGroups).toMatchObject([
      {
        outcome: 'planned',
        warnings: [
          {
            error: 'ImpossibleBudget',
            cause: expect.stringMatching(/store\/ledger .* 2 of 2.* Deployment\/ledger \(2\)/),
          },
        ],
      },
    ]);
    expect(changesOf(log)).toEqual([]);
  });

  it.each([
    { case: 'covers the same pods', selector: {}, pods: 1 },
    { case: 'cannot cover them', selector: { matchLabels: { app: 'other' } }, pods: 0 },
    { case: 'covers no pod', selector: { matchLabels: { team: 'other' } }, pods: 0 },
  ])('warns of a second budget that $case: $pods', async ({ selector, pods }) => {
    const { document } = await plan((scenario) => {
      setBudget({ maxUnavailable: 1 })(scenario);
      scenario.clusters[0]?.manifests.push({
        ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'team', namespace: 'store' } },
        spec: { maxUnavailable: 1, selector },
      });
    });
    expect(document.nodeGroups).toMatchObject([
      {
        outcome: 'planned',
        ...(pods > 0 && { warnings: [{ error: 'SeveralBudgets', cause: expect.stringMatching(both) }] }),
      },
    ]);
    expect(document.nodeGroups[0]?.warnings ?? []).toHaveLength(pods);
  });

  it('warns of nothing, and reads no pod, when a pod may go', async () => {
    const { document, log } = await plan(setBudget({ maxUnavailable: 1 }));
    expect(document.nodeGroups).toMatchObject([{ outcome: 'planned' }]);
    expect(document.nodeGroups[0]).not.toHaveProperty('warnings');
    expect(readsOf(log, 'poddisruptionbudgets')).toHaveLength(1);
    expect(readsOf(log, 'pods')).toEqual([]);
  });
});

describe('a plan whose reader may not list budgets', () => {
  it('is made all the same, and says what to grant', async () => {
    const { document } = await play('blocked-update', {
      input,
      before: ({ clusters }) =>
        clusters.get('shop')?.applyManifest({
          ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'reglaze-reader' } },
          rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] }],
        }),
    });
    expect(document.nodeGroups).toMatchObject([
      { outcome: 'planned', warnings: [{ error: 'BudgetsUnseen', cause: expect.stringContaining('reader.yml') }] },
    ]);
  });
});
