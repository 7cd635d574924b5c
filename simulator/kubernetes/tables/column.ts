import type { KubernetesObject } from '../objects.ts';

/** A column of the table that the API server makes of a kind for kubectl. */
export type Column = {
  readonly name: string;
  readonly type: 'boolean' | 'date' | 'integer' | 'string';
  readonly format: '' | 'name';
  readonly description: string;
  /** kubectl shows columns above 0 only with `-o wide`. */
  readonly priority: number;
  /** @param now Milliseconds since the epoch, for ages. */
  readonly cell: (object: KubernetesObject, now: number) => unknown;
};

export type Columns = readonly Column[];

type Cell = Column['cell'];

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
  cell: ({ metadata }) => metadata.name,
};

export const ageColumn: Column = column(
  'Age',
  ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
  'CreationTimestamp is a timestamp representing the server time when this object was created.',
);

/** A column of texts. */
export function column(name: string, cell: Cell, description: string): Column {
  return { name, type: 'string', format: '', description, priority: 0, cell };
}

/** A column of numbers. */
export const count = (name: string, cell: Cell, description: string): Column => ({
  ...column(name, cell, description),
  type: 'integer',
});

/** A column that only `-o wide` shows. */
export const wide = (shown: Column): Column => ({ ...shown, priority: 1 });

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** Up to which duration a unit is used, and which smaller unit is shown beside it. */
const scales: readonly (readonly [below: number, unit: number, name: string, rest?: readonly [number, string]])[] = [
  [2 * minute, second, 's'],
  [10 * minute, minute, 'm', [second, 's']],
  [3 * hour, minute, 'm'],
  [8 * hour, hour, 'h', [minute, 'm']],
  [2 * day, hour, 'h'],
  [8 * day, day, 'd', [hour, 'h']],
  [2 * year, day, 'd'],
  [8 * year, year, 'y', [day, 'd']],
  [Number.POSITIVE_INFINITY, year, 'y'],
];

/** Time since a timestamp as kubectl shows it, such as `45s`, `3m20s` or `5d`. */
export function ageOf(timestamp: unknown, now: number): string {
  if (typeof timestamp !== 'string') return '<unknown>';
  const elapsed = now - Date.parse(timestamp);
  if (elapsed < -2 * second) return '<invalid>';
  const age = Math.max(0, elapsed);
  const [, unit, name, rest] = scales.find(([below]) => age < below) ?? [0, second, 's'];
  const whole = `${Math.floor(age / unit)}${name}`;
  if (rest === undefined) return whole;
  const [restUnit, restName] = rest;
  const left = Math.floor((age % unit) / restUnit);
  return left === 0 ? whole : `${whole}${left}${restName}`;
}
