/** Bytes that are no protobuf message. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** One field of a message. `bytes` is empty for numbers, `value` is 0 for everything else. */
export type WireField = { readonly number: number; readonly value: bigint; readonly bytes: Buffer };

const none = Buffer.alloc(0);

/** Calls back for every field of a message, in the order of the bytes. @throws {Malformed} */
export function eachField(message: Buffer, visit: (field: WireField) => void): void {
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    const number = Number(tag.value >> 3n);
    const { field, next } = readField(message, tag.next, Number(tag.value & 7n), number);
    visit(field);
    at = next;
  }
}

function readField(message: Buffer, at: number, wireType: number, number: number) {
  if (wireType === 0) {
    const { value, next } = readVarint(message, at);
    return { field: { number, value, bytes: none }, next };
  }
  const length = wireType === 2 ? readVarint(message, at) : { value: sizes[wireType], next: at };
  if (length.value === undefined) throw new Malformed(`wire type ${wireType}`);
  const next = length.next + Number(length.value);
  if (next > message.length) throw new Malformed('unexpected EOF');
  return { field: { number, value: 0n, bytes: message.subarray(length.next, next) }, next };
}

/** Wire types of a fixed size, in bytes. */
const sizes: Readonly<Record<number, bigint>> = { 1: 8n, 5: 4n };

function readVarint(message: Buffer, start: number): { readonly value: bigint; readonly next: number } {
  let value = 0n;
  for (let at = start; at < start + 10; at++) {
    const byte = message[at];
    if (byte === undefined) throw new Malformed('unexpected EOF');
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - start));
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: at + 1 };
  }
  throw new Malformed('a number of more than ten bytes');
}

export const text = ({ bytes }: WireField): string => bytes.toString('utf8');

/** Negative numbers are written in two's complement. */
export const signed = ({ value }: WireField): number => Number(BigInt.asIntN(64, value));
