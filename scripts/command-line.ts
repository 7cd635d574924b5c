import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Wrong usage of a command line: exit status 2. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

/** @throws {WrongUsage} An option is unknown, or takes or lacks a value; Node.js says which. */
export function parseOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: false, options }).values;
  } catch (cause) {
    throw new WrongUsage((cause as Error).message, { cause });
  }
}

/** @throws {WrongUsage} */
export function parseSeed(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new WrongUsage(`--seed takes a whole number, not "${text}".`);
  return Number(text);
}
