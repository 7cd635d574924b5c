import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { awsCall, isAwsError, once } from '../../functions/adapters/aws-call.ts';
import { clientSettings } from '../../functions/adapters/client-settings.ts';
import type { RunFiles } from '../../functions/adapters/run-files.ts';
import { drainHookName } from '../../functions/domain/drain-hook.ts';
import type { StateFile } from '../../functions/domain/state-file.ts';
import { type AttachedGroup, placeOf } from './attached-groups.ts';

/** A rollout is on in a node group, which would be left half replaced. */
export class RolloutRunning extends Error {
  override readonly name = 'RolloutRunning';
}

/** Nodes of a group drain, and would be terminated with the pods that are left on them. */
export class NodesDraining extends Error {
  override readonly name = 'NodesDraining';
}

const client = once(() => new SFNClient(clientSettings()));

/**
 * Whether an execution runs, whatever the lease's end says: an account's clock is not this machine's. False of one that
 * Step Functions does not know (any more), as when the stack is gone.
 */
async function isRunning(executionArn: string): Promise<boolean> {
  try {
    const { status } = await awsCall('states:DescribeExecution', executionArn, () =>
      client().send(new DescribeExecutionCommand({ executionArn })),
    );
    return status === 'RUNNING' || status === 'PENDING_REDRIVE';
  } catch (error) {
    if (isAwsError(error, 'ExecutionDoesNotExist', 'StateMachineDoesNotExist')) return false;
    throw error;
  }
}

/** The state of a group, and of those whose launch template its alias would be moved for. */
async function statesOf({ stored }: AttachedGroup, files: Pick<RunFiles, 'findState'> | undefined) {
  if (stored === undefined || files === undefined) return [];
  const { unit } = stored.state;
  const others = unit?.pin === undefined ? [] : unit.others;
  const found = await Promise.all(others.map(({ cluster, name }) => files.findState({ cluster, nodeGroup: name })));
  return [stored.state, ...found.flatMap((each) => each?.state ?? [])];
}

const rolloutRunning = ({ cluster, nodeGroup }: StateFile, run: string): Error =>
  new RolloutRunning(
    `${cluster}/${nodeGroup} is being rolled by the run ${run}. Wait for its end, or stop the execution and wait for ` +
      'settle. With --force the group is left where it stands.',
  );

function whyDraining(group: AttachedGroup): Error[] {
  const draining = group.instances.filter(({ lifecycleState }) => lifecycleState === 'Terminating:Wait');
  if (draining.length === 0 || !group.hooks.includes(drainHookName)) return [];
  const ids = draining.map(({ instanceId }) => instanceId).join(', ');
  return [
    new NodesDraining(
      `${ids} of ${placeOf(group)} may be draining. Wait for that. With --force they are terminated with the pods that ` +
        'are left on them.',
    ),
  ];
}

/** Why groups had better not be detached now. */
export async function refusals(
  groups: readonly AttachedGroup[],
  files: Pick<RunFiles, 'findState'> | undefined,
): Promise<Error[]> {
  const found: Error[] = [];
  const seen = new Set<string>();
  for (const group of groups) {
    for (const state of await statesOf(group, files)) {
      const { lease } = state;
      if (lease === undefined || seen.has(lease.executionArn)) continue;
      seen.add(lease.executionArn);
      if (await isRunning(lease.executionArn)) found.push(rolloutRunning(state, lease.run));
    }
    found.push(...whyDraining(group));
  }
  return found;
}
