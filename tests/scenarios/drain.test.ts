import { beforeAll, describe, expect, it } from 'vitest';
import type { DrainRecord } from '../../functions/domain/drain-record.ts';
import type { Scenario } from '../../simulator/scenario/schema.ts';
import { entriesOf, leftovers, type Played, play } from '../support/play.ts';
import { lowestReady } from '../support/workloads.ts';

const replicas = 4;
const labels = { app: 'shop' };

/** What an operator of Windows workloads would apply: four replicas, of which one may be missing. */
const manifests = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'store' } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop', namespace: 'store' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: { 'kubernetes.io/os': 'windows' },
          containers: [{ name: 'app', image: 'shop:1', resources: { requests: { cpu: '500m', memory: '512Mi' } } }],
        },
      },
    },
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'shop', namespace: 'store' },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  },
];

function withWorkloads(scenario: Scenario): void {
  const [cluster] = scenario.clusters;
  if (cluster === undefined) throw new Error('The scenario has no cluster.');
  cluster.manifests.push(...manifests);
  // Long after the run: nobody but the hook knows that an instance leaves.
  scenario.operator.push({ when: { minute: 180 }, does: { kind: 'set-desired-capacity', group: 'shop/web', to: 1 } });
}

describe('a month with workloads, and a scale-in after it', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('tiny-month', { change: withWorkloads });
  }, 300_000);

  const drains = () =>
    played.stage.account.stepFunctions.executions().filter(({ machineName }) => machineName.endsWith('-drain-node'));
  const records = (): DrainRecord[] => {
    const { account, stack } = played.stage;
    const bucket = stack.outputs.RunBucketName ?? '';
    const keys = account.s3.keys(bucket).filter((key) => key.startsWith('drains/'));
    return keys.map((key) => JSON.parse(account.s3.object(bucket, key)?.body.toString() ?? ''));
  };

  it('patches every group and leaves nothing behind but the drain hook', () => {
    expect(played.end.run?.status).toBe('SUCCEEDED');
    expect(played.document.nodeGroups.map(({ outcome }) => outcome)).toEqual(['patched', 'patched']);
    expect(leftovers(played.stage)).toEqual([]);
    for (const { autoScalingGroupName } of played.stage.nodeGroups) {
      expect(played.stage.account.autoScaling.group(autoScalingGroupName)?.hooks).toEqual(['reglaze-drain']);
    }
  });

  it('drains each of the five instances that leave by one execution, four of them in the run', () => {
    expect(drains().map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'SUCCEEDED'));
    expect(records()).toHaveLength(5);
    expect(records().filter(({ run }) => run !== undefined)).toHaveLength(4);
  });

  it('answers every hook itself, before its time is over', () => {
    const answers = entriesOf(played.log, 'hook.answered').filter(({ hookName }) => hookName === 'reglaze-drain');
    expect(answers.map(({ why }) => why)).toEqual(answers.map(() => 'Lifecycle Action Completed with CONTINUE Result'));
    expect(answers).toHaveLength(5);
  });

  it('moves the pods within their budget, and loses none', () => {
    expect(lowestReady(played.log, 'shop', 'store/Deployment/shop')).toBe(replicas - 1);
    expect(records().flatMap(({ forced, lost }) => [...forced, ...lost])).toEqual([]);
    expect(records().flatMap(({ evicted }) => evicted).length).toBeGreaterThanOrEqual(replicas);
  });

  it('tells neighbours once of each node that was drained and removed', () => {
    const told = (type: string) =>
      entriesOf(played.log, 'event.put').filter((event) => event.source === 'reglaze' && event.detailType === type);
    expect(told('Node Drained')).toHaveLength(5);
    expect(told('Node Removed')).toHaveLength(5);
  });
});
