import { spawn } from 'node:child_process';
import { copyFile, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What osls needs to see. Put into a directory of its own, so that builds at the same time do not meet. */
const linked = ['functions', 'infrastructure', 'node_modules', 'statemachines'];
/** osls does not follow a link to these. */
const copied = ['package-lock.json', 'package.json', 'serverless.yml', 'tsconfig.json'];

/** Far more than it takes anywhere; what runs longer hangs. */
const longestMinutes = 5;

/**
 * Runs `osls package` in `directory`, without credentials, profile or network, and answers where the package is.
 *
 * @throws {Error} osls refused; the message is what it printed.
 */
export async function build(root: string, directory: string): Promise<string> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await Promise.all([
    ...linked.map((name) => symlink(join(root, name), join(directory, name), 'junction')),
    ...copied.map((name) => copyFile(join(root, name), join(directory, name))),
  ]);
  await runOsls(root, directory);
  return join(directory, '.serverless');
}

function runOsls(root: string, directory: string): Promise<void> {
  const osls = spawn(process.execPath, [join(root, 'node_modules/osls/bin/serverless.js'), 'package'], {
    cwd: directory,
    env: environment(directory),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longestMinutes * 60_000,
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
  };
  osls.stdout.on('data', keep);
  osls.stderr.on('data', keep);

  return new Promise((resolve, reject) => {
    osls.on('error', reject);
    osls.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`Packaging failed (osls ended with ${code ?? signal}).\n${output.trim()}`));
    });
  });
}

/** Nothing of the caller's environment but the path: a profile or a Region of theirs must not change the package. */
const environment = (directory: string) => ({
  PATH: process.env.PATH,
  // Windows needs these two to start processes at all.
  ...(process.env.SystemRoot === undefined ? {} : { SystemRoot: process.env.SystemRoot }),
  ...(process.env.TEMP === undefined ? {} : { TEMP: process.env.TEMP }),
  HOME: directory,
  AWS_EC2_METADATA_DISABLED: 'true',
  SLS_INTERACTIVE_SETUP_ENABLE: '',
  CI: '1',
});
