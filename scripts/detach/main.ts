import { WrongUsage } from '../command-line.ts';
import { type DetachArguments, parseDetachArguments, usage } from './arguments.ts';
import { adoptCaller } from './caller.ts';
import { findRunBucket } from './find-run-bucket.ts';
import { findTraces, type Survey } from './find-traces.ts';
import { refusals } from './refusals.ts';
import { removeAll } from './remove-all.ts';
import type { Terminal } from './terminal.ts';
import { describeFindings } from './trace.ts';

const closing = [
  'Where infrastructure as code sets the tags, take them out there as well, or they come back.',
  'What npm run grant has made stays: the access entries of the roles reglaze-*, and in each cluster what',
  'kubectl delete -f infrastructure/kubernetes/reader.yml -f infrastructure/kubernetes/mover.yml takes away.',
];

const withoutBucket =
  'There is no run bucket of this stage, so that numbers in place of $Latest or $Default and cordons cannot be told from ' +
  'those of others. If there is one by another name, name it with --bucket.';

const isClean = ({ traces, unseen }: Survey): boolean => traces.length === 0 && unseen.length === 0;

const looked = ({ groups }: Survey): string =>
  `${groups.length} node group${groups.length === 1 ? '' : 's'} looked at.`;

function list(title: string, survey: Survey, { print }: Terminal): void {
  print(`${title}:`);
  for (const line of describeFindings(survey)) print(line);
}

/** Why it is not done: a dry run, or what is in the way. Undefined when it is to be done. */
async function notNow({ yes, force }: DetachArguments, survey: Survey, terminal: Terminal) {
  const inTheWay = force ? [] : await refusals(survey.groups, survey.files);
  for (const { name, message } of inTheWay) terminal.complain(`${name}: ${message}`);
  if (yes && inTheWay.length === 0) return undefined;
  const how = inTheWay.length === 0 ? ' To take all of this away, call it again with --yes.' : '';
  terminal.print(`Nothing was changed.${how}`);
  return yes ? 1 : 0;
}

async function detach(args: DetachArguments, terminal: Terminal): Promise<number> {
  await adoptCaller(args.region);
  const bucket = args.bucket ?? (await findRunBucket(args.stage));
  if (bucket === undefined) terminal.complain(withoutBucket);
  const before = await findTraces(args, bucket);
  if (isClean(before)) {
    terminal.print(`Nothing of reglaze is left; ${looked(before)}`);
    return 0;
  }
  list('Before', before, terminal);
  const exitCode = await notNow(args, before, terminal);
  if (exitCode !== undefined) return exitCode;

  const isComplete = await removeAll(before.traces, terminal);
  const after = await findTraces(args, bucket);
  const isDone = isComplete && isClean(after);
  if (isDone)
    for (const line of [`After: nothing of reglaze is left; ${looked(after)}`, ...closing]) terminal.print(line);
  else list('After', after, terminal);
  return isDone ? 0 : 1;
}

/** What AWS or a cluster says, by its name. Anything else is a mistake of ours. */
const isTold = (error: unknown): error is Error =>
  error instanceof Error && ('$metadata' in error || !/^(Type|Range|Reference|Syntax)?Error$/.test(error.name));

/** `npm run detach` with these arguments; answers the exit status. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const args = parseDetachArguments(argv);
    if (!args.help) return await detach(args, terminal);
    terminal.print(usage);
    return 0;
  } catch (error) {
    if (error instanceof WrongUsage) {
      terminal.complain(`${error.message}\n\nnpm run detach -- --help says what can be asked for.`);
      return 2;
    }
    if (!isTold(error)) throw error;
    terminal.complain(`${error.name}: ${error.message}`);
    return 1;
  }
}
