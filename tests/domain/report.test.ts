import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { judgeEnding, reportEnding, requirePromoted } from '../../functions/domain/outcome.ts';
import { GroupReport, notificationOf, Outcome, Summary, summarise, verdictOf } from '../../functions/domain/report.ts';
import { aGroup, aPlan, aReport, aRollingState, fromTemplate, now } from '../support/builders.ts';

const why = { error: 'NodeNeverJoined', cause: 'Instance i-0c did not join.' };
const end = { failure: undefined, now };

describe('the summary of a run', () => {
  it('is green when every group is patched, up to date, skipped or only planned', () => {
    const nodeGroups = [
      aReport({ name: 'a' }),
      aReport({ name: 'b', outcome: 'up-to-date' }),
      aReport({ name: 'c', outcome: 'skipped', reason: why }),
    ];
    const summary = summarise('run-1', aPlan({ nodeGroups }), [aReport({ name: 'a', outcome: 'patched' })], end);
    expect(summary).toMatchObject({
      status: 'succeeded',
      nodeGroups: [{ outcome: 'patched' }, { outcome: 'up-to-date' }, { outcome: 'skipped' }],
    });
    expect(verdictOf(summary)).toEqual({ result: 'succeeded' });
  });

  it('has the first bad group of the plan as its error, not the first that ended', () => {
    const nodeGroups = [aReport({ name: 'a' }), aReport({ name: 'b' })];
    const outcomes = [
      aReport({ name: 'b', outcome: 'failed', reason: { error: 'Later', cause: '' } }),
      aReport({ name: 'a', outcome: 'rolled-back', reason: why }),
    ];
    expect(verdictOf(summarise('run-1', aPlan({ nodeGroups }), outcomes, end))).toEqual({
      result: 'failed',
      error: 'NodeNeverJoined',
      cause: expect.stringContaining('demo/a is rolled-back: Instance i-0c'),
    });
  });

  it('is never green when any group is not where it should be', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...Outcome.options), { minLength: 1, maxLength: 6 }), (drawn) => {
        const nodeGroups = drawn.map((_, index) => aReport({ name: `g${index}` }));
        const outcomes = drawn.map((outcome, index) => aReport({ name: `g${index}`, outcome }));
        const bad = drawn.some((outcome) => ['failed', 'rolled-back', 'partly-patched', 'blocked'].includes(outcome));
        expect(summarise('run-1', aPlan({ nodeGroups }), outcomes, end).status).toBe(bad ? 'failed' : 'succeeded');
      }),
    );
  });

  it('counts a rollout without an outcome as failed', () => {
    expect(summarise('run-1', aPlan(), [], end)).toMatchObject({ status: 'failed', error: 'OutcomeMissing' });
  });

  it('gives a group whose turn never came the reason for which the run died', () => {
    const failure = { error: 'ExecutionAborted', cause: 'The execution run-1 was stopped.' };
    expect(summarise('run-1', aPlan(), [], { ...end, failure })).toMatchObject({
      ...{ status: 'failed', error: 'ExecutionAborted' },
      nodeGroups: [{ outcome: 'failed', reason: failure }],
    });
  });

  it('of a dry run leaves the plan a plan', () => {
    expect(summarise('run-1', aPlan({ dryRun: true }), [], end)).toMatchObject({
      status: 'succeeded',
      nodeGroups: [{ outcome: 'planned' }],
    });
  });

  it("of a run that failed before its plan has the run's own error", () => {
    const failure = { error: 'AmiNotWindows', cause: 'AMI ami-1 is not a Windows AMI.' };
    const summary = summarise('run-1', undefined, [], { failure, now });
    expect(verdictOf(summary)).toEqual({ result: 'failed', ...failure });
    expect(v.is(Summary, summary)).toBe(true);
  });

  it('fits a notification, with the error and a line for every group', () => {
    const summary = summarise(
      'r'.repeat(120),
      aPlan({ nodeGroups: [aReport({ outcome: 'blocked', reason: why })] }),
      [],
      end,
    );
    const { subject, text } = notificationOf(summary);
    expect(subject.length).toBeLessThanOrEqual(100);
    expect(text).toContain(
      'demo/win2022: blocked, 0 of 2 nodes on ami-0new (NodeNeverJoined: Instance i-0c did not join.)',
    );
  });
});

describe('the end of a rollout', () => {
  const promoted = aRollingState({ phase: 'promoted', verified: { patchLevel: '10.0.20348.5139', leftAlone: [] } });

  it('is "patched" once promoted, even when the execution died right afterwards', () => {
    expect(judgeEnding(promoted, { outcome: 'failed', reason: why })).toEqual({ outcome: 'patched' });
  });

  it('is never "patched" before that', () => {
    expect(judgeEnding(aRollingState(), { outcome: 'patched' }).outcome).toBe('failed');
  });

  it('is "partly-patched" while instances stay behind, and names them', () => {
    const state = { ...promoted, verified: { patchLevel: '10.0.20348.5139', leftAlone: ['i-0p'] } };
    expect(judgeEnding(state, { outcome: 'patched' })).toMatchObject({
      outcome: 'partly-patched',
      reason: { error: 'NodesLeftBehind', cause: expect.stringContaining('i-0p') },
    });
  });

  it('is "partly-patched" where pods were killed with their machine, and says that before all else', () => {
    const drains = {
      ...{
        emptied: 1,
        cutShort: ['ip-1', 'ip-2'],
        atCeiling: ['ip-1'],
        unfinished: [],
        evicted: 0,
        forced: [],
        lost: [],
      },
      ...{ refused: [], localData: [], short: [] },
    };
    const state = { ...promoted, verified: { patchLevel: '10.0.20348.5139', leftAlone: ['i-0p'] } };
    expect(judgeEnding(state, { outcome: 'patched' }, drains)).toMatchObject({
      outcome: 'partly-patched',
      reason: { error: 'DrainCutShort', cause: expect.stringMatching(/^ip-1 of .*i-0p/s) },
    });
    const { atCeiling: _, ...byHand } = drains;
    expect(judgeEnding(promoted, { outcome: 'patched' }, byHand)).toEqual({ outcome: 'patched' });
  });

  it.each([
    { case: 'that was put back', drainedBy: undefined, says: /reglaze-drain of win2022 2 times, .*It was put back\./ },
    {
      case: 'in whose place another tool drains',
      drainedBy: 'kubedrainer',
      says: /The hook kubedrainer of another tool/,
    },
  ])('names the drain hook that somebody deleted and $case', ({ drainedBy, says }) => {
    const removed = { hook: 'reglaze-drain' as const, times: 2, firstAt: now.toISOString(), lastAt: now.toISOString() };
    const state = { ...promoted, removedHooks: [{ ...removed, ...(drainedBy && { drainedBy }) }] };
    const report = reportEnding(state, { outcome: 'patched' }, { nodes: { total: 2, patched: 2 }, now });
    expect(report.warnings).toEqual([{ error: 'DrainHookRemoved', cause: expect.stringMatching(says) }]);
  });

  it('keeps what the plan warned of, before what happened since', () => {
    const [planned, since] = [
      { error: 'ImpossibleBudget', cause: 'store/web' },
      { error: 'DrainHookRemoved', cause: 'reglaze-drain' },
    ];
    const plan = aPlan({ nodeGroups: [aReport({ warnings: [planned] })] });
    const ends = [aReport({ outcome: 'patched', warnings: [since] })];
    const summary = summarise('run-1', plan, ends, end);
    expect(summary.nodeGroups[0]?.warnings).toEqual([planned, since]);
    expect(notificationOf(summary).text).toMatch(
      /\n {2}ImpossibleBudget: store\/web\n {2}DrainHookRemoved: reglaze-drain/,
    );
  });

  it('is reported in the shape of every report', () => {
    const report = reportEnding(promoted, { outcome: 'patched' }, { nodes: { total: 2, patched: 2 }, now });
    expect(v.parse(GroupReport, report)).toEqual(report);
    expect(report).toMatchObject({
      fromAmi: 'ami-0old',
      toAmi: 'ami-0new',
      fromPatchLevel: '10.0.20348.4648',
      toPatchLevel: '10.0.20348.5139',
      launchTemplate: { id: 'lt-0a', fromVersion: 7, toVersion: 8 },
      startedAt: '2026-05-16T04:30:00.000Z',
      endedAt: '2026-05-16T05:00:00.000Z',
    });
  });

  it("needs the new version to be the group's own", () => {
    expect(() => requirePromoted(aGroup(), promoted)).toThrow(expect.objectContaining({ name: 'NodeGroupChanged' }));
    expect(() => requirePromoted(aGroup({ source: fromTemplate('ami-0new', 8) }), promoted)).not.toThrow();
  });
});
