import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePackaged } from '../scripts/package.ts';
import { median, medianImportTimes } from './bundles/import-time.ts';
import { type Candidate, prepare } from './bundles/variants.ts';

const mostMedianRatio = 0.5;
const mostRatio = 0.75;

type Row = {
  readonly step: string;
  readonly bundleKilobytes: number;
  readonly defaultKilobytes: number;
  readonly zipKilobytes: number;
  readonly importMilliseconds: number;
  readonly defaultMilliseconds: number;
  /** Our import time as a part of the default bundle's. */
  readonly ratio: number;
};

/** Bundle size and import time of every function, beside esbuild's defaults and an empty handler. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
  const directory = await mkdtemp(join(tmpdir(), 'bundles-'));
  try {
    const candidates = await prepare(await ensurePackaged(), directory);
    const times = await medianImportTimes(candidates, Number(values.rounds));
    const rows = rowsOf(candidates, times);
    const emptyMilliseconds = round(times.get(candidates.find(({ variant }) => variant === 'empty') as Candidate));
    await report(rows, emptyMilliseconds);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function rowsOf(candidates: readonly Candidate[], times: ReadonlyMap<Candidate, number>): Row[] {
  return candidates
    .filter(({ variant }) => variant === 'ours')
    .map((ours) => {
      const defaults = candidates.find(({ step, variant }) => step === ours.step && variant === 'defaults');
      if (defaults === undefined) throw new Error(`No default bundle of ${ours.step}`);
      const milliseconds = times.get(ours) ?? Number.NaN;
      const defaultMilliseconds = times.get(defaults) ?? Number.NaN;
      return {
        step: ours.step,
        bundleKilobytes: Math.round(ours.bundleBytes / 1024),
        defaultKilobytes: Math.round(defaults.bundleBytes / 1024),
        zipKilobytes: Math.round((ours.zipBytes ?? 0) / 1024),
        importMilliseconds: round(milliseconds),
        defaultMilliseconds: round(defaultMilliseconds),
        ratio: Number((milliseconds / defaultMilliseconds).toFixed(2)),
      };
    })
    .toSorted((a, b) => b.importMilliseconds - a.importMilliseconds);
}

async function report(rows: readonly Row[], emptyMilliseconds: number): Promise<void> {
  const medianRatio = median(rows.map(({ ratio }) => ratio));
  const worst = Math.max(...rows.map(({ ratio }) => ratio));
  const isMet = medianRatio <= mostMedianRatio && worst <= mostRatio;

  console.table(rows);
  console.log(`An empty handler takes ${emptyMilliseconds} ms.`);
  console.log(
    `Import time against esbuild's defaults: median ${medianRatio} (target ${mostMedianRatio}), worst ${worst} (target ${mostRatio}).`,
  );

  const results = join(import.meta.dirname, 'results');
  await mkdir(results, { recursive: true });
  const document = { node: process.version, rows, emptyMilliseconds, medianRatio, worst, isMet };
  await writeFile(join(results, 'bundles.json'), `${JSON.stringify(document, null, 2)}\n`);
  if (!isMet) process.exitCode = 1;
}

const round = (milliseconds = Number.NaN): number => Number(milliseconds.toFixed(1));

await main();
