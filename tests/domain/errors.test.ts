import { describe, expect, it } from 'vitest';
import * as errors from '../../functions/domain/errors.ts';

type NamedClass = new (message: string, options?: ErrorOptions) => Error;

const classes = Object.entries(errors).flatMap(([name, value]) =>
  typeof value === 'function' && value.prototype instanceof Error
    ? [{ name, type: value as unknown as NamedClass }]
    : [],
);

describe('the errors', () => {
  it.each(classes)('$name carries its own name and its cause', ({ name, type }) => {
    const cause = new Error('what AWS said');
    expect(new type('text', { cause })).toMatchObject({ name, message: 'text', cause });
  });

  it.each(classes)('$name keeps its name when the class is renamed, as bundlers do', ({ name, type: s }) => {
    const renamed = class extends s {};
    expect(new renamed('text').name).toBe(name);
  });

  it('name no reason twice', () => {
    expect(new Set(errors.reasonNames).size).toBe(errors.reasonNames.length);
  });
});
