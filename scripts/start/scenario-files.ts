import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WrongUsage } from '../command-line.ts';

const scenarios = join(import.meta.dirname, '../../scenarios');

/** @throws {WrongUsage} It is neither the name of a scenario nor looks like a file. */
export async function pathOfScenario(nameOrFile: string): Promise<string> {
  const names = await scenarioNames();
  if (names.includes(nameOrFile)) return join(scenarios, `${nameOrFile}.yml`);
  if (/[./\\]/.test(nameOrFile)) return nameOrFile;
  throw new WrongUsage(`There is no scenario ${nameOrFile}; there are ${names.join(', ')}, or name a file.`);
}

export const scenarioNames = async (): Promise<string[]> =>
  (await readdir(scenarios)).filter((file) => file.endsWith('.yml')).map((file) => file.slice(0, -'.yml'.length));
