import { beforeAll, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../simulator/kernel/event-log.ts';
import { entriesOf, leftovers, type Played, play } from '../support/play.ts';

/** How often an operation of AWS was called, by all functions or by one. */
function callsOf(log: readonly LogEntry[], operation: string, functionName?: string): number {
  return entriesOf(log, 'call.aws').filter(
    (call) =>
      call.operation === operation && (functionName === undefined || String(call.functionName).endsWith(functionName)),
  ).length;
}

const invocationsOf = (log: readonly LogEntry[], functionName: string): number =>
  entriesOf(log, 'function.invoked').filter((each) => String(each.functionName).endsWith(functionName)).length;

/** The functions of the machine drain-node. */
const drainSteps = [
  'take-turn',
  'drain-node',
  'answer-drain-hook',
  'check-replicas',
  'return-turn',
  'wait-for-removal',
].map((step) => `reglaze-live-${step}`);

/**
 * What the first months did not do: drains, whose records are read when a group is released, what a group asks of its new
 * nodes, which is read while they join, and telling neighbours.
 */
const isNew = ({ functionName, operation }: Readonly<Record<string, unknown>>): boolean =>
  drainSteps.includes(String(functionName)) ||
  operation === 'EventBridge.PutEvents' ||
  (/-(release-lease|examine-node)$/.test(String(functionName)) && /^S3\.(Get|List)/.test(String(operation)));

describe('every-kind', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play('every-kind');
  }, 300_000);

  it('patches all ten node groups and leaves nothing behind', () => {
    const { document, stage } = played;
    expect(document.run.status, document.run.error?.cause).toBe('SUCCEEDED');
    expect(document.nodeGroups.map(({ name, outcome }) => `${name} ${outcome}`).sort()).toEqual(
      ['default', 'degraded', 'empty', 'full', 'mixed', 'mixed-templates', 'newest', 'one-node', 'print', 'web'].map(
        (name) => `${name} patched`,
      ),
    );
    expect(leftovers(stage)).toEqual([]);
    for (const { readyNodes } of document.nodeGroups)
      expect(readyNodes?.lowest).toBeGreaterThanOrEqual(readyNodes?.desired ?? Infinity);
  });

  it('costs no more calls and transitions for a replaced node than the first measured months', () => {
    const { nodeGroups, calls } = played.document;
    const replaced = nodeGroups.reduce((nodes, group) => nodes + group.nodes.patched, 0);
    const perNode = (kind: string) => entriesOf(played.log, kind).filter((call) => !isNew(call)).length / replaced;
    expect(replaced).toBe(41);
    expect(perNode('call.aws')).toBeLessThanOrEqual(52.5);
    expect(perNode('call.kubernetes')).toBeLessThanOrEqual(14.5);
    expect(calls.transitions / replaced).toBeLessThanOrEqual(65.1);
  });

  it('rolls the empty group only when another one is patched', () => {
    const { log } = played;
    const isEnd = ({ kind, details }: LogEntry) => kind === 'execution.status' && details.status === 'SUCCEEDED';
    const firstEnd = log.find((entry) => isEnd(entry) && String(entry.details.machine).includes('roll-node-group'));
    const refresh = log.find(({ kind, details }) => kind === 'refresh.status' && details.group === 'empty');
    expect(firstEnd).toBeDefined();
    expect(refresh?.at).toBeGreaterThan(firstEnd?.at ?? Infinity);
  });
});

describe('a look at a node group', () => {
  /** The same group with other numbers of nodes and of template versions; the calls of one look are counted. */
  const look = async (size: number, olderVersions: number) => {
    const { log } = await play('tiny-month', {
      change: ({ clusters }) => {
        for (const cluster of clusters) {
          cluster.nodeGroups.splice(1);
          for (const group of cluster.nodeGroups) Object.assign(group, { size, maxSize: 2 * size, olderVersions });
        }
      },
    });
    return {
      perLook:
        callsOf(log, 'AutoScaling.DescribeAutoScalingGroups', '-watch-rollout') / invocationsOf(log, '-watch-rollout'),
      instances: callsOf(log, 'Ec2.DescribeInstances', '-watch-rollout') / invocationsOf(log, '-watch-rollout'),
      planning: callsOf(log, 'AutoScaling.DescribeAutoScalingGroups', '-plan-run'),
      versionsAtPlan: callsOf(log, 'Ec2.DescribeLaunchTemplateVersions', '-plan-run'),
      versionsWatching: callsOf(log, 'Ec2.DescribeLaunchTemplateVersions', '-watch-rollout'),
      versions: callsOf(log, 'Ec2.DescribeLaunchTemplateVersions'),
    };
  };

  it('costs no call for an instance or for a version of its template', async () => {
    const [small, wide] = [await look(2, 0), await look(12, 1_000)];
    expect(small.perLook).toBe(1);
    expect(small.instances).toBeLessThanOrEqual(1);
    expect(wide).toMatchObject({ perLook: 1, planning: small.planning, versionsAtPlan: 1, versionsWatching: 0 });
    expect(wide.instances).toBeLessThanOrEqual(1);
    expect(wide.versions).toBe(small.versions);
  }, 300_000);
});
