import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { Package } from '../../scripts/package.ts';
import { readZip } from './zip.ts';

const root = join(import.meta.dirname, '../..');

export type Variant = 'ours' | 'defaults' | 'empty';

/** One handler in one form, ready to be imported. */
export type Candidate = {
  readonly step: string;
  readonly variant: Variant;
  readonly file: string;
  readonly bundleBytes: number;
  readonly zipBytes: number | undefined;
  /** Node.js options that the function runs with. */
  readonly nodeOptions: string;
};

type DeployedFunction = {
  readonly Handler: string;
  readonly Code: { readonly S3Key: string };
  readonly Environment?: { readonly Variables?: { readonly NODE_OPTIONS?: string } };
};

/** Every function of the package three times: as deployed, as esbuild bundles it by default, and empty. */
export async function prepare({ template, artifact }: Package, directory: string): Promise<Candidate[]> {
  const deployed = Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => Properties as DeployedFunction);
  const pairs = await Promise.all(
    deployed.map(async (each) => [
      await asDeployed(each, artifact(each.Code.S3Key), directory),
      await byDefault(each, directory),
    ]),
  );
  return [...pairs.flat(), await empty(directory)];
}

async function asDeployed(deployed: DeployedFunction, zip: Buffer, directory: string): Promise<Candidate> {
  const target = join(directory, 'ours', stepOf(deployed));
  const files = await readZip(zip);
  for (const [path, content] of files) {
    await mkdir(dirname(join(target, path)), { recursive: true });
    await writeFile(join(target, path), content);
  }
  const path = deployed.Handler.replace(/\.handler$/, '.mjs');
  return {
    step: stepOf(deployed),
    variant: 'ours',
    file: join(target, path),
    bundleBytes: files.get(path)?.length ?? 0,
    zipBytes: zip.length,
    nodeOptions: deployed.Environment?.Variables?.NODE_OPTIONS ?? '',
  };
}

/** `esbuild --bundle --platform=node`, which is also what serverless-esbuild does when nothing is configured. */
async function byDefault(deployed: DeployedFunction, directory: string): Promise<Candidate> {
  const file = join(directory, 'defaults', `${stepOf(deployed)}.cjs`);
  const { metafile } = await build({
    entryPoints: [join(root, deployed.Handler.replace(/\.handler$/, '.ts'))],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node24',
    metafile: true,
    logLevel: 'error',
  });
  const bundleBytes = Object.values(metafile.outputs)[0]?.bytes ?? 0;
  return { step: stepOf(deployed), variant: 'defaults', file, bundleBytes, zipBytes: undefined, nodeOptions: '' };
}

async function empty(directory: string): Promise<Candidate> {
  const file = join(directory, 'empty.mjs');
  const code = 'export const handler = async () => {};\n';
  await writeFile(file, code);
  return { step: 'empty', variant: 'empty', file, bundleBytes: code.length, zipBytes: undefined, nodeOptions: '' };
}

const stepOf = ({ Handler }: DeployedFunction): string => Handler.replace(/^.*\//, '').replace(/\.handler$/, '');
