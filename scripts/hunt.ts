import { parseArgs } from 'node:util';
import { situations } from './hunt/situations.ts';
import {
  callTrials,
  eventTrials,
  othersTrials,
  playUndisturbed,
  secondRunTrials,
  stopTrials,
  type Trial,
  tryIt,
} from './hunt/trials.ts';
import { renderTable } from './start/format.ts';

const usage = `Hunts faults: plays small scenarios again and again, each time with one thing going wrong, and holds
the outcome against what is promised. All of it takes an hour.

  npm run hunt                                    everything
  npm run hunt -- --situation managed             one of: ${Object.keys(situations).join(', ')}
  npm run hunt -- --only StartInstanceRefresh     what has this text in its name
  npm run hunt -- --list                          the names, without playing`;

const kinds = [
  { kind: 'calls', trialsOf: callTrials },
  { kind: 'stops', trialsOf: stopTrials },
  { kind: 'others', trialsOf: othersTrials },
  { kind: 'second runs', trialsOf: secondRunTrials },
  { kind: 'events', trialsOf: eventTrials },
];

type Count = { readonly situation: string; readonly kind: string; readonly tried: number; readonly broken: number };

/** Plays one trial and prints what it broke, with the command that repeats it. */
async function playTrial(trial: Trial): Promise<boolean> {
  const broken = await tryIt(trial).catch((error: unknown) => [`it cannot be played: ${String(error)}`]);
  if (broken.length === 0) return false;
  const only = `'${trial.id.slice(trial.situation.length + 2)}'`;
  console.log(`\n${trial.id}`);
  for (const sentence of broken) console.log(`  ${sentence}`);
  console.log(`  npm run hunt -- --situation ${trial.situation} --only ${only}`);
  return true;
}

/** Tries everything of one kind; answers how much of it there was, and how much of it broke a promise. */
async function playAll(trials: readonly Trial[], list: boolean): Promise<Pick<Count, 'tried' | 'broken'>> {
  let broken = 0;
  for (const trial of trials) {
    if (list) console.log(trial.id);
    else if (await playTrial(trial)) broken += 1;
  }
  return { tried: trials.length, broken };
}

async function hunt(situation: string, only: string, list: boolean): Promise<Count[]> {
  const log = await playUndisturbed(situation);
  const counts: Count[] = [];
  for (const { kind, trialsOf } of kinds) {
    const trials = trialsOf(situation, log).filter(({ id }) => id.includes(only));
    counts.push({ situation, kind, ...(await playAll(trials, list)) });
  }
  return counts.filter(({ tried }) => tried > 0);
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    situation: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
} else {
  const counts: Count[] = [];
  for (const situation of values.situation ? [values.situation] : Object.keys(situations)) {
    counts.push(...(await hunt(situation, values.only, values.list)));
  }
  const rows = counts.map(({ situation, kind, tried, broken }) => [situation, kind, String(tried), String(broken)]);
  console.log(`\n${renderTable(['situation', 'what', 'tried', 'broken'], rows).join('\n')}`);
  if (counts.some(({ broken }) => broken > 0)) process.exitCode = 1;
}
