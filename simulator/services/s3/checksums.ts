import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Members of PutObject, GetObject and HeadObject that hold a checksum, without the prefix `Checksum`. */
export type ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256' | 'SHA512' | 'MD5';

const compute: Readonly<Record<ChecksumAlgorithm, (body: Uint8Array) => Buffer>> = {
  CRC32: (body) => unsigned32(crc32(body)),
  CRC32C: (body) => unsigned32(crc32c(body)),
  CRC64NVME: crc64nvme,
  SHA1: (body) => createHash('sha1').update(body).digest(),
  SHA256: (body) => createHash('sha256').update(body).digest(),
  SHA512: (body) => createHash('sha512').update(body).digest(),
  MD5: (body) => createHash('md5').update(body).digest(),
};

export const checksumAlgorithms = Object.keys(compute) as readonly ChecksumAlgorithm[];

/** The checksum as S3 writes it: base64 of the big-endian digest. */
export function checksum(algorithm: ChecksumAlgorithm, body: Uint8Array): string {
  return compute[algorithm](body).toString('base64');
}

function unsigned32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

const castagnoli = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

function crc32c(body: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of body) value = (castagnoli[(value ^ byte) & 0xff] as number) ^ (value >>> 8);
  return value ^ 0xffffffff;
}

const allOnes = 0xffffffffffffffffn;
const nvme = Array.from({ length: 256 }, (_, index) => {
  let value = BigInt(index);
  for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n;
  return value;
});

function crc64nvme(body: Uint8Array): Buffer {
  let value = allOnes;
  for (const byte of body) value = (nvme[Number((value ^ BigInt(byte)) & 0xffn)] as bigint) ^ (value >> 8n);
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value ^ allOnes);
  return bytes;
}
