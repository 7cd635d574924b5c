import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Plugin } from 'esbuild';
import { medianImportTimes } from './bundles/import-time.ts';
import type { Candidate } from './bundles/variants.ts';
import { saveResults } from './results.ts';

const root = join(import.meta.dirname, '..');
const [shakeableSchemas] = createRequire(import.meta.url)('../infrastructure/shakeable-schemas.cjs') as [Plugin];

const lean = `export * from './functions/adapters/kubernetes.ts';`;

/** The same access to a cluster three ways: what a function has to load before it can ask for a node. */
const entries: Readonly<Record<string, string>> = {
  'without Kubernetes': `export * from './functions/adapters/cluster-token.ts'; export * from './functions/adapters/eks-client.ts';`,
  'lean path': lean,
  'lean path and @kubernetes/client-node': `${lean} export { CoreV1Api, KubeConfig } from '@kubernetes/client-node';`,
};

/** Bundled as the package does it: see infrastructure/bundling.yml. */
async function bundle(name: string, contents: string, directory: string): Promise<Candidate> {
  const file = join(directory, `${name.replaceAll(/\W+/g, '-')}.mjs`);
  const { metafile } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile: file,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    plugins: [shakeableSchemas],
    metafile: true,
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const bundleBytes = Object.values(metafile.outputs)[0]?.bytes ?? 0;
  return { step: name, variant: 'ours', file, bundleBytes, zipBytes: undefined, nodeOptions: '' };
}

/** What the official Kubernetes client adds to a bundle and to a cold start, against the path that we took. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
  const directory = await mkdtemp(join(tmpdir(), 'kubernetes-client-'));
  try {
    const candidates = await Promise.all(
      Object.entries(entries).map(([name, contents]) => bundle(name, contents, directory)),
    );
    const times = await medianImportTimes(candidates, Number(values.rounds));
    const rows = candidates.map((candidate) => ({
      path: candidate.step,
      bundleKilobytes: Math.round(candidate.bundleBytes / 1024),
      importMilliseconds: Number((times.get(candidate) ?? Number.NaN).toFixed(1)),
    }));
    console.table(rows);
    await saveResults('kubernetes-client', rows);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
