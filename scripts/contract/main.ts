import { WrongUsage } from '../command-line.ts';
import { type ContractArguments, parseContractArguments, usage } from './arguments.ts';
import type { Check } from './check.ts';
import { type Keys, networkEndpoint } from './endpoint.ts';
import { holdKubernetes } from './kubernetes/main.ts';
import { listingLines, listingOf, resultLines, totalsLine, totalsOf } from './report.ts';
import { type Result, runSuite } from './run-suite.ts';
import { suites } from './suites.ts';
import { Unreachable } from './transport.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Print = { readonly out: (line: string) => void; readonly error: (line: string) => void };

/** `npm run contract` with these arguments; answers the exit status. */
export async function main(
  argv: readonly string[],
  print: Print = { out: console.log, error: console.error },
  environment: Environment = process.env,
): Promise<number> {
  try {
    const names = suites.map(({ service }) => service);
    return await obey(parseContractArguments(argv, names, environment), environment, print);
  } catch (error) {
    if (error instanceof WrongUsage)
      print.error(`${error.message}\n\nnpm run contract -- --help says what can be asked for.`);
    else if (error instanceof Unreachable) print.error(error.message);
    else throw error;
    return 2;
  }
}

async function obey(args: ContractArguments, environment: Environment, print: Print): Promise<number> {
  const chosen = args.services.length === 0 ? suites : suites.filter(({ service }) => args.services.includes(service));
  if (args.help) {
    print.out(usage);
    return 0;
  }
  if (args.kubeconfig !== undefined) {
    const { kubeconfig, context } = args;
    // Kubernetes' client is slow to load, and only this needs it.
    const open = async () => (await import('./kubernetes/endpoint.ts')).kubeconfigEndpoint(kubeconfig, context);
    return holdKubernetes(open, args, print.out);
  }
  if (args.list) {
    const lines = listingLines(chosen, args.services.length > 0);
    print.out(args.json ? JSON.stringify(chosen.flatMap(listingOf), null, 2) : lines.join('\n'));
    return 0;
  }
  const results = await runAll(chosen, { ...args, keys: keysIn(environment) }, args.json ? () => {} : print.out);
  const totals = totalsOf(results);
  print.out(args.json ? JSON.stringify({ endpoint: args.endpoint, totals, results }, null, 2) : totalsLine(totals));
  return totals.failed === 0 ? 0 : 1;
}

/** @throws {WrongUsage} */
function keysIn(environment: Environment): Keys {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new WrongUsage('There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.');
  }
  const keys = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  return AWS_SESSION_TOKEN ? { ...keys, sessionToken: AWS_SESSION_TOKEN } : keys;
}

/** @throws {Unreachable} */
async function runAll(
  chosen: typeof suites,
  { endpoint: url, region, only, given, allowChanges, keys }: ContractArguments & { readonly keys: Keys },
  show: (line: string) => void,
): Promise<readonly Result[]> {
  const endpoint = networkEndpoint(url as URL, region, async () => keys);
  await endpoint.transport({ method: 'GET', path: '/', headers: { host: endpoint.host }, body: Buffer.alloc(0) });
  const onResult = (result: Result) => {
    for (const line of resultLines(result)) show(line);
  };
  const isChosen = ({ name }: Check) => name.includes(only);
  const results: Result[] = [];
  for (const suite of chosen) {
    results.push(...(await runSuite(suite, { endpoint, given, allowChanges, isChosen, onResult })));
  }
  return results;
}
