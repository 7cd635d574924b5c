import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Every benchmark, cheapest first; each prints its figures and its ratios. */
const benchmarks = [
  'replaced-nodes.ts',
  'rolling-pods.ts',
  'admissions.ts',
  'large-cluster.ts',
  'start.ts',
  'seeded-runs.ts',
  'bundles.ts',
  'kubernetes-client.ts',
];

let failed = 0;
for (const name of benchmarks) {
  console.log(`\n── ${name}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, name)], { stdio: 'inherit' });
  if (status !== 0) failed += 1;
}
process.exitCode = failed > 0 ? 1 : 0;
