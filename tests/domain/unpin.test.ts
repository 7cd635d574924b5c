import { describe, expect, it } from 'vitest';
import type { StateFile } from '../../functions/domain/state-file.ts';
import { decideUnpin, isPinnedByUs, type NewerVersion, provedVersion, withPin } from '../../functions/domain/unpin.ts';
import { aGroup, aRollingState, fromTemplate } from '../support/builders.ts';

const followed = (follows: '$Latest' | '$Default', overrides: Partial<StateFile> = {}): StateFile =>
  aRollingState({
    before: { launchTemplate: { id: 'lt-0a', version: 7 }, amiId: 'ami-0old', follows },
    unit: { others: [], pin: 'set' },
    ...overrides,
  });
const promoted = { phase: 'promoted' } as const;
const back = { phase: 'rolling-back' } as const;
const ours = (version: number, copyOf?: number): NewerVersion => ({ version, isOurs: true, copyOf });
const theirs = (version: number): NewerVersion => ({ version, isOurs: false, copyOf: undefined });

describe('following $Latest again', () => {
  it.each<{ case: string; end: Partial<StateFile>; newer: NewerVersion[]; step: string }>([
    { case: 'the proved version is on top', end: promoted, newer: [ours(8)], step: 'follow' },
    { case: 'the version of another group is on top', end: promoted, newer: [ours(8), ours(9)], step: 'copy' },
    {
      case: 'a copy of the proved version is on top',
      end: promoted,
      newer: [ours(8), ours(9), ours(10, 8)],
      step: 'follow',
    },
    {
      case: 'a copy of another version is on top',
      end: promoted,
      newer: [ours(8), ours(10, 9), ours(9)],
      step: 'copy',
    },
    { case: 'the bad version is on top', end: back, newer: [ours(8)], step: 'copy' },
    { case: 'a copy of the old version is on top', end: back, newer: [ours(8), ours(9, 7)], step: 'follow' },
    { case: 'no version was made', end: back, newer: [], step: 'follow' },
    { case: 'somebody else made one, and we none', end: back, newer: [theirs(8)], step: 'follow' },
    { case: 'somebody else made one after ours', end: promoted, newer: [ours(8), theirs(9)], step: 'stay' },
    { case: 'somebody else made one before ours', end: promoted, newer: [theirs(8), ours(9)], step: 'stay' },
    { case: 'somebody else made one, and ours is bad', end: back, newer: [ours(8), theirs(9)], step: 'stay' },
  ])('$case: $step', ({ end, newer, step }) => {
    expect(decideUnpin(followed('$Latest', end), { defaultVersion: 1, newer }).step).toBe(step);
  });

  it('says who is in the way, and what to do', () => {
    const step = decideUnpin(followed('$Latest', promoted), { defaultVersion: 1, newer: [ours(8), theirs(9)] });
    expect(step).toMatchObject({
      reason: {
        error: 'VersionPinned',
        cause:
          'demo/win2022 stays at version 8 of lt-0a and does not follow $Latest any more: somebody made version 9 during ' +
          "the run, which no node has proved. When it is what you want, set the group's version back to $Latest.",
      },
    });
  });
});

describe('following $Default again', () => {
  it.each([
    { case: 'promoted, and nobody touched it', end: promoted, defaultVersion: 7, step: 'set-default' },
    { case: 'promoted, and another group of the unit has set it', end: promoted, defaultVersion: 8, step: 'follow' },
    { case: 'promoted, and somebody else has moved it', end: promoted, defaultVersion: 5, step: 'stay' },
    { case: 'gone back, and nobody touched it', end: back, defaultVersion: 7, step: 'follow' },
    { case: 'gone back, and somebody else has moved it', end: back, defaultVersion: 5, step: 'stay' },
  ])('$case: $step', ({ end, defaultVersion, step }) => {
    expect(decideUnpin(followed('$Default', end), { defaultVersion, newer: [ours(8), theirs(9)] }).step).toBe(step);
  });
});

it('is nothing to a group that names a number', () => {
  expect(decideUnpin(aRollingState(), { defaultVersion: 1, newer: [] })).toEqual({ step: 'leave' });
});

describe('a group that is still at our number', () => {
  it.each([
    { case: 'the old version', source: fromTemplate('ami-0old', 7), ours: true },
    { case: 'the new version', source: fromTemplate('ami-0new', 8), ours: true },
    { case: "somebody else's version", source: fromTemplate('ami-0x', 9), ours: false },
    { case: 'its alias', source: { ...fromTemplate('ami-0new', 8), follows: '$Latest' as const }, ours: false },
    { case: 'no launch template', source: { type: 'launch-configuration' as const, name: 'lc' }, ours: false },
  ])('$case: $ours', ({ source, ours: isOurs }) => {
    expect(isPinnedByUs(aGroup({ source } as never), followed('$Latest'))).toBe(isOurs);
  });

  it('follows its alias in the eyes of the next run, when the last one died', () => {
    const group = aGroup({ source: fromTemplate('ami-0old', 7) });
    expect(withPin(group, followed('$Latest')).source).toMatchObject({ follows: '$Latest', template: { version: 7 } });
  });

  it.each([
    { case: 'there is no state', state: undefined },
    { case: 'the group was unpinned', state: followed('$Latest', { unit: { others: [], done: true } }) },
    { case: 'the group named a number', state: aRollingState() },
  ])('is as it stands when $case', ({ state }) => {
    const group = aGroup({ source: fromTemplate('ami-0old', 7) });
    expect(withPin(group, state)).toBe(group);
  });
});

it('has proved the new version once it was promoted, and the old one until then', () => {
  expect(provedVersion(followed('$Latest', promoted))).toEqual({ id: 'lt-0a', version: 8, amiId: 'ami-0new' });
  expect(provedVersion(followed('$Latest', back))).toEqual({ id: 'lt-0a', version: 7, amiId: 'ami-0old' });
});
