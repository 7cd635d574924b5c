import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rolloutName, runId, runName, settleName, shortHash } from '../../functions/domain/execution-name.ts';
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
    expect(settleName(end)).toMatch(legal);
  });
});

const end = {
  executionArn: 'arn:aws:states:us-west-2:111122223333:execution:patch-fleet:a',
  startedAt: '2026-05-16T04:12:02.123Z',
  redriveCount: 0,
};

describe('the name of a settling', () => {
  it('is that of one end, whoever tells of it', () => {
    expect(settleName({ ...end, startedAt: '2026-05-16T04:12:02.000Z' })).toBe(settleName(end));
  });

  it.each([
    { case: 'the execution was redriven', other: { redriveCount: 1 } },
    { case: 'its name was used again after ninety days', other: { startedAt: '2026-08-16T04:12:02.123Z' } },
  ])('is another one when $case', ({ other }) => {
    expect(settleName({ ...end, ...other })).not.toBe(settleName(end));
  });
});

describe('the id of a run', () => {
  it('is the name of its execution and when that was started', () => {
    expect(runId('image-1.0.0-7-abc', new Date(end.startedAt))).toBe('image-1.0.0-7-abc-20260516T041202Z');
  });

  it('differs when the name is used again, and so do the names of its rollouts', () => {
    const [first, second] = ['2026-05-16T04:12:02Z', '2026-08-16T04:12:02Z'].map((at) => runId('a', new Date(at)));
    expect(first).not.toBe(second);
    expect(rolloutName(first ?? '', 'demo', 'a')).not.toBe(rolloutName(second ?? '', 'demo', 'a'));
  });
});
