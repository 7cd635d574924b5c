import { type Field, isMessage, messageFields, typeOfKind } from './kind-schema.ts';
import { eachField, Malformed, signed, text, type WireField } from './protobuf-wire.ts';
import { badRequest } from './status.ts';

const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/**
 * An object in `application/vnd.kubernetes.protobuf` as the same object in JSON: the envelope names the kind, whose
 * message follows. Members with a zero value that Go would leave out of JSON are left out.
 *
 * @throws {ApiError} 400 for what cannot be read, or a kind without a message.
 */
export function decodeProtobuf(body: Buffer): Record<string, unknown> {
  if (!body.subarray(0, magic.length).equals(magic)) {
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  try {
    return readEnvelope(body.subarray(magic.length));
  } catch (error) {
    if (error instanceof Malformed) throw badRequest(`the protobuf message cannot be read: ${error.message}`);
    throw error;
  }
}

function readEnvelope(envelope: Buffer): Record<string, unknown> {
  const typeMeta: Record<number, string> = {};
  let raw: Buffer = Buffer.alloc(0);
  eachField(envelope, ({ number, bytes }) => {
    if (number === 1) eachField(bytes, (field) => (typeMeta[field.number] = text(field)));
    if (number === 2) raw = bytes;
  });
  const { 1: apiVersion = '', 2: kind = '' } = typeMeta;
  const type = typeOfKind(apiVersion, kind) ?? typeOfKind('v1', kind);
  if (type === undefined) throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return { apiVersion, kind, ...readMessage(raw, type) };
}

function readMessage(message: Buffer, type: string): Record<string, unknown> {
  const byNumber = new Map(Object.entries(messageFields(type)).map((entry) => [entry[1].n, entry] as const));
  const result: Record<string, unknown> = {};
  eachField(message, (wire) => {
    const [name, field] = byNumber.get(wire.number) ?? [];
    if (name === undefined || field === undefined) return;
    if (field.inline) Object.assign(result, readMessage(wire.bytes, field.type));
    else addValue(result, name, field, wire);
  });
  return result;
}

function addValue(result: Record<string, unknown>, name: string, field: Field, wire: WireField): void {
  if (field.map) {
    const [key, value] = readEntry(field, wire);
    result[name] = { ...(result[name] as Record<string, unknown> | undefined), [key]: value };
    return;
  }
  const value = readValue(field, wire);
  if (field.list) result[name] = [...((result[name] as unknown[] | undefined) ?? []), value];
  else if (field.pointer || field.always || !isZero(value)) result[name] = value;
}

function readEntry(field: Field, { bytes }: WireField): readonly [string, unknown] {
  let key = '';
  let value: unknown = '';
  eachField(bytes, (part) => {
    if (part.number === 1) key = text(part);
    else if (field.items) value = readItems(part);
    else value = readValue(field, part);
  });
  return [key, value];
}

/** A named list of strings is a message with the strings in field 1. */
function readItems({ bytes }: WireField): string[] {
  const items: string[] = [];
  eachField(bytes, (item) => items.push(text(item)));
  return items;
}

/** `null` is a time that was never set. */
function readValue(field: Field, wire: WireField): unknown {
  if (isMessage(field)) return readMessage(wire.bytes, field.type);
  const read = scalars[field.type];
  if (read === undefined) throw new Malformed(`a ${field.type}`);
  return read(wire);
}

const parts = ({ bytes }: WireField) => {
  const found = new Map<number, WireField>();
  eachField(bytes, (part) => found.set(part.number, part));
  return found;
};
const numberIn = (part: WireField | undefined) => (part === undefined ? 0 : signed(part));
const textIn = (part: WireField | undefined) => (part === undefined ? '' : text(part));

function timeOf(wire: WireField, digits: number): string | null {
  const { 1: seconds, 2: nanos } = Object.fromEntries(parts(wire));
  if (seconds === undefined && nanos === undefined) return null;
  const whole = new Date(numberIn(seconds) * 1000).toISOString().slice(0, 19);
  const fraction = String(numberIn(nanos)).padStart(9, '0').slice(0, digits);
  return digits === 0 ? `${whole}Z` : `${whole}.${fraction}Z`;
}

const scalars: Readonly<Record<string, (wire: WireField) => unknown>> = {
  string: text,
  integer: signed,
  boolean: (wire) => signed(wire) !== 0,
  number: ({ bytes }) => bytes.readDoubleLE(0),
  bytes: ({ bytes }) => bytes.toString('base64'),
  time: (wire) => timeOf(wire, 0),
  microtime: (wire) => timeOf(wire, 6),
  quantity: (wire) => textIn(parts(wire).get(1)),
  duration: (wire) => numberIn(parts(wire).get(1)),
  'int-or-string': (wire) => {
    const found = parts(wire);
    return numberIn(found.get(1)) === 0 ? numberIn(found.get(2)) : textIn(found.get(3));
  },
  raw: (wire) => JSON.parse(textIn(parts(wire).get(1)) || 'null'),
  fields: (wire) => JSON.parse(textIn(parts(wire).get(1)) || 'null'),
};

const isZero = (value: unknown) => value === '' || value === 0 || value === false || value === null;
