/** A value that JSON can say. The engine never changes one in place. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json };

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The size that AWS limits: UTF-8 bytes of the JSON text without spaces. */
export const byteSize = (value: Json): number => Buffer.byteLength(JSON.stringify(value));

/** The names that JSONata and the error texts of AWS use for types. */
export function typeName(value: Json): 'null' | 'array' | 'object' | 'string' | 'number' | 'boolean' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as 'object' | 'string' | 'number' | 'boolean';
}
