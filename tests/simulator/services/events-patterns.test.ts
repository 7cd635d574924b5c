import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileEventPattern } from '../../../simulator/services/events/event-pattern.ts';

const imageEvent = {
  source: 'aws.imagebuilder',
  'detail-type': 'EC2 Image Builder Image State Change',
  time: '2026-05-14T03:12:44Z',
  resources: ['arn:aws:imagebuilder:us-west-2:111122223333:image/windows-2022-core/2026.5.0/1'],
  detail: {
    state: { status: 'AVAILABLE', reason: null },
    note: '',
    price: 15,
    address: '10.0.3.7',
    file: 'dir/report.png',
    path: 'C:\\*\\x',
    tags: ['blue', 'green'],
    checks: [
      { name: 'boot', passed: true },
      { name: 'join', passed: false },
    ],
  },
};
const matches = (pattern: object) => compileEventPattern(pattern)(imageEvent);
const onDetail = (field: string, ...values: unknown[]) => matches({ detail: { [field]: values } });

describe('event patterns', () => {
  it.each([
    {
      case: 'fields on several levels',
      pattern: { source: ['aws.imagebuilder'], detail: { state: { status: ['AVAILABLE'] } } },
    },
    { case: 'one of several values', pattern: { source: ['aws.ec2', 'aws.imagebuilder'] } },
    { case: 'one element of an array', pattern: { detail: { tags: ['green'] } } },
    {
      case: 'a prefix of a resource',
      pattern: { resources: [{ prefix: 'arn:aws:imagebuilder:us-west-2:111122223333:image/windows-' }] },
    },
    { case: 'a time by its prefix', pattern: { time: [{ prefix: '2026-05-14' }] } },
    { case: 'a prefix without case', pattern: { source: [{ prefix: { 'equals-ignore-case': 'AWS.' } }] } },
    { case: 'a suffix', pattern: { detail: { file: [{ suffix: '.png' }] } } },
    { case: 'a suffix without case', pattern: { detail: { file: [{ suffix: { 'equals-ignore-case': '.PNG' } }] } } },
    { case: 'anything but a value', pattern: { detail: { state: { status: [{ 'anything-but': 'FAILED' }] } } } },
    { case: 'anything but a list', pattern: { detail: { price: [{ 'anything-but': [1, 2] }] } } },
    { case: 'anything but prefixes', pattern: { source: [{ 'anything-but': { prefix: ['my.', 'your.'] } }] } },
    { case: 'anything but a suffix', pattern: { detail: { file: [{ 'anything-but': { suffix: '.txt' } }] } } },
    { case: 'anything but a wildcard', pattern: { detail: { file: [{ 'anything-but': { wildcard: '*/lib/*' } }] } } },
    { case: 'a number above a bound', pattern: { detail: { price: [{ numeric: ['>', 10] }] } } },
    { case: 'a number within a range', pattern: { detail: { price: [{ numeric: ['>', 10, '<=', 15] }] } } },
    { case: 'a field that exists', pattern: { detail: { price: [{ exists: true }] } } },
    { case: 'a field that does not exist', pattern: { detail: { owner: [{ exists: false }] } } },
    { case: 'no field under a missing parent', pattern: { detail: { owner: { name: [{ exists: false }] } } } },
    { case: 'null', pattern: { detail: { state: { reason: [null] } } } },
    { case: 'the empty string', pattern: { detail: { note: [''] } } },
    { case: 'no regard to case', pattern: { detail: { state: { status: [{ 'equals-ignore-case': 'available' }] } } } },
    { case: 'a wildcard', pattern: { detail: { file: [{ wildcard: 'dir/*.png' }] } } },
    { case: 'escapes in a wildcard', pattern: { detail: { path: [{ wildcard: 'C:\\\\\\*\\\\x' }] } } },
    { case: 'an address range', pattern: { detail: { address: [{ cidr: '10.0.0.0/16' }] } } },
    { case: 'either branch of $or', pattern: { $or: [{ source: ['aws.ec2'] }, { detail: { price: [15] } }] } },
    {
      case: 'both fields in one element of an array of objects',
      pattern: { detail: { checks: { name: ['join'], passed: [false] } } },
    },
  ])('match $case', ({ pattern }) => {
    expect(matches(pattern)).toBe(true);
  });

  it.each([
    { case: 'another source', pattern: { source: ['aws.ec2'] } },
    { case: 'a status at the wrong place', pattern: { detail: { state: ['AVAILABLE'] } } },
    { case: 'a number written as a string', pattern: { detail: { price: ['15'] } } },
    { case: 'a number outside a range', pattern: { detail: { price: [{ numeric: ['>', 15, '<', 20] }] } } },
    {
      case: 'the excluded value',
      pattern: { detail: { state: { status: [{ 'anything-but': ['AVAILABLE', 'X'] }] } } },
    },
    { case: 'an excluded prefix', pattern: { source: [{ 'anything-but': { prefix: ['my.', 'aws.'] } }] } },
    { case: 'anything-but on a missing field', pattern: { detail: { owner: [{ 'anything-but': 'x' }] } } },
    { case: 'exists true on an object, which is no leaf', pattern: { detail: { state: [{ exists: true }] } } },
    { case: 'exists false on a field that is there', pattern: { detail: { price: [{ exists: false }] } } },
    { case: 'fields of two different elements', pattern: { detail: { checks: { name: ['boot'], passed: [false] } } } },
    { case: 'an address of another range', pattern: { detail: { address: [{ cidr: '10.1.0.0/16' }] } } },
    {
      case: 'neither branch of $or',
      pattern: { source: ['aws.imagebuilder'], $or: [{ region: ['x'] }, { detail: { price: [1] } }] },
    },
    { case: 'a wildcard that ends too early', pattern: { detail: { file: [{ wildcard: 'dir/*.pn' }] } } },
  ])('do not match $case', ({ pattern }) => {
    expect(matches(pattern)).toBe(false);
  });

  it.each([
    { case: 'text that is no JSON', pattern: '{source' },
    { case: 'an empty pattern', pattern: {} },
    { case: 'a value outside an array', pattern: { source: 'aws.ec2' } },
    { case: 'an empty array', pattern: { source: [] } },
    { case: 'an array within the array', pattern: { source: [['aws.ec2']] } },
    { case: 'an unknown operator', pattern: { source: [{ contains: 'aws' }] } },
    { case: 'an operator by an inherited name', pattern: { source: [{ constructor: 'aws' }] } },
    { case: 'two operators at once', pattern: { source: [{ prefix: 'a', suffix: 'b' }] } },
    { case: 'exists with a string', pattern: { source: [{ exists: 'yes' }] } },
    { case: 'a numeric range the wrong way round', pattern: { detail: { price: [{ numeric: ['<', 1, '>', 0] }] } } },
    { case: 'a number out of range', pattern: { detail: { price: [{ numeric: ['=', 5e10] }] } } },
    { case: 'mixed kinds in anything-but', pattern: { source: [{ 'anything-but': ['a', 1] }] } },
    { case: 'an unknown operator in anything-but', pattern: { source: [{ 'anything-but': { numeric: ['=', 1] } }] } },
    { case: 'two stars in a row', pattern: { source: [{ wildcard: 'a**b' }] } },
    { case: 'a bad escape', pattern: { source: [{ wildcard: 'a\\b' }] } },
    { case: 'a malformed CIDR', pattern: { source: [{ cidr: '10.0.0.0/64' }] } },
    { case: '$or with one branch', pattern: { $or: [{ source: ['a'] }] } },
  ])('refuse $case', ({ pattern }) => {
    expect(() => compileEventPattern(pattern)).toThrow(
      expect.objectContaining({ code: 'InvalidEventPatternException' }),
    );
  });

  it('never match an event that lacks a field they require', () => {
    const leaf = fc.oneof(
      fc.string({ minLength: 1 }).map((prefix) => ({ prefix })),
      fc.string({ minLength: 1 }).map((other) => ({ 'anything-but': other })),
      fc.constant({ exists: true }),
      fc.string(),
      fc.integer(),
    );
    const others = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(fc.string(), fc.integer(), fc.array(fc.string())),
    );
    fc.assert(
      fc.property(fc.array(leaf, { minLength: 1 }), others, (values, detail) => {
        expect(compileEventPattern({ detail: { required: values } })({ detail })).toBe(false);
      }),
    );
  });

  it('match every value that they name, and the negation never agrees', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        const event = { detail: { field: value } };
        expect(compileEventPattern({ detail: { field: [value] } })(event)).toBe(true);
        expect(compileEventPattern({ detail: { field: [{ 'anything-but': [value] }] } })(event)).toBe(false);
      }),
    );
    expect(onDetail('price', 15, 16)).toBe(true);
  });
});
