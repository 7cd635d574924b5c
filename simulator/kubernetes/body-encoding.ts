import { isJsonObject } from './merge-patch.ts';

/** So many elements of a list are written at a time. */
const elementsAtOnce = 500;

/**
 * An answer in JSON. Long lists are written piece by piece, so that a list of a whole large cluster is in memory once,
 * as bytes, and never as one text.
 */
export function encodeBody(body: unknown): Buffer {
  const member = longList(body);
  if (member === undefined || !isJsonObject(body)) return Buffer.from(`${JSON.stringify(body)}\n`);
  const elements = body[member] as readonly unknown[];
  const head = JSON.stringify({ ...body, [member]: undefined }).slice(0, -1);
  const pieces = [Buffer.from(`${head},${JSON.stringify(member)}:[`)];
  for (let at = 0; at < elements.length; at += elementsAtOnce) {
    const inside = JSON.stringify(elements.slice(at, at + elementsAtOnce)).slice(1, -1);
    pieces.push(Buffer.from(at === 0 ? inside : `,${inside}`));
  }
  return Buffer.concat([...pieces, Buffer.from(']}\n')]);
}

/** The elements of a list, or the rows of a table. */
function longList(body: unknown): 'items' | 'rows' | undefined {
  if (!isJsonObject(body)) return undefined;
  return (['items', 'rows'] as const).find((name) => {
    const list = body[name];
    return Array.isArray(list) && list.length > elementsAtOnce;
  });
}
