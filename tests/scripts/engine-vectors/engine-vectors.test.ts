import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main, paths } from '../../../scripts/engine-vectors/main.ts';
import type { Vector, VectorFile, Visit } from '../../../scripts/engine-vectors/vector.ts';
import { machines } from '../../statemachines/support/definitions.ts';
import { expectationOf, replay } from './replay.ts';

let folder: string;
let files: readonly VectorFile[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-vectors-'));
  expect(await main(['--out', folder])).toBe(0);
  files = await readAll(folder);
}, 180_000);
afterAll(() => rm(folder, { recursive: true }));

const readAll = async (from: string): Promise<VectorFile[]> =>
  Promise.all(
    (await readdir(from)).toSorted().map(async (name) => JSON.parse(await readFile(join(from, name), 'utf8'))),
  );
const fileNamed = (path: string, machine: string) =>
  files.find((file) => file.path === path && file.machine === machine) as VectorFile;
const allVectors = () => files.flatMap((file) => file.executions.map((vector) => ({ file, vector })));

/** A copy of a vector in which one visit is changed. */
function changed(vector: Vector, isMeant: (visit: Visit) => boolean, change: (visit: Visit) => Visit): Vector {
  const index = vector.visits.findIndex(isMeant);
  return { ...vector, visits: vector.visits.map((visit, at) => (at === index ? change(visit) : visit)) };
}

describe('the vectors', () => {
  it('tell of every machine and of every path', () => {
    expect(new Set(files.map(({ machine }) => machine))).toEqual(new Set(machines.map(({ machine }) => machine)));
    expect(new Set(files.map(({ path }) => path))).toEqual(new Set(paths));
  });

  it('hold failed, timed-out, retried and stopped work', () => {
    const vectors = allVectors().map(({ vector }) => vector);
    const attempts = vectors.flatMap(({ visits }) => visits.flatMap((visit) => visit.attempts ?? []));

    expect(new Set(vectors.map(({ end }) => end.status))).toEqual(new Set(['SUCCEEDED', 'FAILED', 'ABORTED']));
    expect(attempts.some(({ error, jitter }) => error !== undefined && jitter !== undefined)).toBe(true);
    expect(attempts.some(({ endedAt }) => endedAt === undefined)).toBe(true);
    expect(vectors.some(({ visits }) => visits.some(({ branch }) => branch !== ''))).toBe(true);
  });

  it('call nothing but plain tasks', () => {
    const resources = files.flatMap(({ definition }) => JSON.stringify(definition).match(/"Resource":"[^"]*"/g) ?? []);

    expect(new Set(resources)).toEqual(
      new Set([
        '"Resource":"arn:aws:states:::vector:lambda:invoke"',
        '"Resource":"arn:aws:states:::vector:states:startExecution.sync:2"',
      ]),
    );
  });

  it('are the same bytes every time', async () => {
    const again = await mkdtemp(join(tmpdir(), 'engine-vectors-'));
    await main(['--out', again, '--path', 'tiny-month']);
    for (const name of await readdir(again)) {
      expect(await readFile(join(again, name), 'utf8')).toBe(await readFile(join(folder, name), 'utf8'));
    }
    await rm(again, { recursive: true });
  });

  it('refuse a path and an option that do not exist', async () => {
    expect(await main(['--path', 'nowhere'])).toBe(2);
    expect(await main(['--nonsense'])).toBe(2);
  });
});

describe('an engine that is given the vectors', () => {
  it('enters the same states, calls the same tasks with the same arguments and ends the same way', async () => {
    for (const { file, vector } of allVectors()) {
      const about = `${file.path} ${file.machine} ${vector.execution.name}`;
      expect({ about, ...(await replay(file, vector)) }).toEqual({ about, ...expectationOf(vector) });
    }
  });

  it.each([
    {
      case: 'the result of a task',
      change: (visit: Visit): Visit => ({
        ...visit,
        attempts: visit.attempts?.map((attempt) => ({ ...attempt, result: { Payload: { verdict: 'gone' } } })) ?? [],
      }),
    },
    {
      case: 'the time at which a task answers',
      change: (visit: Visit): Visit => ({
        ...visit,
        attempts: visit.attempts?.map((attempt) => ({ ...attempt, endedAt: (attempt.endedAt ?? 0) + 1 })) ?? [],
      }),
    },
  ])('does something else when $case is another', async ({ change }) => {
    const file = fileNamed('tiny-month', 'admit-node');
    const [vector] = file.executions as readonly [Vector];
    const other = changed(vector, ({ attempts }) => attempts !== undefined, change);

    expect(await replay(file, other)).not.toEqual(expectationOf(vector));
  });

  it('does something else when its definition is another', async () => {
    const file = fileNamed('tiny-month', 'patch-fleet');
    const [vector] = file.executions as readonly [Vector];
    const text = JSON.stringify(file.definition).replace('Index % 12 * 5', 'Index % 12 * 6');

    expect(await replay({ ...file, definition: JSON.parse(text) }, vector)).not.toEqual(expectationOf(vector));
  });
});
