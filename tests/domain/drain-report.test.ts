import { describe, expect, it } from 'vitest';
import { type DrainRecord, newDrainRecord } from '../../functions/domain/drain-record.ts';
import { drainSentences, reportDrains } from '../../functions/domain/drain-report.ts';
import { notificationOf, summarise } from '../../functions/domain/report.ts';
import { aDrainInput, aPlan, aReport, now } from '../support/builders.ts';

const at = now.toISOString();
/** Nobody waits for eight hours in these drains. */
const limit = { ceilingSeconds: 30_000, heartbeatSeconds: 300, now };
const web = { namespace: 'store', name: 'web-1' };

const aRecord = (nodeName: string, overrides: Partial<DrainRecord> = {}): DrainRecord => ({
  ...newDrainRecord(aDrainInput({ instanceId: `i-0${nodeName}`, run: 'run-1' }), nodeName),
  emptiedAt: at,
  ...overrides,
});
const aRefusal = (times: number, budgets: DrainRecord['refused'][number]['budgets'] = []) => ({
  ...{ ...web, budgets, message: 'Cannot evict pod.', times, firstAt: at, lastAt: at },
});

describe('the drains in a report', () => {
  it('are missing when no node has left', () => {
    expect(reportDrains([], limit)).toBeUndefined();
  });

  it('leave out instances that had no node: nothing was there to drain', () => {
    const booting = aRecord('b', { emptiedAt: undefined, goneAt: at, nodeless: true } as Partial<DrainRecord>);
    expect(reportDrains([booting], limit)).toBeUndefined();
    expect(reportDrains([aRecord('a'), booting], limit)).toMatchObject({ emptied: 1, cutShort: [], unfinished: [] });
  });

  it('tell nodes that were emptied from those that ended with pods, and those that have not ended', () => {
    const records = [
      aRecord('a'),
      aRecord('b', { goneAt: at }),
      aRecord('c', { emptiedAt: undefined, goneAt: at } as Partial<DrainRecord>),
      aRecord('d', { emptiedAt: undefined } as Partial<DrainRecord>),
    ];
    expect(reportDrains(records, limit)).toMatchObject({ emptied: 2, cutShort: ['c'], unfinished: ['d'] });
  });

  it.each([
    { case: 'whose instance was gone at the end of the wait', waited: 30_000, gone: true, atCeiling: true },
    { case: 'whose wait a look noticed late', waited: 29_800, gone: true, atCeiling: true },
    { case: 'whose drain has not noticed its end', waited: 30_100, gone: false, atCeiling: true },
    { case: 'that somebody terminated', waited: 20_000, gone: true, atCeiling: false },
    { case: 'that still drains', waited: 20_000, gone: false, atCeiling: false },
  ])('tell of a node $case that Auto Scaling did not wait longer: $atCeiling', ({ waited, gone, atCeiling }) => {
    const startedAt = new Date(now.getTime() - waited * 1000).toISOString();
    const { emptiedAt: _, ...record } = aRecord('a', { startedAt, ...(gone && { goneAt: at }) });
    expect(reportDrains([record], limit)?.atCeiling).toEqual(atCeiling ? ['a'] : undefined);
    expect(reportDrains([record], limit)?.cutShort).toEqual(gone || atCeiling ? ['a'] : []);
  });

  it('name the nodes that EC2 took back, where it did', () => {
    const records = [aRecord('a'), aRecord('b', { takenAt: at })];
    expect(reportDrains(records, limit)).toMatchObject({ emptied: 2, cutShort: [], interrupted: ['b'] });
    expect(drainSentences(reportDrains(records, limit) as never)).toContain('Taken by EC2, as Spot Instances: b.');
    expect(reportDrains([aRecord('a')], limit)).not.toHaveProperty('interrupted');
  });

  it('name every pod with its node, and every controller once', () => {
    const forced = [{ ...web, why: 'deadline' as const, at }];
    const replicas = { lookedAt: at, short: ['Deployment store/web'], notWatched: [] };
    const records = [
      aRecord('b', { startedAt: '2026-05-16T05:00:01.000Z', forced, replicas }),
      aRecord('a', { evicted: [{ ...web, at }], refused: [aRefusal(3)], localData: [web], lost: [web], replicas }),
    ];
    expect(reportDrains(records, limit)).toMatchObject({
      evicted: 1,
      refused: [{ ...web, node: 'a', times: 3 }],
      forced: [{ ...web, node: 'b', why: 'deadline' }],
      lost: [{ ...web, node: 'a' }],
      localData: [{ ...web, node: 'a' }],
      short: ['Deployment store/web'],
    });
  });
});

const sentencesOf = (overrides: Partial<DrainRecord>) =>
  drainSentences(reportDrains([aRecord('a', overrides)], limit) as never);

describe('what people are told of drains', () => {
  it('is nothing when every pod left as it was asked to', () => {
    expect(sentencesOf({ evicted: [{ ...web, at }] })).toEqual([]);
  });

  it.each([
    {
      case: 'a budget with its numbers',
      refusal: aRefusal(7, [{ name: 'web', needed: 5, healthy: 5 }]),
      says: 'store/web-1 7 times by budget web (needs 5, has 5).',
    },
    {
      case: 'both budgets of a pod that has two',
      refusal: aRefusal(2, [{ name: 'web' }, { name: 'team' }]),
      says: 'store/web-1 2 times by budgets web, team.',
    },
    { case: 'the words of the API server', refusal: aRefusal(1), says: 'store/web-1 once by Cannot evict pod.' },
  ])('names $case', ({ refusal, says }) => {
    expect(sentencesOf({ refused: [refusal] })).toEqual([`Refused evictions: ${says}`]);
  });

  it('says why a pod was forced', () => {
    const forced = (['hanging', 'deadline'] as const).map((why) => ({ ...web, name: why, why, at }));
    expect(sentencesOf({ forced })).toEqual([
      'Deleted without being let go: store/hanging (it hung), store/deadline (at the deadline).',
    ]);
  });

  it('has ten names and the number of the others', () => {
    const lost = Array.from({ length: 12 }, (_, index) => ({ ...web, name: `p${index}` }));
    expect(sentencesOf({ lost })[0]).toMatch(/^Not made again by anybody: store\/p0, .*store\/p9 and 2 more\.$/);
  });

  it('begins a notification, also of a green run, with the nodes whose pods were killed', () => {
    const drains = reportDrains([aRecord('a', { emptiedAt: undefined, goneAt: at } as Partial<DrainRecord>)], limit);
    const ends = [aReport({ outcome: 'patched', ...(drains && { drains }) })];
    const { text } = notificationOf(summarise('run-1', aPlan(), ends, { failure: undefined, now }));
    expect(text.split('\n')[1]).toBe('demo/win2022: Not drained: the pods on a were killed with the machine.');
  });

  it('stands below the line of its node group in the notification', () => {
    const drains = reportDrains([aRecord('a', { lost: [web] })], limit);
    const ends = [aReport({ outcome: 'patched', ...(drains && { drains }) })];
    const { text } = notificationOf(summarise('run-1', aPlan(), ends, { failure: undefined, now }));
    expect(text).toMatch(/demo\/win2022: patched.*\n {2}Not made again by anybody: store\/web-1\./);
  });
});
