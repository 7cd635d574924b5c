import type { Shape, TimestampFormat } from './model.ts';

/** Values of the model's simple types and their texts in URLs, headers, forms and XML. */

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  string: (text) => text,
  integer: readInteger,
  long: readInteger,
  float: readNumber,
  double: readNumber,
  boolean: (text) => (/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined),
  timestamp: readTimestamp,
  blob: readBase64,
};

/** The value that a text stands for; undefined if it stands for none of this type. */
export function readScalar(shape: Shape, text: string): unknown {
  return readers[shape.type]?.(text);
}

export const isScalar = (shape: Shape): boolean => shape.type in readers;

function readInteger(text: string): number | undefined {
  return /^[+-]?\d{1,16}$/.test(text) ? Number(text) : undefined;
}

function readNumber(text: string): number | undefined {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

/** ISO 8601, seconds since the epoch, or the date of HTTP headers. */
export function readTimestamp(text: string): Date | undefined {
  const at = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  return Number.isNaN(at) ? undefined : new Date(at);
}

export function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : undefined;
}

/** A service put a value into its output that the model does not allow: a mistake in the account, not of the caller. */
export class OutputMismatch extends Error {
  override readonly name = 'OutputMismatch';
}

const fits: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  long: Number.isInteger,
  float: (value) => typeof value === 'number',
  double: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  timestamp: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  blob: (value) => value instanceof Uint8Array,
};

/** Checks that an output value is of its model's type. */
export function checkScalar(shape: Shape, value: unknown, path: string): void {
  if (fits[shape.type]?.(value) === true) return;
  throw new OutputMismatch(`${path} must be a ${shape.type}, not ${JSON.stringify(value)}.`);
}

/** The text of an output value, after checking its type. */
export function writeScalar(shape: Shape, value: unknown, path: string, format: TimestampFormat): string {
  checkScalar(shape, value, path);
  if (value instanceof Date) return writeTimestamp(value, shape.timestampFormat ?? format);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);
}

export function writeTimestamp(date: Date, format: TimestampFormat): string {
  if (format === 'rfc822') return date.toUTCString();
  return format === 'unixTimestamp' ? String(date.getTime() / 1000) : date.toISOString();
}
