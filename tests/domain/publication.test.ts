import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ImageArn, parseImageArn } from '../../functions/domain/image.ts';
import {
  decidePublication,
  type Parameter,
  type Publication,
  parameterName,
  requireOurKind,
  whyNotProved,
} from '../../functions/domain/publication.ts';
import type { GroupReport } from '../../functions/domain/report.ts';
import { anImage, aPlan, aReport, minutesAgo, now } from '../support/builders.ts';

const patched = aReport({ outcome: 'patched', nodes: { total: 2, patched: 2 } });

describe('whyNotProved', () => {
  it.each<{ case: string; ends: readonly GroupReport[]; proved: boolean }>([
    { case: 'all groups patched', ends: [patched, { ...patched, name: 'b' }], proved: true },
    { case: 'groups that were on it before', ends: [{ ...patched, outcome: 'up-to-date' }], proved: true },
    { case: 'protected instances left behind', ends: [{ ...patched, outcome: 'partly-patched' }], proved: true },
    { case: 'a blocked group beside', ends: [patched, aReport({ outcome: 'blocked' })], proved: true },
    { case: 'a held group beside', ends: [patched, aReport({ outcome: 'skipped' })], proved: true },
    { case: 'a group that went back', ends: [patched, aReport({ outcome: 'rolled-back' })], proved: false },
    { case: 'a group in an unknown state', ends: [patched, aReport({ outcome: 'failed' })], proved: false },
    { case: 'a group without an outcome', ends: [patched, aReport()], proved: false },
    {
      case: 'a held group that went back from it before',
      ends: [patched, aReport({ outcome: 'skipped', rejected: true })],
      proved: false,
    },
    {
      case: 'a group that has a newer build already',
      ends: [patched, aReport({ outcome: 'skipped', reason: { error: 'NewerImage', cause: '' } })],
      proved: false,
    },
    {
      case: 'only empty groups',
      ends: [aReport({ outcome: 'up-to-date', nodes: { total: 0, patched: 0 } })],
      proved: false,
    },
    { case: 'nothing but blocked groups', ends: [aReport({ outcome: 'blocked' })], proved: false },
  ])('$case: proved is $proved', ({ ends, proved }) => {
    expect(whyNotProved(aPlan(), ends) === undefined).toBe(proved);
  });

  it.each([
    { case: 'a dry run', plan: aPlan({ dryRun: true }) },
    { case: 'a limited run', plan: aPlan({ limited: true }) },
  ])('says that $case proves nothing', ({ plan }) => {
    expect(whyNotProved(plan, [patched])).toBeDefined();
  });
});

describe('parameterName', () => {
  it('is one that Parameter Store takes, for every name that an image can have', () => {
    const imageName = fc.stringMatching(/^[a-z0-9-_]{1,126}$/);
    fc.assert(
      fc.property(imageName, (name) => {
        const arn = v.parse(ImageArn, `arn:aws:imagebuilder:us-west-2:111122223333:image/${name}/1.0.0/7`);
        const parameter = parameterName(parseImageArn(arn)?.name ?? '', 'broad');

        expect(parameter).toMatch(/^(\/[a-zA-Z0-9_.-]+)+$/);
        expect(parameter.length).toBeLessThan(1011);
      }),
    );
  });
});

const name = '/reglaze/windows-2022-core/broad/ami-id';
const ours = (value: string): Parameter => ({ name, type: 'String', dataType: 'aws:ec2:image', value });

describe('requireOurKind', () => {
  it.each([
    { case: 'a text', parameter: { ...ours('x'), dataType: 'text' } },
    { case: 'a list', parameter: { ...ours('x'), type: 'StringList' } },
    { case: 'a secret', parameter: { ...ours('x'), type: 'SecureString', dataType: 'text' } },
  ])('refuses $case by name', ({ parameter }) => {
    expect(() => requireOurKind(parameter)).toThrow(
      expect.objectContaining({ name: 'ParameterNotUsable', message: expect.stringContaining(name) }),
    );
  });
});

const [older, newer] = [
  anImage({ version: '1.0.0/7', amiId: 'ami-0old' }),
  anImage({ version: '1.0.0/10', amiId: 'ami-0new' }),
];
const proof = (image = newer) => ({
  ...{ schemaVersion: 1 as const, channel: image.name, ring: 'broad', image },
  run: `run of ${image.version}`,
});
const asked = (minutes: number, count: number, image = newer): Publication => ({
  ...proof(image),
  request: { amiId: image.amiId, at: minutesAgo(minutes).toISOString(), count },
});

describe('decidePublication', () => {
  it.each([
    { case: 'nothing there', known: undefined, parameter: undefined, step: { do: 'put', amiId: 'ami-0new' } },
    { case: 'an older build there', known: proof(older), parameter: ours('ami-0old'), step: { do: 'put' } },
    { case: 'the AMI there', known: undefined, parameter: ours('ami-0new'), step: { answer: 'published' } },
    { case: 'asked a minute ago', known: asked(1, 1), parameter: undefined, step: { do: 'wait' } },
    {
      case: 'asked seven minutes ago',
      known: asked(7, 1),
      parameter: undefined,
      step: { do: 'put', file: { request: { count: 2 } } },
    },
    { case: 'asked twice without effect', known: asked(7, 2), parameter: undefined, step: { do: 'give-up' } },
    {
      case: 'asked twice, long ago',
      known: asked(60, 2),
      parameter: undefined,
      step: { do: 'put', file: { request: { count: 1 } } },
    },
    {
      case: 'somebody else’s value there',
      known: proof(newer),
      parameter: ours('ami-0theirs'),
      step: { do: 'put', amiId: 'ami-0new' },
    },
  ])('with $case', ({ known, parameter, step }) => {
    expect(decidePublication({ proved: proof(newer), known, parameter, now })).toMatchObject(step);
  });

  it.each([
    { case: 'the newer one is there', parameter: ours('ami-0new'), step: { answer: 'superseded' } },
    { case: 'somebody set another one', parameter: ours('ami-0theirs'), step: { answer: 'superseded' } },
    { case: 'nothing is there yet', parameter: undefined, step: { answer: 'superseded' } },
    { case: 'it wrote its own before', parameter: ours('ami-0old'), step: { do: 'put', amiId: 'ami-0new' } },
  ])('never puts an older build when $case', ({ parameter, step }) => {
    const situation = { proved: proof(older), known: proof(newer), parameter, now };

    expect(decidePublication(situation)).toMatchObject(step);
  });
});
