import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCbor, encodeCbor, UnreadableCbor } from '../../../simulator/wire/cbor.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('CBOR', () => {
  // RFC 8949, appendix A.
  it.each([
    { bytes: '00', value: 0 },
    { bytes: '18 64', value: 100 },
    { bytes: '1a 000f4240', value: 1_000_000 },
    { bytes: '1b 000000e8d4a51000', value: 1_000_000_000_000 },
    { bytes: '29', value: -10 },
    { bytes: '38 63', value: -100 },
    { bytes: 'f9 3e00', value: 1.5 },
    { bytes: 'f9 0001', value: 2 ** -24 },
    { bytes: 'fa 47c35000', value: 100_000 },
    { bytes: 'fb c010666666666666', value: -4.1 },
    { bytes: 'f4', value: false },
    { bytes: 'f6', value: null },
    { bytes: '62 c3bc', value: 'ü' },
    { bytes: '7f 65 7374726561 64 6d696e67 ff', value: 'streaming' },
    { bytes: '9f 01 82 02 03 9f 04 05 ff ff', value: [1, [2, 3], [4, 5]] },
    { bytes: 'bf 61 61 01 61 62 9f 02 03 ff ff', value: { a: 1, b: [2, 3] } },
    { bytes: '44 01020304', value: 'AQIDBA==' },
    { bytes: 'c1 fb 41d452d9ec200000', value: 1_363_896_240.5 },
  ])('reads $bytes', ({ bytes, value }) => {
    expect(decodeCbor(hex(bytes))).toEqual(value);
  });

  it('writes dates as timestamps and leaves out what is undefined', () => {
    expect(encodeCbor({ a: new Date(1_363_896_240_000), b: undefined }).toString('hex')).toBe(
      'a16161c1fb41d452d9ec000000',
    );
  });

  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(decodeCbor(encodeCbor(value))).toEqual(value);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads any bytes or refuses them, and never breaks', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          decodeCbor(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableCbor);
        }
      }),
    );
  });
});
