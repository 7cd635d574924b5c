import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadScenario } from '../../simulator/scenario/load.ts';
import { WrongUsage } from '../command-line.ts';
import { readTrigger, runToEnd } from '../start/run.ts';
import { setStage } from '../start/stage.ts';
import { recordVectors } from './record.ts';
import type { VectorFile } from './vector.ts';

const root = join(import.meta.dirname, '../..');

/** The scenarios whose executions are written unless others are asked for: one for each way that a run can go. */
export const paths = ['first-month', 'broken-ami', 'no-capacity', 'killed', 'tiny-month'] as const;

const usage = `Usage: npm run engine-vectors -- [--out FOLDER] [--path SCENARIO]

Plays scenarios and writes what each state machine did, for engines other than this one: definitions, inputs, the
arguments and results of every task, and what must come of them. The form is described in docs/engine-vectors.md.

  --out FOLDER      where the files go (default: .cache/engine-vectors)
  --path SCENARIO   one path only; may be given more than once (default: ${paths.join(', ')})
  --seed N          another run of the same scenarios`;

/** Plays one scenario and tells what its machines did. The same seed gives the same files, byte for byte. */
export async function vectorsOf(path: string, seed?: number): Promise<readonly VectorFile[]> {
  const scenario = await loadScenario(join(root, 'scenarios', `${path}.yml`));
  const trigger = await readTrigger({}, scenario.event && join(root, scenario.event));
  const stage = await setStage(scenario, { seed, pace: 'max', functions: 'process' });
  try {
    await runToEnd(stage, trigger);
    return recordVectors(stage, `${stage.stack.stackName}-`, seed ?? scenario.seed);
  } finally {
    await stage.account.close();
  }
}

/** The name and the text of the file of one machine on one path. */
export const fileOf = (vectors: VectorFile) => ({
  name: `${vectors.path}.${vectors.machine}.json`,
  text: `${JSON.stringify(vectors, null, 1)}\n`,
});

/** `npm run engine-vectors` with these arguments; answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await obey(argv);
  } catch (error) {
    if (!(error instanceof WrongUsage)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}

async function obey(argv: readonly string[]): Promise<number> {
  const { help, out = '.cache/engine-vectors', path: chosen = [...paths], seed } = parseOptions(argv);
  const unknown = chosen.find((path) => !(paths as readonly string[]).includes(path));
  if (unknown !== undefined) throw new WrongUsage(`There is no path ${unknown}; there are ${paths.join(', ')}.`);
  if (seed !== undefined && !/^\d{1,15}$/.test(seed))
    throw new WrongUsage(`--seed takes a whole number, not "${seed}".`);
  if (help) {
    console.log(usage);
    return 0;
  }
  await mkdir(out, { recursive: true });
  for (const path of chosen) {
    for (const vectors of await vectorsOf(path, seed === undefined ? undefined : Number(seed))) {
      const { name, text } = fileOf(vectors);
      await writeFile(join(out, name), text);
      const visits = vectors.executions.reduce((sum, one) => sum + one.visits.length, 0);
      console.log(`${join(out, name)}: ${vectors.executions.length} executions, ${visits} states entered`);
    }
  }
  return 0;
}

function parseOptions(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        out: text,
        seed: text,
        path: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw new WrongUsage((cause as Error).message, { cause });
  }
}
