import { join } from 'node:path';
import { loadScenario, UnreadableScenario } from '../../simulator/scenario/load.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { WrongUsage } from '../command-line.ts';
import { parseStartArguments, type StartArguments, usage } from './arguments.ts';
import { describeRun, type RunDocument } from './document.ts';
import { observe } from './observer.ts';
import { readTrigger, runToEnd } from './run.ts';
import { pathOfScenario, scenarioNames } from './scenario-files.ts';
import { showProgress } from './show-progress.ts';
import { setStage } from './stage.ts';
import { renderSummary } from './summary.ts';

const root = join(import.meta.dirname, '../..');

/** Account seconds per second unless told otherwise: a month's run takes about a quarter of a minute to watch. */
const defaultPace = 300;

/**
 * Does what the command line says, and answers the exit status.
 *
 * @throws {WrongUsage | UnreadableScenario} Nothing has been started.
 */
async function obey(argv: readonly string[]): Promise<number> {
  const args = parseStartArguments(argv);
  if (args.help) {
    console.log(usage);
    return 0;
  }
  if (args.list) {
    await listScenarios();
    return 0;
  }
  const scenario = await loadScenario(await pathOfScenario(args.scenario));
  const document = await play(scenario, args);
  console.log(args.json ? JSON.stringify(document, null, 2) : ['', ...renderSummary(document, nextSteps)].join('\n'));
  return document.run.status === 'SUCCEEDED' ? 0 : 1;
}

async function play(scenario: Scenario, args: StartArguments): Promise<RunDocument> {
  const trigger = await readTrigger(args, scenario.event && join(root, scenario.event));
  if (!args.json) console.log(`${scenario.name}: ${scenario.summary}.`);
  const pace = args.speed ?? (args.json ? 'max' : defaultPace);
  const stage = await setStage(scenario, { seed: args.seed, pace, functions: 'threads' });
  try {
    if (!args.json && scenario.watchFor) console.log(`Watch for: ${scenario.watchFor}.\n`);
    const observer = observe(stage, targetAmi(scenario));
    const stopShowing = args.json ? () => {} : showProgress(observer, process.stdout);
    const end = await runToEnd(stage, trigger);
    stopShowing();
    return describeRun(stage, observer, end);
  } finally {
    await stage.account.close();
  }
}

/** The AMI that the newest image became in this Region: what the display counts as new. */
const targetAmi = ({ images, region }: Scenario): string | undefined =>
  images.at(-1)?.amis.find((ami) => ami.region === region)?.id;

async function listScenarios(): Promise<void> {
  const names = await scenarioNames();
  const width = Math.max(...names.map((name) => name.length));
  for (const name of names) {
    const { summary } = await loadScenario(await pathOfScenario(name));
    console.log(`${name.padEnd(width)}  ${summary}`);
  }
}

const nextSteps = [
  'npm start -- --list                             the other scenarios',
  'npm start -- --scenario broken-ami              an AMI whose nodes never join',
  'npm start -- --input events/plan-only.json      the plan of a run, and nothing changed',
  'npm start -- --json --speed max                 everything about the run as one document',
];

/** `npm start` with these arguments; answers the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await obey(argv);
  } catch (error) {
    if (!(error instanceof WrongUsage || error instanceof UnreadableScenario)) throw error;
    console.error(`${error.message}\n\nnpm start -- --help says what can be asked for.`);
    return 2;
  }
}
