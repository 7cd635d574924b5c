import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The checksums that S3 takes with a body, by the header that carries them. */
export const checksums: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  'x-amz-checksum-crc32': (body) => bigEndian(BigInt(crc32(body)), 4),
  'x-amz-checksum-crc32c': (body) => bigEndian(reflectedCrc(body, 0x82f63b78n, 32n), 4),
  'x-amz-checksum-crc64nvme': (body) => bigEndian(reflectedCrc(body, 0x9a6c9329ac4bc9b5n, 64n), 8),
  'x-amz-checksum-sha1': (body) => createHash('sha1').update(body).digest(),
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest(),
};

/** CRCs that Node does not have, from their reflected polynomials; all bits are inverted before and after. */
function reflectedCrc(body: Buffer, polynomial: bigint, width: bigint): bigint {
  const ones = (1n << width) - 1n;
  const table = Array.from({ length: 256 }, (_, byte) => {
    let entry = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) entry = entry & 1n ? (entry >> 1n) ^ polynomial : entry >> 1n;
    return entry;
  });
  let crc = ones;
  for (const byte of body) crc = (table[Number(crc & 0xffn) ^ byte] ?? 0n) ^ (crc >> 8n);
  return crc ^ ones;
}

function bigEndian(value: bigint, bytes: 4 | 8): Buffer {
  return Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex');
}
