import { hash } from 'node:crypto';

/**
 * All chance in the account. Every draw is a function of the seed and of what it is drawn for, never of
 * how many draws came before, so two runs agree as soon as the same things happen in them.
 */
export type Randomness = {
  /** Uniform in [0, 1). */
  readonly fraction: (...purpose: readonly (string | number)[]) => number;
  /** Uniform in [low, high]. */
  readonly between: (low: number, high: number, ...purpose: readonly (string | number)[]) => number;
  /** `length` lower-case hexadecimal digits, as in the ids of EC2. */
  readonly hex: (length: number, ...purpose: readonly (string | number)[]) => string;
  readonly uuid: (...purpose: readonly (string | number)[]) => string;
};

export function createRandomness(seed: number): Randomness {
  const digest = (purpose: readonly (string | number)[], block = 0): string =>
    hash('sha256', JSON.stringify([seed, block, ...purpose]), 'hex');
  const fraction = (...purpose: readonly (string | number)[]) =>
    Number.parseInt(digest(purpose).slice(0, 12), 16) / 2 ** 48;
  const hex = (length: number, ...purpose: readonly (string | number)[]) => {
    let digits = '';
    for (let block = 0; digits.length < length; block++) digits += digest(purpose, block);
    return digits.slice(0, length);
  };

  return {
    fraction,
    between: (low, high, ...purpose) => low + (high - low) * fraction(...purpose),
    hex,
    uuid(...purpose) {
      const digits = hex(32, 'uuid', ...purpose);
      const variant = ((Number.parseInt(digits[16] as string, 16) & 0x3) | 0x8).toString(16);
      return [
        digits.slice(0, 8),
        digits.slice(8, 12),
        `4${digits.slice(13, 16)}`,
        `${variant}${digits.slice(17, 20)}`,
        digits.slice(20, 32),
      ].join('-');
    },
  };
}
