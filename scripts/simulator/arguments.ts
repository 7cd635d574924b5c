import { parseOptions, parseSeed, WrongUsage } from '../command-line.ts';

export type SimulatorArguments = {
  readonly help: boolean;
  readonly port: number;
  /** A name from `npm start -- --list` or the path of a file. */
  readonly scenario: string;
  readonly seed?: number;
  /** Account seconds per second. */
  readonly speed: number;
};

export const usage = `Usage: npm run simulator -- [options]

Serves an embedded AWS account with EKS clusters, and reglaze deployed in it, until Ctrl-C. The AWS CLI, the AWS SDKs
and kubectl work against it unmodified.

  --scenario NAME|FILE  what the account holds and what happens to it (default: first-month; npm start -- --list)
  --port N              where the AWS services listen on 127.0.0.1 (default: 4566; 0 for any free one)
  --speed N             account seconds per second (default: 1, real time)
  --seed N              other boot times, ids and delays; the same seed gives the same ones
  --help                this text

The account's clock begins now, whatever date the scenario has, because clients live by the date of this machine.

The first line of the standard output is one JSON document:
  endpoint     the URL of all AWS services but the Kubernetes API: AWS_ENDPOINT_URL, or --endpoint-url
  region       AWS_REGION
  credentials  accessKeyId and secretAccessKey of the account's administrator
  clusters     name, endpoint and the path of a kubeconfig of each cluster

The kubeconfig files have the administrator's keys in them and get tokens from aws eks get-token, or, where there is no
AWS CLI, from a script of this project: kubectl --kubeconfig FILE needs nothing else.

What callers do wrong is answered as AWS does, and told on the standard error, one line each.

Exit status: 0 ended by Ctrl-C, 1 the port is taken, 2 wrong usage.`;

const options = {
  help: { type: 'boolean', short: 'h' },
  port: { type: 'string' },
  scenario: { type: 'string' },
  speed: { type: 'string' },
  seed: { type: 'string' },
} as const;

/** @throws {WrongUsage} One sentence that names the option. */
export function parseSimulatorArguments(argv: readonly string[]): SimulatorArguments {
  const { help = false, port = '4566', scenario = 'first-month', speed = '1', seed } = parseOptions(argv, options);
  return {
    ...{ help, scenario },
    port: parsePort(port),
    speed: parseSpeed(speed),
    ...(seed === undefined ? {} : { seed: parseSeed(seed) }),
  };
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new WrongUsage(`--port takes a number from 0 to 65535, not "${text}".`);
}

/** `max` is refused: with nobody's run to wait for, years would pass between two requests. */
function parseSpeed(text: string): number {
  const speed = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && speed > 0 && speed <= fastest) return speed;
  throw new WrongUsage(`--speed takes a number above 0, up to ${fastest}, not "${text}".`);
}

/** An hour of the account each second. */
const fastest = 3600;
