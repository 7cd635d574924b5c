import { expect, it } from 'vitest';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { entriesOf, leftovers, play } from '../support/play.ts';

/** The API server answers nothing but 503 to the plan. */
const unreachable = (times: number) => (scenario: Scenario) => {
  for (let nth = 1; nth <= times; nth += 1) {
    scenario.faults.push({
      ...{ at: 'call', operation: 'Kubernetes.list nodes', function: 'reglaze-live-plan-run', nth },
      effect: { kind: 'error', code: 'ServiceUnavailable', message: 'The API server is down', status: 503 },
    });
  }
};

it('waits for a cluster that answers again within a minute', async () => {
  const { document } = await play('tiny-month', { change: unreachable(5) });
  expect(document.run.status).toBe('SUCCEEDED');
});

it('blocks the groups of a cluster that stays unreachable, instead of failing the plan of the whole run', async () => {
  const { document, stage, log } = await play('tiny-month', { change: unreachable(6) });

  expect(document.run).toMatchObject({ status: 'FAILED', error: { name: 'ClusterUnreachable' } });
  expect(document.nodeGroups.map(({ outcome, reason }) => [outcome, reason?.error])).toEqual([
    ['blocked', 'ClusterUnreachable'],
    ['blocked', 'ClusterUnreachable'],
  ]);
  expect(entriesOf(log, 'execution.state').some(({ state }) => state === 'Report failure')).toBe(true);
  expect(leftovers(stage)).toEqual([]);
});
