import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  anyObject,
  countFromOne,
  countFromZero,
  nearestOf,
  nonEmpty,
  openObject,
  readAs,
  strictObject,
  timestamp,
  wholeNumber,
} from '../../functions/domain/shapes.ts';

describe('a timestamp', () => {
  it.each(['2026-05-17T04:12:07.000Z', '2026-05-17T04:12:07Z', '2024-02-29T23:59:59.123456789Z'])(
    'is read from %s',
    (text) => {
      expect(v.is(timestamp, text)).toBe(true);
    },
  );

  it.each([
    '2026-05-17T04:12Z',
    '2026-05-17 04:12:07Z',
    '2026-05-17T04:12:07+00:00',
    '2026-05-17t04:12:07z',
    '2026-05-17T04:12:07',
    '2026-05-17',
    '2026-05-17T24:00:00Z',
    '2026-05-17T04:12:60Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    ' 2026-05-17T04:12:07Z',
    1_779_000_000_000,
  ])('is nothing like %s', (text) => {
    expect(v.is(timestamp, text)).toBe(false);
  });
});

describe('a number', () => {
  it.each([
    { schema: wholeNumber, good: [-3, 0, 2 ** 53 - 1], bad: [1.5, 2 ** 53, Number.POSITIVE_INFINITY, '1'] },
    { schema: countFromZero, good: [0, 7], bad: [-1, 0.5] },
    { schema: countFromOne, good: [1, 7], bad: [0, -1] },
  ])('is as whole and as large as it must be: $good, not $bad', ({ schema, good, bad }) => {
    expect([...good, ...bad].filter((value) => v.is(schema, value))).toEqual(good);
  });
});

describe('an object', () => {
  const Strict = strictObject({ a: v.optional(nonEmpty) });
  const Open = openObject({ a: v.optional(nonEmpty) });

  it.each([
    { schema: 'strict', Schema: Strict },
    { schema: 'open', Schema: Open },
    { schema: 'any', Schema: anyObject },
  ])('is no list, no text and not null: $schema', ({ Schema }) => {
    expect([{}, { a: 'x' }, [], ['x'], 'x', null, undefined].filter((value) => v.is(Schema, value))).toHaveLength(2);
  });

  it.each(['b', 'constructor', 'toString', '__proto__'])('refuses the key %s when it is strict', (key) => {
    expect(v.is(Strict, JSON.parse(`{"a":"x","${key}":1}`))).toBe(false);
  });

  it('leaves out what it does not know when it is open', () => {
    expect(readAs(Open, { a: 'x', b: 1 })).toEqual({ a: 'x' });
  });

  it('is a copy', () => {
    const input = { a: 'x' };
    expect(readAs(Strict, input)).toEqual(input);
    expect(readAs(Strict, input)).not.toBe(input);
  });
});

describe('what fits no shape', () => {
  it('is nothing, not the part that fits', () => {
    expect(readAs(strictObject({ a: nonEmpty, b: nonEmpty }), { a: 'x' })).toBeUndefined();
  });

  it('fits one of several when any of them fits', () => {
    const Either = nearestOf([strictObject({ a: nonEmpty }), openObject({ b: nonEmpty })]);
    expect(readAs(Either, { a: 'x' })).toEqual({ a: 'x' });
    expect(readAs(Either, { b: 'x', c: 1 })).toEqual({ b: 'x' });
    expect(readAs(Either, { a: 'x', b: '' })).toBeUndefined();
  });
});
