import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  ImageArn,
  isNewerBuild,
  newestBuildArn,
  parseImageArn,
  pickAmi,
  serverLineOf,
  usableImage,
} from '../../functions/domain/image.ts';
import { account, anImage, anImageBuild, imageArn } from '../support/builders.ts';

const ami = { amiId: 'ami-0new', state: 'available', platform: 'windows' };

describe('the ARN of an image', () => {
  it.each([
    { case: 'a build version', arn: imageArn, accepted: true },
    { case: 'a build version in China', arn: imageArn.replace('arn:aws:', 'arn:aws-cn:'), accepted: true },
    { case: 'a version without a build', arn: imageArn.replace('/7', ''), accepted: false },
    { case: 'a wildcard', arn: imageArn.replace('1.0.0/7', 'x.x.x'), accepted: false },
    { case: 'a recipe', arn: imageArn.replace(':image/', ':image-recipe/'), accepted: false },
    { case: 'an AMI id', arn: 'ami-0123456789abcdef0', accepted: false },
    { case: 'an ARN with something before it', arn: ` ${imageArn}`, accepted: false },
  ])('$case: accepted is $accepted', ({ arn, accepted }) => {
    expect(v.is(ImageArn, arn)).toBe(accepted);
  });

  it('has the parts from which a newest-build ARN of the same image is made', () => {
    expect(parseImageArn(imageArn)).toMatchObject({ name: 'windows-2022-core', version: '1.0.0', build: '7' });
    expect(newestBuildArn(account, 'windows-2022-core')).toBe(imageArn.replace('1.0.0/7', 'x.x.x'));
  });
});

describe('the AMI of an image', () => {
  it('is the one of this account and Region wherever it stands in the list', () => {
    const { amis } = anImageBuild();
    fc.assert(
      fc.property(fc.shuffledSubarray([...amis], { minLength: amis.length }), (shuffled) => {
        expect(pickAmi(anImageBuild({ amis: shuffled }), account)).toBe('ami-0new');
      }),
    );
  });

  it('is never one of another account or another Region', () => {
    const { amis } = anImageBuild();
    expect(() => pickAmi(anImageBuild({ amis: amis.slice(0, 2) }), account)).toThrow(
      expect.objectContaining({ name: 'AmiNotInRegion', message: expect.stringContaining('us-east-1/111122223333') }),
    );
  });
});

describe('a usable image', () => {
  it('names the AMI and the Server line', () => {
    expect(usableImage(anImageBuild(), ami)).toEqual(anImage());
  });

  it.each([
    { case: 'a container image', build: { type: 'DOCKER' }, error: 'ImageNotUsable', says: 'container image' },
    {
      case: 'a failed build',
      build: { status: 'FAILED', statusReason: 'Workflow step failed' },
      error: 'ImageNotAvailable',
      says: 'Workflow step failed',
    },
    { case: 'a build that still runs', build: { status: 'TESTING' }, error: 'ImageNotAvailable', says: 'TESTING' },
    { case: 'a Linux image', build: { platform: 'Linux' }, error: 'ImageNotUsable', says: 'Linux' },
    {
      case: 'an image without a Server line',
      build: { osVersion: undefined },
      error: 'ImageNotUsable',
      says: 'osVersion: none',
    },
  ])('is never $case', ({ build, error, says }) => {
    expect(() => usableImage(anImageBuild(build), ami)).toThrow(
      expect.objectContaining({ name: error, message: expect.stringContaining(says) }),
    );
  });

  it.each([
    { case: 'a Linux AMI', found: { ...ami, platform: undefined }, error: 'AmiNotWindows' },
    { case: 'an AMI that is pending', found: { ...ami, state: 'pending' }, error: 'AmiNotAvailable' },
    { case: 'an AMI that is disabled', found: { ...ami, state: 'disabled' }, error: 'AmiNotAvailable' },
  ])('never rests on $case', ({ found, error }) => {
    expect(() => usableImage(anImageBuild(), found)).toThrow(expect.objectContaining({ name: error }));
  });

  it('accepts the platform in the upper case of the model too', () => {
    expect(usableImage(anImageBuild(), { ...ami, platform: 'Windows' }).amiId).toBe('ami-0new');
  });
});

describe('the Server line of an operating system', () => {
  it.each([
    { name: 'Microsoft Windows Server 2022', line: '2022' },
    { name: 'Windows Server 2025 Datacenter', line: '2025' },
    { name: 'Windows 11', line: undefined },
    { name: undefined, line: undefined },
  ])('of "$name" is $line', ({ name, line }) => {
    expect(serverLineOf(name)).toBe(line);
  });
});

it.each([
  { a: '2026.5.16/1', b: '2026.5.9/1', newer: true },
  { a: '2026.5.9/1', b: '2026.5.16/1', newer: false },
  { a: '1.0.0/10', b: '1.0.0/9', newer: true },
  { a: '1.0.0/9', b: '1.0.0/9', newer: false },
])('the build $a is newer than $b: $newer', ({ a, b, newer }) => {
  expect(isNewerBuild({ name: 'x', version: a }, { name: 'x', version: b })).toBe(newer);
  expect(isNewerBuild({ name: 'y', version: a }, { name: 'x', version: b })).toBe(false);
});
