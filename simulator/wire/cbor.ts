/**
 * Concise Binary Object Representation, RFC 8949, as far as Smithy's RPC v2 CBOR uses it. Values are those of JSON:
 * a timestamp (tag 1) is read as its seconds, a byte string as base64.
 */

/** The bytes are no CBOR, or of a kind that no AWS request has. */
export class UnreadableCbor extends Error {
  override readonly name = 'UnreadableCbor';
}

type Reader = { readonly bytes: Buffer; at: number };

/** @throws {UnreadableCbor} */
export function decodeCbor(bytes: Buffer): unknown {
  const reader = { bytes, at: 0 };
  try {
    const value = readItem(reader);
    if (reader.at === bytes.length) return value;
  } catch (cause) {
    if (cause instanceof UnreadableCbor) throw cause;
    throw new UnreadableCbor('The document ends too early.', { cause });
  }
  throw new UnreadableCbor('Bytes follow the document.');
}

const breakMark = Symbol('break');

function readItem(reader: Reader): unknown {
  const initial = reader.bytes.readUInt8(reader.at++);
  const [major, info] = [initial >> 5, initial & 31];
  if (major === 7) return readSimple(reader, info);
  const length = readLength(reader, info);
  switch (major) {
    case 0:
      return Number(length);
    case 1:
      return -1 - Number(length);
    case 2:
      return readBytes(reader, length).toString('base64');
    case 3:
      return readBytes(reader, length).toString('utf8');
    case 4:
      return [...readItems(reader, length)];
    case 5:
      return readMap(reader, length);
    default:
      return readTagged(reader, Number(length));
  }
}

/** Undefined for an item of indefinite length. */
function readLength(reader: Reader, info: number): bigint | undefined {
  if (info < 24) return BigInt(info);
  if (info === 31) return undefined;
  const size = 1 << (info - 24);
  if (info > 27) throw new UnreadableCbor(`${info} is no length.`);
  const length = BigInt(`0x${take(reader, size).toString('hex')}`);
  return length;
}

function take(reader: Reader, size: number): Buffer {
  const end = reader.at + size;
  if (end > reader.bytes.length) throw new UnreadableCbor('The document ends too early.');
  const part = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return part;
}

function readBytes(reader: Reader, length: bigint | undefined): Buffer {
  if (length !== undefined) return take(reader, Number(length));
  const chunks: Buffer[] = [];
  while (reader.bytes.readUInt8(reader.at) !== 0xff) {
    chunks.push(readBytes(reader, readLength(reader, reader.bytes.readUInt8(reader.at++) & 31)));
  }
  reader.at += 1;
  return Buffer.concat(chunks);
}

function* readItems(reader: Reader, length: bigint | undefined): Generator<unknown> {
  for (let index = 0n; length === undefined || index < length; index++) {
    const item = readItem(reader);
    if (item === breakMark) return;
    yield item;
  }
}

function readMap(reader: Reader, length: bigint | undefined): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const key of readItems(reader, length)) {
    if (typeof key !== 'string') throw new UnreadableCbor('A key is no text.');
    entries.push([key, readItem(reader)]);
  }
  return Object.fromEntries(entries);
}

function readTagged(reader: Reader, tag: number): unknown {
  const value = readItem(reader);
  if (tag === 1 && typeof value === 'number') return value;
  throw new UnreadableCbor(`Tag ${tag} is not simulated.`);
}

function readSimple(reader: Reader, info: number): unknown {
  const simple: Readonly<Record<number, unknown>> = { 20: false, 21: true, 22: null, 23: undefined, 31: breakMark };
  if (info in simple) return simple[info];
  if (info === 25) return halfOf(take(reader, 2).readUInt16BE());
  if (info === 26) return take(reader, 4).readFloatBE();
  if (info === 27) return take(reader, 8).readDoubleBE();
  throw new UnreadableCbor(`The simple value ${info} is not simulated.`);
}

function halfOf(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 === 0 ? 1 : -1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Writes the values of JSON, and dates as timestamps. Members that are undefined are left out. */
export function encodeCbor(value: unknown): Buffer {
  if (value === null || value === undefined) return Buffer.of(0xf6);
  if (typeof value === 'boolean') return Buffer.of(value ? 0xf5 : 0xf4);
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Date) return Buffer.concat([head(6, 1), float(value.getTime() / 1000)]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(encodeCbor)]);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Buffer.concat([head(5, members.length), ...members.flat().map(encodeCbor)]);
}

function encodeNumber(value: number): Buffer {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return float(value);
  return value >= 0 ? head(0, value) : head(1, -1 - value);
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(9, 0xfb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

/** The major type with a length in as few bytes as it takes. */
function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.of((major << 5) | length);
  const size = [1, 2, 4, 8].find((bytes) => length < 2 ** (8 * bytes)) ?? 8;
  const digits = length.toString(16).padStart(size * 2, '0');
  return Buffer.concat([Buffer.of((major << 5) | (24 + Math.log2(size))), Buffer.from(digits, 'hex')]);
}
