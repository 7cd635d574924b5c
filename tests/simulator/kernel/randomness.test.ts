import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandomness } from '../../../simulator/kernel/randomness.ts';

const purpose = fc.array(fc.oneof(fc.string(), fc.integer()), { minLength: 1, maxLength: 4 });

describe('createRandomness', () => {
  it('gives the same draw for the same seed and purpose, whatever was drawn before', () => {
    fc.assert(
      fc.property(fc.nat(), purpose, fc.array(purpose, { maxLength: 5 }), (seed, wanted, others) => {
        const fresh = createRandomness(seed);
        const used = createRandomness(seed);
        for (const other of others) used.fraction(...other);
        expect(used.fraction(...wanted)).toBe(fresh.fraction(...wanted));
      }),
    );
  });

  it('tells purposes apart that read alike when joined', () => {
    const random = createRandomness(1);
    expect(random.fraction('a', 'b')).not.toBe(random.fraction('ab'));
    expect(random.fraction(1)).not.toBe(random.fraction('1'));
    expect(createRandomness(2).fraction('a')).not.toBe(createRandomness(1).fraction('a'));
  });

  it('stays within its bounds and reaches both halves', () => {
    const random = createRandomness(3);
    const draws = Array.from({ length: 400 }, (_, index) => random.between(10, 20, 'draw', index));
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...draws)).toBeLessThanOrEqual(20);
    expect(draws.filter((draw) => draw < 15).length).toBeGreaterThan(140);
    expect(draws.filter((draw) => draw < 15).length).toBeLessThan(260);
  });

  it('makes ids of the asked form', () => {
    const random = createRandomness(4);
    expect(random.hex(17, 'instance')).toMatch(/^[0-9a-f]{17}$/);
    expect(random.hex(100, 'long')).toMatch(/^[0-9a-f]{100}$/);
    expect(random.uuid('token')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
