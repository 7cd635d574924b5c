import { parseOptions, WrongUsage } from '../command-line.ts';

export type ContractArguments = {
  readonly help: boolean;
  readonly list: boolean;
  readonly json: boolean;
  readonly endpoint?: URL;
  /** A file: the Kubernetes API of a cluster is tried, and nothing of AWS. */
  readonly kubeconfig?: string;
  /** Of the kubeconfig; its current one when missing. */
  readonly context?: string;
  /** Names of suites; all of them when missing. */
  readonly services: readonly string[];
  readonly region: string;
  readonly allowChanges: boolean;
  /** What a check must have in its name. */
  readonly only: string;
  readonly given: Readonly<Record<string, string>>;
};

export const usage = `Usage: npm run contract -- --endpoint URL --service NAME [options]
       npm run contract -- --kubeconfig FILE [--context NAME] [options]

Holds an endpoint to what AWS's models and documentation say of a service: the account of npm run simulator, another
emulator, or AWS itself. Credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.

  --endpoint URL     where the service is, such as http://localhost:4566 or https://sts.eu-central-1.amazonaws.com
  --service NAME     a suite of --list; may be given more than once
  --kubeconfig FILE  tries the Kubernetes API of a cluster instead, as its administrator, in a namespace of its own
  --context NAME     of the kubeconfig (default: its current one)
  --region REGION    for which requests are signed (default: AWS_REGION, or else us-east-1)
  --with KEY=VALUE   something that checks need and cannot make, such as group=web; may be given more than once
  --only TEXT        the checks that have this text in their name
  --allow-changes    also run the checks that change something; they put it back
  --list             the suites, or with --service the checks of one
  --json             one JSON document and nothing else
  --help             this text

Exit status: 0 every check that was tried holds, 1 some do not, 2 wrong usage or nothing answers.`;

type Environment = Readonly<Record<string, string | undefined>>;

const options = {
  help: { type: 'boolean', short: 'h' },
  list: { type: 'boolean' },
  json: { type: 'boolean' },
  endpoint: { type: 'string' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  service: { type: 'string', multiple: true },
  region: { type: 'string' },
  only: { type: 'string' },
  with: { type: 'string', multiple: true },
  'allow-changes': { type: 'boolean' },
} as const;

/** @param known The names of the suites. @throws {WrongUsage} One sentence that names the option. */
export function parseContractArguments(
  argv: readonly string[],
  known: readonly string[],
  environment: Environment,
): ContractArguments {
  const {
    endpoint,
    kubeconfig,
    context,
    service = [],
    region = regionIn(environment),
    with: pairs = [],
    ...flags
  } = parseOptions(argv, options);
  const { help = false, list = false, json = false, only = '', 'allow-changes': allowChanges = false } = flags;
  if (kubeconfig !== undefined) checkAlone(endpoint, service);
  else if (!help && !list) checkTarget(endpoint, service, known);
  const unknown = service.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new WrongUsage(`There is no suite for "${unknown}"; there are ${known.join(', ')}.`);
  const target = {
    ...(endpoint === undefined ? {} : { endpoint: parseEndpoint(endpoint) }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  };
  const given = Object.fromEntries(pairs.map(parsePair));
  return { help, list, json, ...target, services: service, region, only, allowChanges, given };
}

const regionIn = ({ AWS_REGION, AWS_DEFAULT_REGION }: Environment) => AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1';

function checkTarget(endpoint: string | undefined, service: readonly string[], known: readonly string[]): void {
  if (endpoint === undefined) throw new WrongUsage('--endpoint is missing.');
  if (service.length === 0) throw new WrongUsage(`--service is missing; there are ${known.join(', ')}.`);
}

function checkAlone(endpoint: string | undefined, service: readonly string[]): void {
  if (endpoint === undefined && service.length === 0) return;
  throw new WrongUsage('--kubeconfig is about a cluster alone: leave out --endpoint and --service.');
}

function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new WrongUsage(`--endpoint takes a URL such as http://localhost:4566, not "${text}".`);
}

function parsePair(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new WrongUsage(`--with takes KEY=VALUE, not "${text}".`);
}
