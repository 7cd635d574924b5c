import { join } from 'node:path';
import { describeRun } from '../scripts/start/document.ts';
import { renderTable } from '../scripts/start/format.ts';
import { observe } from '../scripts/start/observer.ts';
import { readTrigger, runToEnd } from '../scripts/start/run.ts';
import { setStage } from '../scripts/start/stage.ts';
import { loadScenario } from '../simulator/scenario/load.ts';
import { saveResults } from './results.ts';

const root = join(import.meta.dirname, '..');
const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);

/** What a run costs in calls and state transitions for each node that it replaced. */
async function measure(name: string) {
  const scenario = await loadScenario(join(root, 'scenarios', `${name}.yml`));
  const trigger = await readTrigger({}, scenario.event && join(root, scenario.event));
  const stage = await setStage(scenario, { pace: 'max', functions: 'process' });
  const observer = observe(stage, undefined);
  const end = await runToEnd(stage, trigger);
  await stage.account.close();
  const { nodeGroups, calls } = describeRun(stage, observer, end);
  const replaced = nodeGroups
    .filter(({ outcome }) => outcome === 'patched')
    .reduce((nodes, group) => nodes + group.nodes.patched, 0);
  const [aws, kubernetes] = [sum(calls.aws), sum(calls.kubernetes)];
  return { name, replaced, aws, kubernetes, transitions: calls.transitions, byOperation: calls };
}

const results = [await measure('tiny-month'), await measure('first-month'), await measure('every-kind')];
const perNode = (count: number, nodes: number) => (count / nodes).toFixed(1);
console.log('per replaced node');
const rows = results.map(({ name, replaced, aws, kubernetes, transitions }) => [
  name,
  String(replaced),
  ...[aws, kubernetes, transitions].map((count) => perNode(count, replaced)),
]);
for (const line of renderTable(['scenario', 'nodes', 'AWS calls', 'Kubernetes calls', 'transitions'], rows))
  console.log(line);
await saveResults('replaced-nodes', results);
