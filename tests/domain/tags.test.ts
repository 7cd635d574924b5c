import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOurTag, knownTagNames, parseDuration, parseTags } from '../../functions/domain/tags.ts';

const channel = { 'reglaze:channel': 'windows-2022-core' };

const accepted = (tags: Record<string, string>, kind: 'self-managed' | 'managed' = 'self-managed') => {
  const parsed = parseTags({ ...channel, ...tags }, kind);
  if ('refused' in parsed) throw new Error(parsed.refused.cause);
  return parsed.tags;
};

const refused = (tags: Record<string, string>, kind: 'self-managed' | 'managed' = 'self-managed') => {
  const parsed = parseTags(tags, kind);
  return 'refused' in parsed ? parsed.refused : undefined;
};

describe('the tags of a node group', () => {
  it('mean the documented defaults when only the channel is there', () => {
    expect(accepted({})).toEqual({
      channel: 'windows-2022-core',
      policy: {
        joinTimeoutSeconds: 1800,
        bakeSeconds: 0,
        maxSurge: { count: 10, unit: 'percent' },
        force: false,
        drainTimeoutSeconds: 5400,
      },
      hold: undefined,
    });
    expect(accepted({}, 'managed').policy.joinTimeoutSeconds).toBe(900);
  });

  it.each([
    { key: 'reglaze:join-timeout', value: '45m', policy: { joinTimeoutSeconds: 2700 } },
    { key: 'reglaze:bake-time', value: '12h', policy: { bakeSeconds: 43_200 } },
    { key: 'reglaze:join-timeout', value: '4h', policy: { joinTimeoutSeconds: 14_400 } },
    { key: 'reglaze:max-surge', value: '3', policy: { maxSurge: { count: 3, unit: 'nodes' } } },
    { key: 'reglaze:max-surge', value: '25 percent', policy: { maxSurge: { count: 25, unit: 'percent' } } },
    { key: 'reglaze:ring', value: 'broad', policy: {} },
    { key: 'reglaze:drain-timeout', value: '47h', policy: { drainTimeoutSeconds: 169_200 } },
    { key: 'reglaze:on-drain-timeout', value: 'force', policy: { force: true } },
    { key: 'reglaze:on-drain-timeout', value: 'wait', policy: { force: false } },
    { key: 'reglaze:foreign-drain-hook', value: 'drain-it', policy: { foreignDrainHook: 'drain-it' } },
  ])('$key = $value is obeyed', ({ key, value, policy }) => {
    expect(accepted({ [key]: value }).policy).toMatchObject(policy);
  });

  it('lets a managed group force', () => {
    expect(accepted({ 'reglaze:on-drain-timeout': 'force' }, 'managed').policy.force).toBe(true);
  });

  it.each([
    { case: 'a typo in a key', tags: { ...channel, 'reglaze:max-serge': '2' }, error: 'TagInvalid' },
    { case: 'another case of a key', tags: { ...channel, 'Reglaze:ring': 'broad' }, error: 'TagInvalid' },
    {
      case: 'a typo in the channel key',
      tags: { 'reglaze:chanel': 'a', 'reglaze:ring': 'broad' },
      error: 'TagInvalid',
    },
    { case: 'no channel', tags: { 'reglaze:ring': 'broad' }, error: 'TagInvalid' },
    { case: 'an empty channel', tags: { 'reglaze:channel': ' ' }, error: 'TagInvalid' },
    { case: 'another ring', tags: { ...channel, 'reglaze:ring': 'canary' }, error: 'TagInvalid' },
    { case: 'a window', tags: { ...channel, 'reglaze:window': 'nights' }, error: 'TagNotSupported' },
    {
      case: 'a drain timeout beyond what a hook waits for',
      tags: { ...channel, 'reglaze:drain-timeout': '48h' },
      error: 'TagInvalid',
    },
    { case: 'a drain that gives up', tags: { ...channel, 'reglaze:on-drain-timeout': 'skip' }, error: 'TagInvalid' },
    { case: 'a hook without a name', tags: { ...channel, 'reglaze:foreign-drain-hook': ' ' }, error: 'TagInvalid' },
    { case: 'a duration without a unit', tags: { ...channel, 'reglaze:join-timeout': '30' }, error: 'TagInvalid' },
    {
      case: 'a bake time of more than half a rollout',
      tags: { ...channel, 'reglaze:bake-time': '721m' },
      error: 'TagInvalid',
    },
    {
      case: 'a join timeout that is too long',
      tags: { ...channel, 'reglaze:join-timeout': '241m' },
      error: 'TagInvalid',
    },
    { case: 'a surge of nothing', tags: { ...channel, 'reglaze:max-surge': '0' }, error: 'TagInvalid' },
    { case: 'a surge above the group', tags: { ...channel, 'reglaze:max-surge': '101 percent' }, error: 'TagInvalid' },
    { case: 'a day that is not', tags: { ...channel, 'reglaze:hold-until': '2026-02-30' }, error: 'TagInvalid' },
    {
      case: 'a hold reason that holds nothing',
      tags: { ...channel, 'reglaze:hold-reason': 'audit' },
      error: 'TagInvalid',
    },
  ])('$case blocks the group', ({ tags, error }) => {
    expect(refused(tags)).toMatchObject({ error });
  });

  it.each([
    'reglaze:max-surge',
    'reglaze:join-timeout',
    'reglaze:bake-time',
    'reglaze:drain-timeout',
    'reglaze:foreign-drain-hook',
  ])('a managed group with %s is blocked, since EKS decides that', (key) => {
    const value = key === 'reglaze:max-surge' ? '2' : '90m';
    expect(refused({ ...channel, [key]: value }, 'managed')).toMatchObject({ error: 'TagNotSupported' });
  });

  it('no tag key of ours is ever ignored', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (name, value) => {
        const key = `reglaze:${name}`;
        fc.pre(!(knownTagNames as readonly string[]).includes(key));
        expect(refused({ ...channel, [key]: value })?.cause).toContain(key);
      }),
    );
  });

  it('tags of others never matter', () => {
    const others = fc.dictionary(
      fc.string().filter((key) => !isOurTag(key)),
      fc.string(),
    );
    fc.assert(
      fc.property(others, (tags) => {
        expect(accepted(tags)).toEqual(accepted({}));
      }),
    );
  });

  it('hold until the day begins in UTC, with the reason for people', () => {
    const { hold } = accepted({ 'reglaze:hold-until': '2026-12-24', 'reglaze:hold-reason': 'year-end freeze' });
    expect(hold).toEqual({ until: new Date('2026-12-24T00:00:00Z'), why: 'year-end freeze' });
  });
});

describe('a duration', () => {
  it('keeps its length in every unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), (count) => {
        expect(parseDuration(`${count}m`)).toBe(count * 60);
        expect(parseDuration(`${count}h`)).toBe(count * 3600);
        expect(parseDuration(`${count}s`)).toBe(count);
      }),
    );
  });

  it.each(['', '90', 'm', '-5m', '1.5h', '1h30m', '90 m', '5d'])('is not "%s"', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
