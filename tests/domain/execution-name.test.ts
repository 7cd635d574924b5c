import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rolloutName, runName, settleName, shortHash } from '../../functions/domain/execution-name.ts';
import { parseImageArn } from '../../functions/domain/image.ts';
import { imageArn } from '../support/builders.ts';

const legal = /^[A-Za-z0-9._-]{1,80}$/;

const parts = (arn: string) => {
  const found = parseImageArn(arn);
  if (found === undefined) throw new Error(`${arn} is no image`);
  return found;
};

describe('the name of a run', () => {
  it('says image, version and build, and tells accounts and Regions apart', () => {
    const other = imageArn.replace('us-west-2', 'eu-west-1');
    expect(runName(imageArn, parts(imageArn))).toMatch(/^windows-2022-core-1\.0\.0-7-[a-z0-9]{13}$/);
    expect(runName(other, parts(other))).not.toBe(runName(imageArn, parts(imageArn)));
  });

  it('is legal and keeps version and build however long the image name is', () => {
    const name = fc.stringMatching(/^[a-z0-9-_]{1,128}$/);
    const number = fc.integer({ min: 0, max: 2 ** 30 - 1 });
    fc.assert(
      fc.property(name, number, number, (image, patch, build) => {
        const arn = `arn:aws:imagebuilder:us-west-2:111122223333:image/${image}/1.0.${patch}/${build}`;
        const made = runName(arn, parts(arn));
        expect(made).toMatch(legal);
        expect(made).toContain(`-1.0.${patch}-${build}-`);
      }),
    );
  });
});

describe('the name of a rollout', () => {
  it('is legal for every name that AWS allows a group to have', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 255, unit: 'binary' }), (nodeGroup) => {
        expect(rolloutName('run-1', 'demo', nodeGroup)).toMatch(legal);
      }),
    );
  });

  it('differs for names that become the same when shortened or cleaned', () => {
    const long = 'x'.repeat(90);
    expect(rolloutName('run-1', 'demo', `${long}1`)).not.toBe(rolloutName('run-1', 'demo', `${long}2`));
    expect(rolloutName('run-1', 'demo', 'a b')).not.toBe(rolloutName('run-1', 'demo', 'a/b'));
    expect(rolloutName('run-1', 'demo-a', 'b')).not.toBe(rolloutName('run-1', 'demo', 'a-b'));
    expect(rolloutName('run-1', 'demo', 'a')).not.toBe(rolloutName('run-2', 'demo', 'a'));
  });
});

describe('a short hash', () => {
  it('is the same for the same text and thirteen characters for any', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(shortHash(text)).toBe(shortHash(text));
        expect(shortHash(text)).toHaveLength(13);
      }),
    );
  });

  it('makes a legal name of an execution ARN', () => {
    expect(settleName('arn:aws:states:us-west-2:111122223333:execution:patch-fleet:a')).toMatch(legal);
  });
});
