import { holds, same, show } from '../check.ts';
import { type Fields, list, read, text } from '../fields.ts';
import type { Answer } from './cluster.ts';

/** The answer must have a status and, at some paths of its body, some values. @throws {Deviation} */
export function expectAnswer({ status, body }: Answer, expected: number, values: Fields = {}): Fields {
  holds(status === expected, `status ${expected}`, `${status} ${show(body)}`);
  for (const [path, value] of Object.entries(values)) same(body, path, value);
  return body;
}

/** The answer must be a `Status` of `Failure`. @throws {Deviation} */
export function expectFailure(answer: Answer, status: number, values: Fields = {}): Fields {
  return expectAnswer(answer, status, { kind: 'Status', status: 'Failure', code: status, ...values });
}

/** Names of the items of a list. */
export const namesIn = (body: Fields): readonly string[] =>
  list(body, 'items').map((item) => text(item, 'metadata.name'));

/** Names and types of what a group serves. */
export const rowsIn = (body: Fields): readonly Fields[] => list(body, 'resources') as readonly Fields[];

export const versionOf = (body: unknown): string => text(body, 'metadata.resourceVersion');

export const isTrue = (body: unknown, path: string): boolean => read(body, path) === true;
