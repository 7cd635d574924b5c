import { expect, it } from 'vitest';
import { checksums } from '../../../simulator/wire/s3-checksums.ts';

/** Check values of the catalogue of CRC algorithms: the digest of the text "123456789". */
it.each([
  { name: 'crc32', hex: 'cbf43926' },
  { name: 'crc32c', hex: 'e3069283' },
  { name: 'crc64nvme', hex: 'ae8b14860a799888' },
])('$name has its published check value', ({ name, hex }) => {
  expect(checksums[`x-amz-checksum-${name}`]?.(Buffer.from('123456789')).toString('hex')).toBe(hex);
});
