import { join } from 'node:path';
import { describeRun } from '../scripts/start/document.ts';
import { renderTable } from '../scripts/start/format.ts';
import { observe } from '../scripts/start/observer.ts';
import { readTrigger, runToEnd } from '../scripts/start/run.ts';
import { setStage } from '../scripts/start/stage.ts';
import { loadScenario } from '../simulator/scenario/load.ts';
import { saveResults } from './results.ts';

const root = join(import.meta.dirname, '..');

/** What `scenarios/twenty-nodes.yml` fixes. Boot is from the launch to Ready. */
const given = {
  ...{ nodes: 20, pods: 200, surge: 4 },
  ...{ bootSeconds: 360, graceSeconds: 30, startSeconds: 45, terminationSeconds: 30 },
};

/**
 * The shortest time in which the group can be replaced, whoever does it.
 *
 * One new node proves the AMI alone. There are never more machines than wanted and the surge, and never fewer Ready nodes than
 * wanted: so each place of the surge is taken by one replacement after another, which boots, lets the pods of an old
 * node stop within their grace period, all at once, and has the old machine terminated. It ends when the pods of the last
 * old node have started elsewhere.
 */
function lowerBoundSeconds(numbers: typeof given): number {
  const { nodes, surge, bootSeconds, graceSeconds, startSeconds, terminationSeconds } = numbers;
  const turn = bootSeconds + graceSeconds + terminationSeconds;
  const free = Array.from({ length: surge }, (_, place) => (place === 0 ? turn : bootSeconds));
  let end = bootSeconds + graceSeconds + startSeconds;
  for (let replaced = 1; replaced < nodes; replaced += 1) {
    const place = free.indexOf(Math.min(...free));
    const start = free[place] ?? 0;
    free[place] = start + turn;
    end = Math.max(end, start + bootSeconds + graceSeconds + startSeconds);
  }
  return end;
}

const scenario = await loadScenario(join(root, 'scenarios', 'twenty-nodes.yml'));
const trigger = await readTrigger({}, scenario.event && join(root, scenario.event));
const stage = await setStage(scenario, { pace: 'max', functions: 'process' });
const observer = observe(stage, undefined);
const end = await runToEnd(stage, trigger);
await stage.account.close();

const log = stage.account.kernel.log.entries();
const [started, ...others] = log.filter(({ kind }) => kind === 'refresh.status');
const ended = others.at(-1);
if (started === undefined || ended === undefined) throw new Error('No instance refresh was started, or none ended.');
const lastDrained = log.findLast(({ kind, details }) => kind === 'pod.ready' && details.settled !== true);
const endedAt = Math.max(ended.at, lastDrained?.at ?? 0);
const seconds = (endedAt - started.at) / 1000;
const bound = lowerBoundSeconds(given);
const { nodeGroups, calls } = describeRun(stage, observer, end);
const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);
const created = log.filter(({ kind, details }) => kind === 'pod.created' && details.settled !== true).length;

const result = {
  outcome: nodeGroups[0]?.outcome,
  seconds,
  boundSeconds: bound,
  ratio: seconds / bound,
  podMoves: created,
  movesPerPod: created / given.pods,
  callsPerNode: { aws: sum(calls.aws) / given.nodes, kubernetes: sum(calls.kubernetes) / given.nodes },
  transitionsPerNode: calls.transitions / given.nodes,
};
const rows = [
  ['outcome', String(result.outcome), 'patched'],
  ['simulated time, s', seconds.toFixed(0), `${bound} at least`],
  ['ratio to the bound', result.ratio.toFixed(2), '1.10 at most'],
  ['moves per pod', result.movesPerPod.toFixed(2), '1'],
  ['AWS calls per node', result.callsPerNode.aws.toFixed(1), ''],
  ['Kubernetes calls per node', result.callsPerNode.kubernetes.toFixed(1), ''],
  ['transitions per node', result.transitionsPerNode.toFixed(1), ''],
];
for (const line of renderTable(['twenty nodes, two hundred pods', 'measured', 'bound'], rows)) console.log(line);
await saveResults('rolling-pods', result);
