import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { inputSentence } from '../../functions/domain/input-sentence.ts';
import {
  countFromOne,
  nearestOf,
  nonEmpty,
  openObject,
  strictObject,
  timestamp,
} from '../../functions/domain/shapes.ts';

const Schema = strictObject({
  image: strictObject({ amiId: v.pipe(v.string(), v.startsWith('ami-')) }),
  groups: v.pipe(v.array(nonEmpty), v.minLength(1)),
  kind: v.optional(v.picklist(['self-managed', 'managed'])),
  retries: v.optional(countFromOne),
  at: v.optional(timestamp),
  arn: v.optional(v.pipe(v.string(), v.regex(/^arn:/, 'the ARN of an image, such as arn:x'))),
  dryRun: v.optional(v.boolean()),
});
const Choice = nearestOf([
  openObject({ source: v.literal('aws.states'), detail: openObject({ name: v.string() }) }),
  strictObject({ sweep: v.literal(true) }),
]);

const good = { image: { amiId: 'ami-1' }, groups: ['a'] };
const sentence = (schema: v.GenericSchema, input: unknown) => inputSentence(v.safeParse(schema, input).issues ?? []);

describe('the sentence about a bad input', () => {
  it.each([
    [{ ...good, image: { amiId: 7 } }, '"image.amiId": expected a string, found 7'],
    [{ ...good, image: { amiId: 'x' } }, '"image.amiId": expected a string that begins with "ami-", found "x"'],
    [{ ...good, image: null }, '"image": expected an object, found null'],
    [{ ...good, image: [] }, '"image": expected an object, found a list'],
    [{ ...good, groups: ['a', {}] }, '"groups[1]": expected a string, found an object'],
    [{ ...good, groups: [''] }, '"groups[0]": expected a text that is not empty, found ""'],
    [{ ...good, groups: [] }, '"groups": expected a list that is not empty, found a list'],
    [{ image: { amiId: 'ami-1' } }, '"groups": expected a list, found nothing'],
    [{ ...good, image: {} }, '"image.amiId": expected a string, found nothing'],
    [{ ...good, dryrun: true }, '"dryrun": unknown key'],
    [{ ...good, kind: 'other' }, '"kind": expected one of "self-managed", "managed", found "other"'],
    [{ ...good, retries: 1.5 }, '"retries": expected a whole number, found 1.5'],
    [{ ...good, retries: 0 }, '"retries": expected at least 1, found 0'],
    [
      { ...good, at: '2026-02-30T00:00:00Z' },
      '"at": expected a time in UTC such as 2026-05-16T04:12:02Z, found "2026-',
    ],
    [{ ...good, arn: 'x' }, '"arn": expected the ARN of an image, such as arn:x, found "x"'],
    [{ ...good, dryRun: 'yes' }, '"dryRun": expected true or false, found "yes"'],
    ['text', 'Correct the input: expected an object, found "text".'],
    [undefined, 'Correct the input: expected an object, found nothing.'],
  ])('says of %j: %s', (input, words) => {
    expect(sentence(Schema, input)).toContain(words);
  });

  it('names every field that is wrong, and each once', () => {
    expect(sentence(Schema, { image: { amiId: 1 }, groups: 'a', retries: -1.5 })).toMatch(
      /^[^"]*"image\.amiId"[^"]*"groups"[^"]*"a"; "retries"[^"]*$/,
    );
  });

  it('names every unknown key', () => {
    expect(sentence(Schema, { ...good, one: 1, two: 2, three: 3 })).toContain(
      '"one": unknown key, and so are "two", "three"',
    );
    expect(sentence(v.strictObject({}), { one: 1 })).toContain('"one": unknown key');
  });

  it('does not repeat a long text', () => {
    expect(sentence(Schema, { ...good, arn: 'x'.repeat(5000) }).length).toBeLessThan(400);
  });

  it('speaks of the shape that was nearly met when there is a choice', () => {
    expect(sentence(Choice, { source: 'aws.states', detail: {} })).toContain('"detail.name"');
    expect(sentence(Choice, { sweep: 'yes' })).toContain('"sweep": expected true, found "yes"');
  });
});
