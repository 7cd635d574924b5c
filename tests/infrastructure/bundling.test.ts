import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const plugins: Plugin[] = require('../../infrastructure/shakeable-schemas.cjs');
const clients = ['auto-scaling', 'ec2', 'eks', 'imagebuilder', 's3', 'sfn', 'sns', 'sts'];

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'schemas-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const bundle = (contents: string, outfile: string, withPlugin: boolean) =>
  build({
    stdin: { contents, resolveDir: import.meta.dirname },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    plugins: withPlugin ? plugins : [],
    logLevel: 'error',
    metafile: true,
  });

/** All schemas of a client, with the places that refer to other schemas by their code. */
async function schemasOf(client: string, withPlugin: boolean): Promise<string> {
  const file = join(directory, `${client}-${withPlugin}.mjs`);
  const path = join(import.meta.dirname, `../../node_modules/@aws-sdk/client-${client}/dist-es/schemas/schemas_0.js`);
  await bundle(`export * as schemas from ${JSON.stringify(path)};`, file, withPlugin);
  const { schemas } = (await import(pathToFileURL(file).href)) as { schemas: Record<string, unknown> };
  const seen = new WeakSet<object>();
  return JSON.stringify(schemas, (_, value) => {
    if (typeof value === 'function') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return 'seen';
    seen.add(value);
    return value;
  });
}

describe('schemas that can be shaken', () => {
  it.each(clients)('are those that @aws-sdk/client-%s ships', async (client) => {
    const [original, rewritten] = await Promise.all([schemasOf(client, false), schemasOf(client, true)]);

    expect(original.length).toBeGreaterThan(1000);
    expect(rewritten === original).toBe(true);
  });

  it('leave behind what no command uses', async () => {
    const one = "import { DescribeImagesCommand } from '@aws-sdk/client-ec2'; console.log(DescribeImagesCommand);";
    const sizes = await Promise.all(
      [false, true].map(async (withPlugin) => {
        const { metafile } = await bundle(one, join(directory, `one-${withPlugin}.mjs`), withPlugin);
        return Object.values(metafile.outputs)[0]?.bytes ?? 0;
      }),
    );
    const [without = 0, shaken = 0] = sizes;

    expect(shaken).toBeLessThan(without / 2);
  });
});
