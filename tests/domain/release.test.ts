import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { isNewerVersion } from '../../functions/domain/image.ts';
import { isAnyBehind, linesIn, readReleaseVersion, usableRelease } from '../../functions/domain/release.ts';
import { parametersOf, type ReleaseLine } from '../../functions/domain/release-line.ts';
import { knownVersions, StateFile, targetVersion } from '../../functions/domain/state-file.ts';
import { aRelease, aState } from '../support/builders.ts';

const line: ReleaseLine = { amiType: 'WINDOWS_CORE_2022_x86_64', kubernetesVersion: '1.35' };
const nameOf = (version: string) => `Windows_Server-2022-English-Core-EKS_Optimized-${version}`;
const ami = { amiId: 'ami-0new', name: nameOf('1.35-2026.05.16'), state: 'available', platform: 'windows' };

describe('the version of a release', () => {
  it.each([
    {
      case: 'by name and parameter',
      name: nameOf('1.35-2026.05.16'),
      parameter: '1.35-2026.05.16',
      read: '1.35-2026.05.16',
    },
    { case: 'by its name', name: nameOf('1.35-2026.05.16'), parameter: undefined, read: '1.35-2026.05.16' },
    { case: 'by its name with dashes', name: nameOf('1.35-2026-01-22'), parameter: undefined, read: '1.35-2026-01-22' },
    {
      case: "in the parameter's spelling",
      name: nameOf('1.35-2026-01-22'),
      parameter: '1.35-2026.01.22',
      read: '1.35-2026.01.22',
    },
    {
      case: 'by its name while the parameter tells of the one before',
      ...{ name: nameOf('1.35-2026.05.16'), parameter: '1.35-2026.04.18', read: '1.35-2026.05.16' },
    },
    {
      case: 'by the parameter when the name is another',
      name: 'windows',
      parameter: '1.35-2026.05.16',
      read: '1.35-2026.05.16',
    },
    { case: 'not at all', name: 'windows', parameter: undefined, read: undefined },
    { case: 'not without a name', name: undefined, parameter: undefined, read: undefined },
  ])('is read $case', ({ name, parameter, read }) => {
    expect(readReleaseVersion(name, parameter)).toBe(read);
  });

  it('is never newer than itself, and of two different dates one is newer, whatever separates them', () => {
    const date = fc.record({
      year: fc.integer({ min: 2024, max: 2030 }),
      month: fc.integer({ min: 1, max: 12 }),
      day: fc.integer({ min: 1, max: 28 }),
      separator: fc.constantFrom('.', '-'),
    });
    type Date = { readonly year: number; readonly month: number; readonly day: number; readonly separator: string };
    const pad = (part: number) => String(part).padStart(2, '0');
    const write = ({ year, month, day, separator }: Date) => `1.35-${[year, pad(month), pad(day)].join(separator)}`;
    const rank = ({ year, month, day }: Date) => (year * 12 + month) * 31 + day;
    fc.assert(
      fc.property(date, date, (a, b) => {
        expect(isNewerVersion(write(a), write(b))).toBe(rank(a) > rank(b));
      }),
    );
  });
});

describe('the public parameters of a line', () => {
  it.each([
    { amiType: 'WINDOWS_CORE_2022_x86_64', folder: 'Windows_Server-2022-English-Core-EKS_Optimized-1.35' },
    { amiType: 'WINDOWS_FULL_2019_x86_64', folder: 'Windows_Server-2019-English-Full-EKS_Optimized-1.35' },
  ])('are named after $amiType', ({ amiType, folder }) => {
    const path = `/aws/service/ami-windows-latest/${folder}`;
    expect(parametersOf({ amiType, kubernetesVersion: '1.35' })).toEqual({
      imageId: `${path}/image_id`,
      releaseVersion: `${path}/release_version`,
    });
  });
});

describe('the state file of a group on one of the releases', () => {
  it.each([
    { case: 'with nodes', before: { release: '1.35-2026.04.18', amiId: 'ami-0old', patchLevel: '10.0.20348.4648' } },
    { case: 'without', before: { release: '1.35-2026.04.18' } },
  ])('is read as it was written: $case', ({ before }) => {
    const state = aState({ before, image: aRelease() });
    expect(v.parse(StateFile, JSON.parse(JSON.stringify(state)))).toEqual(state);
    expect(targetVersion(state)).toEqual({ release: '1.35-2026.05.16' });
    expect(knownVersions(state)).toEqual([]);
  });

  it('is refused when it mixes a release with a version of a template', () => {
    const before = { ...aState().before, release: '1.35-2026.04.18' };
    expect(v.is(StateFile, { ...aState(), before })).toBe(false);
  });
});

describe('a release to roll node groups to', () => {
  it('is an image of the channel amazon', () => {
    expect(usableRelease(line, { ami, parameter: undefined })).toEqual(aRelease());
  });

  it.each([
    { case: 'that AWS does not have', found: undefined, name: 'ReleaseNotFound' },
    { case: 'without a version', found: { ami: { ...ami, name: 'x' }, parameter: undefined }, name: 'ReleaseNotFound' },
    {
      case: 'that is not Windows',
      found: { ami: { ...ami, platform: undefined }, parameter: undefined },
      name: 'AmiNotWindows',
    },
    {
      case: 'that is gone',
      found: { ami: { ...ami, state: 'disabled' }, parameter: undefined },
      name: 'AmiNotAvailable',
    },
  ])('is refused $case', ({ found, name }) => {
    expect(() => usableRelease(line, found)).toThrow(expect.objectContaining({ name }));
  });
});

describe('the releases that groups follow', () => {
  const tags = { 'reglaze:channel': 'amazon' };
  const release = { ...line, releaseVersion: '1.35-2026.04.18' };
  const other = { ...release, kubernetesVersion: '1.34', releaseVersion: '1.34-2026.05.16' };

  it('are of each line once, of groups that follow the channel and run one', () => {
    const elsewhere = { tags: { 'reglaze:channel': 'windows-2025-core' }, release: { ...release, amiType: 'x' } };
    expect(linesIn([{ tags, release }, { tags, release }, { tags, release: other }, elsewhere, { tags }])).toEqual([
      line,
      { ...line, kubernetesVersion: '1.34' },
    ]);
  });

  it.each([
    { case: 'an older release', groups: [{ tags, release }], behind: true },
    {
      case: 'the newest one',
      groups: [{ tags, release: { ...release, releaseVersion: '1.35-2026.05.16' } }],
      behind: false,
    },
    {
      case: 'a newer one',
      groups: [{ tags, release: { ...release, releaseVersion: '1.35-2026.06.13' } }],
      behind: false,
    },
    { case: 'another line', groups: [{ tags, release: other }], behind: false },
    {
      case: 'one older, one newest',
      groups: [
        { tags, release: { ...release, releaseVersion: '1.35-2026.05.16' } },
        { tags, release },
      ],
      behind: true,
    },
  ])('are behind when a group runs $case: $behind', ({ groups, behind }) => {
    expect(isAnyBehind(groups, line, '1.35-2026.05.16')).toBe(behind);
  });
});
