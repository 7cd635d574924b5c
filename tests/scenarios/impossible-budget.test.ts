import { beforeAll, describe, expect, it } from 'vitest';
import { observe } from '../../scripts/start/observer.ts';
import type { RunView } from '../../scripts/start/run-view.ts';
import type { Stage } from '../../scripts/start/stage.ts';
import { renderSummary } from '../../scripts/start/summary.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { drainsOf, noticesOf, remains, takenWithoutEviction } from '../support/drains.ts';
import { entriesOf, leftovers, type Played, play } from '../support/play.ts';
import { lowestReady, movesOf } from '../support/workloads.ts';

const minute = 60_000;
const groupOf = ({ document }: Played, name: string) => document.nodeGroups.find((group) => group.name === name);
const drainExecutions = ({ stage }: Played) =>
  stage.account.stepFunctions.executions().filter(({ machineName }) => machineName.endsWith('-drain-node'));

describe('impossible-budget', () => {
  let played: Played;
  /** What the display shows 25 minutes after the start, and after an hour. */
  const views: RunView[] = [];
  beforeAll(async () => {
    const before = (stage: Stage) => {
      const observer = observe(stage, undefined);
      for (const after of [25 * minute, 60 * minute]) {
        stage.account.kernel.clock.after(after, () => views.push(observer.view()));
      }
    };
    played = await play('impossible-budget', { before });
  }, 300_000);

  it('patches both groups, and never has fewer Ready nodes than wanted', () => {
    expect(played.document.run.status).toBe('SUCCEEDED');
    for (const { outcome, readyNodes } of played.document.nodeGroups) {
      expect({ outcome, readyNodes }).toEqual({ outcome: 'patched', readyNodes: { desired: 2, lowest: 2 } });
    }
  });

  describe('under wait', () => {
    it('alerts once, with the pod and the budget and its numbers, and never forces', () => {
      const notices = noticesOf(played.stage, 'shop/patient cannot drain');
      expect(notices).toHaveLength(1);
      expect(notices[0]).toMatch(/store\/ledger-\S+.*ledger needs 2 healthy pods and has 2/);
      expect(groupOf(played, 'patient')?.drains?.forced).toEqual([]);
      expect(takenWithoutEviction(played.log, 'shop').filter(({ workload }) => workload.endsWith('ledger'))).toEqual(
        [],
      );
    });

    it('alerts when the drain timeout is over, not before', () => {
      const [first] = drainsOf(played.stage, 'shop/patient');
      const told = played.log.find(
        ({ kind, details }) => kind === 'execution.state' && details.state === 'Report stuck drain',
      );
      const waited = (told?.at ?? 0) - Date.parse(first?.turnAt ?? '');
      expect(waited).toBeGreaterThanOrEqual(30 * minute);
      expect(waited).toBeLessThan(32 * minute);
    });

    it('goes on within two minutes of the change of the budget, which it obeys', () => {
      const raised = Date.parse(played.stage.scenario.startsAt) + 75 * minute;
      const [first] = drainsOf(played.stage, 'shop/patient');
      const [evicted] = first?.evicted ?? [];
      expect(Date.parse(evicted?.at ?? '')).toBeGreaterThan(raised);
      expect(Date.parse(evicted?.at ?? '')).toBeLessThan(raised + 2 * minute);
      expect(lowestReady(played.log, 'shop', 'store/Deployment/ledger')).toBe(1);
      expect(movesOf(played.log, 'shop', 'store/Deployment/ledger')).toEqual([1, 1]);
    });
  });

  describe('under force', () => {
    it('forces the pods that are left, each when the drain timeout of its node is over and not before', () => {
      const taken = takenWithoutEviction(played.log, 'shop').filter(({ workload }) => !workload.endsWith('ledger'));
      const records = drainsOf(played.stage, 'shop/strict');
      const forced = records.flatMap(({ forced: own, turnAt = '' }) => own.map((pod) => ({ ...pod, turnAt })));
      expect(forced.map(({ name }) => name).toSorted()).toEqual(taken.map(({ pod }) => pod).toSorted());
      expect(forced).toHaveLength(3);
      for (const { at, turnAt, why } of forced) {
        expect(why).toBe('deadline');
        expect(Date.parse(at)).toBeGreaterThanOrEqual(Date.parse(turnAt) + 20 * minute);
        expect(Date.parse(at)).toBeLessThan(Date.parse(turnAt) + 22 * minute);
      }
    });

    it('names each budget that refused, and both where a pod has two', () => {
      const refused = groupOf(played, 'strict')?.drains?.refused ?? [];
      const budgetsOf = (app: string) =>
        refused.filter(({ name }) => name.startsWith(app)).map(({ budgets }) => budgets.map(({ name }) => name).sort());
      expect(budgetsOf('printer-')).toEqual([['printer']]);
      expect(budgetsOf('invoices-')).toEqual([
        ['billing', 'invoices'],
        ['billing', 'invoices'],
      ]);
    });

    it('tells of forced pods in the report of the run, and alerts nobody before', () => {
      expect(noticesOf(played.stage, 'shop/strict cannot drain')).toEqual([]);
      const [report] = noticesOf(played.stage, 'reglaze succeeded');
      expect(report).toMatch(/shop\/strict: patched.*\n(.*\n)*? {2}Deleted without being let go: .*store\/printer-/);
    });

    it('moves each pod once all the same', () => {
      expect(movesOf(played.log, 'shop', 'store/Deployment/printer')).toEqual([1]);
      expect(movesOf(played.log, 'shop', 'store/Deployment/invoices')).toEqual([1, 1]);
    });
  });

  it('shows an operator while it happens which pods are held back, by which budgets, and how many were forced', () => {
    const drainsIn = (view: RunView | undefined, name: string) =>
      view?.nodeGroups.find((group) => group.name === name)?.drains;
    const ledger = { pod: expect.stringMatching(/^store\/ledger-/), budget: 'ledger' };
    expect(drainsIn(views[0], 'patient')).toEqual({ waiting: 0, draining: 1, settling: 0, held: [ledger], forced: 0 });
    expect(drainsIn(views[0], 'strict')).toMatchObject({ draining: 1, forced: 0 });
    expect(drainsIn(views[0], 'strict')?.held).toContainEqual({
      pod: expect.stringMatching(/^store\/invoices-/),
      budget: expect.stringMatching(/^billing and invoices$/),
    });
    expect(drainsIn(views[1], 'strict')).toMatchObject({ held: [], forced: 3 });
  });

  it('leaves nothing behind', () => {
    expect(drainExecutions(played).map(({ status }) => status)).toEqual(Array(4).fill('SUCCEEDED'));
    expect(remains(played)).toEqual([]);
  });
});

/** One node that nobody helps: its drain ends when Auto Scaling will wait no longer. */
function withoutHelp({ clusters, operator }: Scenario): void {
  operator.length = 0;
  const [cluster] = clusters;
  const [patient] = cluster?.nodeGroups ?? [];
  if (cluster === undefined || patient === undefined) throw new Error('The scenario has no node group.');
  cluster.nodeGroups = [{ ...patient, size: 1 }];
  cluster.manifests = cluster.manifests.filter(({ metadata }) =>
    ['store', 'ledger'].includes((metadata as { readonly name: string }).name),
  );
}

describe('impossible-budget without anybody who changes the budget', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('impossible-budget', { change: withoutHelp });
  }, 300_000);

  it('waits to the ceiling with one alert, then ends as known: the drain and the run red, the pods named, all nodes new', () => {
    const [record] = drainsOf(played.stage);
    expect(noticesOf(played.stage, 'cannot drain')).toHaveLength(1);
    expect(drainExecutions(played)).toMatchObject([{ status: 'FAILED', error: 'PodsLeft' }]);
    expect(drainExecutions(played)[0]?.cause).toContain('store/ledger-');
    expect(record?.forced).toEqual([]);
    const nodes = [record?.nodeName];
    expect(groupOf(played, 'patient')).toMatchObject({
      outcome: 'partly-patched',
      nodes: { total: 1, patched: 1 },
      reason: { error: 'DrainCutShort', cause: expect.stringMatching(/^ip-\S+ of shop\/patient .*store\/ledger-/) },
      drains: { emptied: 0, cutShort: nodes, atCeiling: nodes, forced: [] },
    });
    expect(played.document.run).toMatchObject({ status: 'FAILED', error: { name: 'DrainCutShort' } });
  });

  it('says before all else, by mail and on the screen, that the pods of that node were killed', () => {
    const first = `shop/patient: Not drained: the pods on ${drainsOf(played.stage)[0]?.nodeName} were killed with the machine.`;
    expect(noticesOf(played.stage, 'reglaze failed')[0]?.split('\n')[1]).toBe(first);
    expect(renderSummary(played.document, [])[1]).toBe(first);
  });

  it('holds the instance for as long as Auto Scaling waits at the hook, by its heartbeats', () => {
    const [terminated] = played.log.filter(({ kind }) => kind === 'instance.shutting-down');
    const waited = (terminated?.at ?? 0) - Date.parse(drainsOf(played.stage)[0]?.startedAt ?? '');
    expect(waited).toBeGreaterThanOrEqual(500 * minute);
    expect(waited).toBeLessThan(502 * minute);
  });

  it('leaves no hook, Lease, turn or cordon behind', () => {
    expect(leftovers(played.stage)).toEqual([]);
    expect(remains(played)).toEqual([]);
    expect(entriesOf(played.log, 'defect')).toEqual([]);
  });
});
