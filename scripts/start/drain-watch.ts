import type { DrainRecord } from '../../functions/domain/drain-record.ts';
import type { Account } from '../../simulator/account.ts';
import type { BuiltNodeGroup } from '../../simulator/scenario/build.ts';
import type { Stage } from './stage.ts';
import type { HeldPod } from './workload-watch.ts';

/** What is shown of the nodes of one group that leave. */
export type DrainView = {
  /** Nodes that wait for their turn, those that are being emptied, and those whose pods become Ready elsewhere. */
  readonly waiting: number;
  readonly draining: number;
  readonly settling: number;
  /** Pods that a budget keeps on nodes of the group now. */
  readonly held: readonly { readonly pod: string; readonly budget: string }[];
  /** Pods that were deleted without being let go. */
  readonly forced: number;
};

type DrainStage = 'waiting' | 'draining' | 'settling';

/** What the states of the machine mean for a node; one that was let go is no drain any more. */
const stages: Readonly<Record<string, DrainStage>> = {
  'Take a turn': 'waiting',
  'Drain node': 'draining',
  'Look at replicas': 'settling',
};

const isPassed = (state: string): boolean => state === 'Give the turn back' || state === 'Wait for removal';

/** Follows the executions of `drain-node`. Answers how many nodes of a group are in each stage of their drains. */
export function followDrains({ kernel, stepFunctions }: Account) {
  const drains = new Map<string, { readonly group: string; readonly stage: DrainStage }>();
  const enter = (arn: string, state: string) => {
    const stage = stages[state];
    if (isPassed(state)) drains.delete(arn);
    if (stage === undefined) return;
    const { cluster, nodeGroup } = JSON.parse(stepFunctions.execution(arn).input);
    drains.set(arn, { group: `${cluster}/${nodeGroup}`, stage });
  };
  kernel.log.follow(({ kind, details }) => {
    const { machine, executionArn, state, status } = details as Readonly<Record<string, string>>;
    if (executionArn === undefined || !machine?.endsWith('-drain-node')) return;
    if (kind === 'execution.status' && status !== 'RUNNING') drains.delete(executionArn);
    if (kind === 'execution.state' && state !== undefined) enter(executionArn, state);
  });
  return (path: string): Pick<DrainView, DrainStage> => {
    const count = (stage: DrainStage) =>
      [...drains.values()].filter((drain) => drain.group === path && drain.stage === stage).length;
    return { waiting: count('waiting'), draining: count('draining'), settling: count('settling') };
  };
}

/** The pods that budgets keep on the nodes of a group. */
export function heldIn({ account, clusters }: Stage, group: BuiltNodeGroup, held: readonly HeldPod[]) {
  if (held.length === 0) return [];
  const instances = account.autoScaling.group(group.autoScalingGroupName)?.instances ?? [];
  const own = new Set(instances.map(({ instanceId }) => instanceId));
  const nodes = clusters.get(group.cluster)?.nodes() ?? [];
  const names = new Set(nodes.filter(({ instanceId }) => own.has(instanceId)).map(({ name }) => name));
  return held
    .filter(({ cluster, node }) => cluster === group.cluster && names.has(node))
    .map(({ pod, budget }) => ({ pod, budget }));
}

/** How many pods of the nodes of a group the drain records call forced. */
export function countForced({ account, stack }: Stage, { cluster, name }: BuiltNodeGroup): number {
  const bucket = stack.outputs.RunBucketName ?? '';
  const folder = `drains/${encodeURIComponent(cluster)}/${encodeURIComponent(name)}/`;
  const records = account.s3.keys(bucket).filter((key) => key.startsWith(folder));
  return records.reduce((sum, key) => {
    const record = JSON.parse(account.s3.object(bucket, key)?.body.toString() ?? '{}') as Partial<DrainRecord>;
    return sum + (record.forced?.length ?? 0);
  }, 0);
}
