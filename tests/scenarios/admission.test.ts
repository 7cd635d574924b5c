import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../simulator/kernel/event-log.ts';
import { changesOf, play } from '../support/play.ts';

/** From the moment in which a node can work to the answer of its hook, in milliseconds, one for each new node. */
function delays(log: readonly LogEntry[]): number[] {
  const readyAt = new Map(
    log.filter(({ kind }) => kind === 'node.ready').map(({ at, details }) => [details.instanceId, Number(at)]),
  );
  return log
    .filter(({ kind, details }) => kind === 'hook.answered' && details.result === 'CONTINUE')
    .map(({ at, details }) => Number(at) - (readyAt.get(details.instanceId) ?? Number.NaN));
}

const olderRole = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'reglaze-reader' },
  rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list'] }],
};

describe('a new node', () => {
  it.each([21, 22, 23, 24])('is admitted within three seconds of being Ready (seed %i)', async (seed) => {
    const { log } = await play('tiny-month', {
      seed,
      // Ready comes last, after the addresses.
      change: ({ amis }) => {
        for (const ami of amis) ami.addressSeconds = [5, 15];
      },
    });
    expect(delays(log)).toHaveLength(4);
    expect(Math.max(...delays(log))).toBeLessThan(3000);
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
