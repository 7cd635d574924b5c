import { WrongUsage } from '../command-line.ts';
import { type DetachArguments, parseDetachArguments, usage } from './arguments.ts';
import { adoptCaller } from './caller.ts';
import { findRunBucket } from './find-run-bucket.ts';
import { findTraces, type Survey } from './find-traces.ts';
import { refusals } from './refusals.ts';
import { describeFindings, type Trace } from './trace.ts';

export type Terminal = { readonly print: (line: string) => void; readonly complain: (line: string) => void };

const closing = [
  'Where infrastructure as code sets the tags, take them out there as well, or they come back.',
  'What npm run grant has made stays: the access entries of the roles reglaze-*, and in each cluster what',
  'kubectl delete -f infrastructure/kubernetes/reader.yml -f infrastructure/kubernetes/mover.yml takes away.',
];

const isClean = ({ traces, unseen }: Survey): boolean => traces.length === 0 && unseen.length === 0;

/** Takes one after another away. What fails is told, and the others go all the same. */
async function removeAll(traces: readonly Trace[], { complain }: Terminal): Promise<void> {
  for (const { place, lines, remove } of traces) {
    try {
      const remark = await remove();
      if (remark !== undefined) complain(remark);
    } catch (error) {
      const { name, message } = error as Error;
      complain(`Could not take away ${lines.join(', ')} of ${place}. ${name}: ${message}`);
    }
  }
}

function list(title: string, survey: Survey, { print }: Terminal): void {
  print(`${title}:`);
  for (const line of describeFindings(survey)) print(line);
}

/** Why it is not done: a dry run, or what is in the way. Undefined when it is to be done. */
function notNow({ yes, force }: DetachArguments, { groups }: Survey, terminal: Terminal): number | undefined {
  const inTheWay = force ? [] : refusals(groups, new Date());
  for (const { name, message } of inTheWay) terminal.complain(`${name}: ${message}`);
  if (yes) return inTheWay.length === 0 ? undefined : 1;
  terminal.print('Nothing was changed. To take all of this away, call it again with --yes.');
  return 0;
}

async function detach(args: DetachArguments, terminal: Terminal): Promise<number> {
  await adoptCaller(args.region);
  const bucket = args.bucket ?? (await findRunBucket(args.stage));
  const before = await findTraces(args, bucket);
  if (isClean(before)) {
    terminal.print('Nothing of reglaze is left.');
    return 0;
  }
  list('Before', before, terminal);
  const exitCode = notNow(args, before, terminal);
  if (exitCode !== undefined) return exitCode;

  await removeAll(before.traces, terminal);
  const after = await findTraces(args, bucket);
  if (isClean(after)) for (const line of ['After: nothing of reglaze is left.', ...closing]) terminal.print(line);
  else list('After', after, terminal);
  return isClean(after) ? 0 : 1;
}

/** `npm run detach` with these arguments; answers the exit status. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const args = parseDetachArguments(argv);
    if (!args.help) return await detach(args, terminal);
    terminal.print(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof WrongUsage)) throw error;
    terminal.complain(`${error.message}\n\nnpm run detach -- --help says what can be asked for.`);
    return 2;
  }
}
