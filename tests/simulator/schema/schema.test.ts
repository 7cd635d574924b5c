import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { describeIssues } from '../../../simulator/schema/describe-issues.ts';
import {
  anyObject,
  countFromOne,
  countFromZero,
  number,
  recordOf,
  strictObject,
  timestamp,
  variantObject,
  wholeNumber,
} from '../../../simulator/schema/shapes.ts';

const problems = (schema: v.GenericSchema, value: unknown) => describeIssues(v.safeParse(schema, value).issues ?? []);

describe('a shape', () => {
  it.each([
    { case: 'an object that is a list', schema: strictObject({}), good: {}, bad: [] },
    { case: 'any object that is a list', schema: anyObject, good: { a: 1 }, bad: [1] },
    { case: 'a record that is a list', schema: recordOf(v.string(), v.number()), good: { a: 1 }, bad: [1] },
    { case: 'an inherited name as a key', schema: strictObject({}), good: {}, bad: { toString: 1 } },
    { case: 'a number without end', schema: number, good: 1.5, bad: Number.POSITIVE_INFINITY },
    { case: 'a part of a number', schema: wholeNumber, good: -1, bad: 1.5 },
    { case: 'a whole number that cannot be told from the next', schema: wholeNumber, good: 2 ** 53 - 1, bad: 2 ** 53 },
    { case: 'less than none', schema: countFromZero, good: 0, bad: -1 },
    { case: 'none of what must be there', schema: countFromOne, good: 1, bad: 0 },
    {
      case: 'a time of another offset',
      schema: timestamp,
      good: '2026-05-16T04:12:00Z',
      bad: '2026-05-16T04:12:00+01:00',
    },
    {
      case: 'a day that no calendar has',
      schema: timestamp,
      good: '2024-02-29T00:00:00Z',
      bad: '2026-02-29T00:00:00Z',
    },
    { case: 'a time without seconds', schema: timestamp, good: '2026-05-16T04:12:00.5Z', bad: '2026-05-16T04:12Z' },
  ])('refuses $case', ({ schema, good, bad }) => {
    expect(v.is(schema, good)).toBe(true);
    expect(v.is(schema, bad)).toBe(false);
  });

  it('refuses the keys of a record that would be left out', () => {
    const names = recordOf(v.string(), v.string());
    expect(v.parse(names, { a: 'b', toString: 'c' })).toEqual({ a: 'b', toString: 'c' });
    for (const key of ['__proto__', 'prototype', 'constructor']) {
      expect(problems(names, JSON.parse(`{"${key}":"x"}`))).toEqual([expect.stringContaining(key)]);
    }
  });
});

describe('what is wrong', () => {
  const Schema = strictObject({
    list: v.array(strictObject({ size: wholeNumber, name: v.optional(v.string()) })),
    effect: v.variant('kind', [
      variantObject({ kind: v.literal('lost') }),
      variantObject({ kind: v.literal('killed') }),
    ]),
  });
  const effect = { kind: 'lost' };

  it.each([
    [{ effect }, ['list is missing']],
    [{ effect, list: [{ size: 1.5 }] }, ['list.0.size is not valid (expected a whole number, found 1.5)']],
    [{ effect, list: [{ size: 1, nam: 'x' }] }, ['list.0.nam is unknown or not simulated']],
    [
      { effect, list: [{ size: 1, one: 1, two: 2, three: 3 }] },
      ['list.0.one is unknown or not simulated, as well as two, three'],
    ],
    [
      { effect: { kind: 'slow' }, list: [] },
      [expect.stringMatching(/^effect\.kind is not valid .*"lost".*found "slow"/)],
    ],
    [{ effect: { ...effect, ms: 1 }, list: [] }, ['effect.ms is unknown or not simulated']],
    [
      { effect, list: [{ size: 'x', name: 7 }] },
      [
        'list.0.size is not valid (expected a number, found "x")',
        'list.0.name is not valid (expected string, found 7)',
      ],
    ],
    ['text', ['the value is not valid (expected an object, found "text")']],
  ])('is told of %j', (value, told) => {
    expect(problems(Schema, value)).toEqual(told);
  });
});
