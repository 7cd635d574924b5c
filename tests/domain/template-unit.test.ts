import { describe, expect, it } from 'vitest';
import type { Alias, Follower, NodeGroup } from '../../functions/domain/node-group.ts';
import type { GroupReport } from '../../functions/domain/report.ts';
import { joinUnits, type Planned, unitsTogether } from '../../functions/domain/template-unit.ts';
import { aGroup, aReport, fromTemplate } from '../support/builders.ts';

const channel = 'windows-2022-core';

/** A group of the plan that names what it follows, or a number. */
const planned = (name: string, follows: Alias | undefined, report: Partial<GroupReport> = {}, templateId = 'lt-0a') => {
  const source = { ...fromTemplate('ami-0old'), template: { id: templateId, version: 7 }, ...(follows && { follows }) };
  return { group: aGroup({ name, source: source as NodeGroup['source'] }), report: aReport({ name, ...report }) };
};

const follower = (name: string, follows: Alias, overrides: Partial<Follower> = {}): Follower => ({
  ...{ cluster: 'demo', name, channel, templateId: 'lt-0a', follows },
  ...overrides,
});

/** Those of the plan that follow are found among all groups of the Region, too. */
const followersIn = (all: readonly Planned[]): Follower[] =>
  all.flatMap(({ group: { name, source } }) =>
    source.type === 'launch-template' && source.follows
      ? follower(name, source.follows, { templateId: source.template.id })
      : [],
  );

const join = (all: readonly Planned[], more: readonly Follower[] = []) =>
  Object.fromEntries(
    joinUnits(all, [...followersIn(all), ...more], channel).map(({ name, outcome, unit, reason }) => [
      name,
      { outcome, unit: unit?.map((other) => other.name), error: reason?.error, cause: reason?.cause },
    ]),
  );

describe('groups move together', () => {
  it('alone, when nobody else follows the template', () => {
    expect(join([planned('web', '$Latest'), planned('api', '$Latest', {}, 'lt-0b')])).toMatchObject({
      web: { outcome: 'planned', unit: [] },
      api: { outcome: 'planned', unit: [] },
    });
  });

  it('with those that follow the same template, by whatever alias', () => {
    expect(join([planned('web', '$Latest'), planned('api', '$Default'), planned('job', '$Latest')])).toMatchObject({
      web: { unit: ['api', 'job'] },
      api: { unit: ['web', 'job'] },
      job: { unit: ['web', 'api'] },
    });
  });

  it('with those that name a number, as long as one follows $Latest', () => {
    expect(join([planned('web', '$Latest'), planned('api', undefined)])).toMatchObject({
      web: { unit: ['api'] },
      api: { unit: ['web'] },
    });
    const withDefault = join([planned('web', '$Default'), planned('api', undefined)]);
    expect(withDefault).toMatchObject({ web: { unit: [] }, api: { outcome: 'planned' } });
    expect(withDefault.api?.unit).toBeUndefined();
  });

  it('not at all, when all name numbers', () => {
    const all = [planned('web', undefined), planned('api', undefined)];
    expect(joinUnits(all, [], channel)).toEqual(all.map(({ report }) => report));
  });

  it('also with one that a dead run has left at a number', () => {
    const all = [planned('web', '$Latest'), planned('api', '$Latest')];
    const found = followersIn(all).filter(({ name }) => name !== 'api');
    const [web, api] = joinUnits(all, found, channel);
    expect([web?.unit, api?.unit]).toEqual([[{ cluster: 'demo', name: 'api' }], [{ cluster: 'demo', name: 'web' }]]);
  });
});

describe('none goes when one of them', () => {
  it.each<{ case: string; other: Partial<GroupReport> | undefined; follower?: Partial<Follower>; says: string }>([
    {
      case: 'has not opted in',
      other: undefined,
      follower: { channel: undefined },
      says: 'has not opted in. Tag it with',
    },
    {
      case: 'is of no cluster',
      other: undefined,
      follower: { cluster: undefined, channel: undefined },
      says: '/api has not',
    },
    {
      case: 'follows another channel',
      other: undefined,
      follower: { channel: 'core-2019' },
      says: 'the channel core-2019',
    },
    { case: 'is left out of the run', other: undefined, says: 'is left out of this run. Name both' },
    {
      case: 'is held',
      other: { outcome: 'skipped', reason: { error: 'Held', cause: 'demo/api is held until 2026-06-01: sale.' } },
      says: 'demo/api is held until 2026-06-01: sale',
    },
    {
      case: 'is blocked',
      other: { outcome: 'blocked', reason: { error: 'TagInvalid', cause: 'demo/api has a bad tag.' } },
      says: 'demo/api has a bad tag',
    },
    {
      case: 'is empty',
      other: { outcome: 'skipped', reason: { error: 'NoInstances', cause: '.' } },
      says: 'demo/api has no instances',
    },
    { case: 'is up to date', other: { outcome: 'up-to-date' }, says: 'demo/api is up to date. Give it a number' },
  ])('$case', ({ other, follower: found, says }) => {
    const all = [planned('web', '$Latest'), ...(other ? [planned('api', '$Latest', other)] : [])];
    const { web } = join(all, other ? [] : [follower('api', '$Latest', found)]);

    expect(web).toMatchObject({ outcome: 'blocked', error: 'TemplateShared' });
    expect(web?.cause).toContain(says);
    expect(web?.cause).toContain('demo/web shares the launch template lt-0a with');
    expect(web?.cause).toMatch(/[^.]\.$/);
  });

  it('is one whose new version would move an override’s template', () => {
    const own = { template: { id: 'lt-0b', version: 3 }, imageId: 'ami-0old', hasInstanceRequirements: false };
    const overrides = [{ imageId: undefined, weight: 1, hasInstanceRequirements: false, own }];
    const group = aGroup({ name: 'web', source: { ...fromTemplate('ami-0old'), overrides } as NodeGroup['source'] });
    const all = [{ group, report: aReport({ name: 'web' }) }];

    expect(join(all, [follower('api', '$Latest', { templateId: 'lt-0b' })]).web).toMatchObject({
      outcome: 'blocked',
      error: 'TemplateShared',
    });
    expect(join(all, [follower('api', '$Default', { templateId: 'lt-0b' })]).web).toMatchObject({ outcome: 'planned' });
  });

  it('is one too many for a run to have all of them at once', () => {
    const all = Array.from({ length: 41 }, (_, index) => planned(`g${index}`, '$Latest'));
    expect(join(all).g7).toMatchObject({ outcome: 'blocked', error: 'TemplateShared' });
    expect(join(all.slice(1)).g7).toMatchObject({ outcome: 'planned' });
  });

  it('leaves alone what would not be rolled anyway', () => {
    const all = [
      planned('web', '$Latest', { outcome: 'up-to-date' }),
      planned('api', '$Latest', { outcome: 'up-to-date' }),
    ];
    expect(joinUnits(all, followersIn(all), channel)).toEqual(all.map(({ report }) => report));
  });
});

it('puts rollouts that wait for one another side by side', () => {
  const entry = (name: string, ...unit: string[]) => ({
    ...{ cluster: 'demo', name },
    ...(unit.length > 0 && { unit: unit.map((other) => ({ cluster: 'demo', name: other })) }),
  });
  const entries = [entry('a', 'd'), entry('b'), entry('c', 'e'), entry('d', 'a'), entry('e', 'c')];

  expect(unitsTogether(entries).map(({ name }) => name)).toEqual(['a', 'd', 'b', 'c', 'e']);
});
