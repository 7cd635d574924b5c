import { readFileSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hashInputs } from './packaging/inputs.ts';
import { findOrBuild } from './packaging/store.ts';

const root = join(import.meta.dirname, '..');

/** A CloudFormation resource as it stands in the template. */
export type TemplateResource = {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
};

export type Template = {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Description?: string }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Parameters?: Readonly<Record<string, unknown>>;
};

export type Package = {
  readonly template: Template;
  /** The zip that the template names by this S3 key. */
  readonly artifact: (s3Key: string) => Buffer;
  /** Equal hashes mean equal packages. */
  readonly hash: string;
  readonly isNew: boolean;
};

/**
 * The packaged stack, made only when something that goes into it has changed. Needs no credentials and no network, and
 * several processes may ask at once.
 *
 * osls writes the time into every S3 key; here the hash stands in its place, so that the same inputs give the same
 * template everywhere.
 */
export async function ensurePackaged(): Promise<Package> {
  const hash = await hashInputs(root);
  const { directory, isNew } = await findOrBuild(root, hash);
  const text = await readFile(join(directory, 'cloudformation-template-update-stack.json'), 'utf8');

  return {
    template: JSON.parse(text.replace(/\/\d+-\d{4}-\d\d-\d\dT[\d:.]+Z\//g, `/${hash}/`)),
    artifact: (s3Key) => readFileSync(join(directory, basename(s3Key))),
    hash,
    isNew,
  };
}

/** Puts the package where `osls deploy --package .serverless` looks for it. */
async function copyToServerless(hash: string): Promise<void> {
  const target = join(root, '.serverless');
  const mark = join(target, '.package-hash');
  if ((await readFile(mark, 'utf8').catch(() => '')) === hash) return;
  await rm(target, { recursive: true, force: true });
  await cp(join(root, '.cache', 'packages', hash), target, { recursive: true });
  await writeFile(mark, hash);
}

async function main(): Promise<void> {
  const startedAt = performance.now();
  const { hash, isNew, template } = await ensurePackaged();
  await copyToServerless(hash);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const what = `${Object.keys(template.Resources).length} resources in .serverless/`;
  console.log(isNew ? `Packaged ${what} in ${seconds} s.` : `Up to date: ${what} (${seconds} s).`);
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
