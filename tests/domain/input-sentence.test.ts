import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { inputSentence } from '../../functions/domain/input-sentence.ts';

const Schema = z.strictObject({
  image: z.strictObject({ amiId: z.string().startsWith('ami-') }),
  groups: z.array(z.string()),
});
const Choice = z.union([
  z.object({ source: z.literal('aws.states'), detail: z.object({ name: z.string() }) }),
  z.strictObject({ sweep: z.literal(true) }),
]);

const sentence = (schema: z.ZodType, input: unknown) => inputSentence(schema.safeParse(input).error?.issues ?? []);

describe('the sentence about a bad input', () => {
  it.each([
    { case: 'a nested field', input: { image: { amiId: 'x' }, groups: [] }, names: '"image.amiId"' },
    { case: 'an element of a list', input: { image: { amiId: 'ami-1' }, groups: ['a', 2] }, names: '"groups[1]"' },
    { case: 'a missing field', input: { image: { amiId: 'ami-1' } }, names: '"groups"' },
    { case: 'an unknown key', input: { image: { amiId: 'ami-1' }, groups: [], dryrun: true }, names: '"dryrun"' },
    { case: 'something that is no object', input: 'text', names: 'the input' },
  ])('names $case', ({ input, names }) => {
    expect(sentence(Schema, input)).toContain(names);
  });

  it('names every field that is wrong', () => {
    expect(sentence(Schema, { image: { amiId: 1 }, groups: 'a' })).toMatch(/"image\.amiId".*"groups"/);
  });

  it('speaks of the shape that was nearly met when there is a choice', () => {
    expect(sentence(Choice, { source: 'aws.states', detail: {} })).toContain('"detail.name"');
    expect(sentence(Choice, { sweep: 'yes' })).toContain('"sweep"');
  });
});
