import { drainHookName } from '../../functions/domain/drain-hook.ts';
import { leaseHolder } from '../../functions/domain/lease.ts';
import { type AttachedGroup, placeOf } from './attached-groups.ts';

/** A rollout is on in a node group, which would be left half replaced. */
export class RolloutRunning extends Error {
  override readonly name = 'RolloutRunning';
}

/** Nodes of a group drain, and would be terminated with the pods that are left on them. */
export class NodesDraining extends Error {
  override readonly name = 'NodesDraining';
}

/** Why a group had better not be detached now, if there is anything. */
function refuse(group: AttachedGroup, now: Date): Error | undefined {
  const run = leaseHolder(group.stored?.state, now);
  if (run !== undefined) {
    return new RolloutRunning(
      `${placeOf(group)} is being rolled by the run ${run}. Wait for its end, or stop the execution and wait for settle. ` +
        'With --force the group is left where it stands.',
    );
  }
  const draining = group.instances.filter(({ lifecycleState }) => lifecycleState === 'Terminating:Wait');
  if (draining.length === 0 || !group.hooks.includes(drainHookName)) return undefined;
  return new NodesDraining(
    `${draining.map(({ instanceId }) => instanceId).join(', ')} of ${placeOf(group)} may be draining. Wait for that. ` +
      'With --force they are terminated with the pods that are left on them.',
  );
}

/** Why groups had better not be detached now: one reason for each. */
export const refusals = (groups: readonly AttachedGroup[], now: Date): Error[] =>
  groups.map((group) => refuse(group, now)).filter((each) => each !== undefined);
