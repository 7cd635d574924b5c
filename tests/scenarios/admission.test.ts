import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../simulator/kernel/event-log.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { changesOf, play } from '../support/play.ts';

/** From the moment in which a node can work to the answer of its hook, in milliseconds, one for each new node. */
function delays(log: readonly LogEntry[]): number[] {
  const readyAt = new Map(
    log.filter(({ kind }) => kind === 'node.ready').map(({ at, details }) => [details.instanceId, Number(at)]),
  );
  return log
    .filter(
      ({ kind, details }) =>
        kind === 'hook.answered' && details.hookName === 'reglaze-admit' && details.result === 'CONTINUE',
    )
    .map(({ at, details }) => Number(at) - (readyAt.get(details.instanceId) ?? Number.NaN));
}

const olderRole = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'reglaze-reader' },
  rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list'] }],
};

/** Ready comes last, after the addresses. */
const readyLast = ({ amis }: Scenario) => {
  for (const ami of amis) ami.addressSeconds = [5, 15];
};

describe('a new node', () => {
  it.each([21, 22, 23, 24])('is admitted within three seconds of being Ready (seed %i)', async (seed) => {
    const { log } = await play('tiny-month', {
      seed,
      change: (scenario) => {
        readyLast(scenario);
        for (const { tags } of scenario.clusters.flatMap(({ nodeGroups }) => nodeGroups)) {
          tags['reglaze:smoke-test'] = 'off';
        }
      },
    });
    expect(delays(log)).toHaveLength(4);
    expect(Math.max(...delays(log))).toBeLessThan(3000);
  });

  it('is tested when it is the first of its group, and only then', async () => {
    const { log } = await play('tiny-month', { seed: 21, change: readyLast });
    const told = log.filter(({ kind, details }) => kind === 'event.put' && details.detailType === 'Node Admitted');
    expect(told).toHaveLength(4);
    const late = delays(log).filter((delay) => delay >= 3000);
    expect(late).toHaveLength(2);
    expect(Math.max(...late)).toBeLessThan(30_000);
  });
});

describe('a cluster whose ClusterRole is older than the watch', () => {
  it('blocks its groups before anything is changed, with the command that mends it', async () => {
    const { document, log } = await play('tiny-month', {
      before: ({ clusters }) => clusters.get('shop')?.applyManifest(olderRole),
    });
    expect(document.nodeGroups.map(({ outcome, reason }) => [outcome, reason?.error])).toEqual([
      ['blocked', 'ClusterAccessDenied'],
      ['blocked', 'ClusterAccessDenied'],
    ]);
    expect(document.nodeGroups[0]?.reason?.cause).toContain(
      'npm run grant -- --cluster shop, then: kubectl apply -f infrastructure/kubernetes/reader.yml',
    );
    expect(changesOf(log)).toEqual([]);
  });
});
