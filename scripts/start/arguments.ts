import { parseOptions, parseSeed, WrongUsage } from '../command-line.ts';

export type StartArguments = {
  readonly help: boolean;
  readonly list: boolean;
  readonly json: boolean;
  /** A name from `--list` or the path of a file. */
  readonly scenario: string;
  readonly event?: string;
  readonly input?: string;
  readonly seed?: number;
  /** Account seconds per second, or as fast as the machine can. Missing: the default pace. */
  readonly speed?: number | 'max';
};

export const usage = `Usage: npm start -- [options]

Runs reglaze on an embedded AWS account: a month of patching, from the Image Builder event to the report.

  --scenario NAME|FILE  what the account holds and what happens to it (default: first-month)
  --list                the scenarios
  --event FILE          an event for the account's bus instead of the scenario's own
  --input JSON|FILE     start patch-fleet by hand with this input, as in the Step Functions console
  --seed N              another run of the same scenario; the same seed gives the same run
  --speed N|max         account seconds per second, or as fast as this machine can
  --json                print one JSON document about the run and nothing else
  --help                this text

Exit status: 0 the run succeeded, 1 it failed, 2 wrong usage.`;

const options = {
  help: { type: 'boolean', short: 'h' },
  list: { type: 'boolean' },
  json: { type: 'boolean' },
  scenario: { type: 'string' },
  event: { type: 'string' },
  input: { type: 'string' },
  seed: { type: 'string' },
  speed: { type: 'string' },
} as const;

/** @throws {WrongUsage} One sentence that names the option. */
export function parseStartArguments(argv: readonly string[]): StartArguments {
  const { scenario, event, input, seed, speed, ...flags } = parseOptions(argv, options);
  if (event !== undefined && input !== undefined) {
    throw new WrongUsage('Use --event or --input: a run is started by one of them, not by both.');
  }
  return {
    help: flags.help ?? false,
    list: flags.list ?? false,
    json: flags.json ?? false,
    scenario: scenario ?? 'first-month',
    ...(event === undefined ? {} : { event }),
    ...(input === undefined ? {} : { input }),
    ...(seed === undefined ? {} : { seed: parseSeed(seed) }),
    ...(speed === undefined ? {} : { speed: parseSpeed(speed) }),
  };
}

function parseSpeed(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const speed = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || speed <= 0) {
    throw new WrongUsage(`--speed takes a number above 0, or max, not "${text}".`);
  }
  return speed;
}
