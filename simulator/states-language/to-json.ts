import { isJsonObject, type Json } from './json.ts';

/**
 * The plain JSON in a result of JSONata: without the markers on its sequences, without members that are undefined.
 * @throws {TypeError} The result holds a function or a number that JSON has not.
 */
export function toJson(value: unknown): Json | undefined {
  if (value === undefined || value === null) return value;
  if (typeof value === 'number') return finite(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(toJson).filter((item) => item !== undefined);
  if (!isJsonObject(value) || isFunction(value)) throw new TypeError('A function is not JSON.');
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, toJson(member)] as const)
      .filter((entry): entry is readonly [string, Json] => entry[1] !== undefined),
  );
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new TypeError(`The number ${value} is not JSON.`);
}

const isFunction = (value: object): boolean => '_jsonata_function' in value || '_jsonata_lambda' in value;
