import { admitHookName } from './admission.ts';
import { type DrainPlan, drainHookName, planDrains } from './drain-hook.ts';
import type { NodeGroupKey } from './node-group.ts';
import type { NodeGroupDriver } from './node-group-driver.ts';
import { rememberRemoval } from './removed-hooks.ts';
import type { StateFile } from './state-file.ts';

type Stored = { readonly state: StateFile; readonly save: (state: StateFile) => Promise<Stored> };

/** The hooks of ours that a group should have, and has not. */
export type MissingHooks = { readonly admit: boolean; readonly drain: boolean };

type Dependencies = {
  readonly driver: Pick<NodeGroupDriver, 'readDrains' | 'setDrainHook' | 'openAdmission'>;
  readonly now: Date;
};

/** Whether our drain hook is missing among the hooks of a group in which it is we who drain. */
export const isDrainHookMissing = (
  { drainHook }: Pick<StateFile, 'drainHook'>,
  hookNames: readonly string[],
): boolean => drainHook === 'ours' && !hookNames.includes(drainHookName);

/** Who is to drain from now on: another tool may have deleted our hook because it has put its own. */
const planAgain = async (
  { state }: Stored,
  key: NodeGroupKey,
  { driver }: Pick<Dependencies, 'driver'>,
): Promise<DrainPlan> => planDrains(key, state.policy, await driver.readDrains(state.autoScalingGroupName));

function withRemovals(state: StateFile, admit: boolean, drains: DrainPlan | undefined, now: Date): StateFile {
  const first = admit ? rememberRemoval(state, { hook: admitHookName }, now) : state;
  if (drains === undefined) return first;
  const drainedBy = drains.drainHook === 'foreign' ? drains.foreignHook : undefined;
  return rememberRemoval(first, { hook: drainHookName, drainedBy }, now);
}

/**
 * Puts our hooks back that somebody deleted during a rollout, and writes that down before. The drain hook is not put
 * beside one of another tool that drains by now: from then on that tool does. Safe twice, and beside another step that
 * does the same: the same hooks are put again.
 */
export async function putHooksBack(
  held: Stored,
  key: NodeGroupKey,
  missing: MissingHooks,
  { driver, now }: Dependencies,
): Promise<Stored> {
  if (!missing.admit && !missing.drain) return held;
  const drains = missing.drain ? await planAgain(held, key, { driver }) : undefined;
  const saved = await held.save(withRemovals(held.state, missing.admit, drains, now));
  const { autoScalingGroupName, policy } = held.state;
  if (missing.admit) {
    await driver.openAdmission(autoScalingGroupName, { ...key, joinTimeoutSeconds: policy.joinTimeoutSeconds });
  }
  if (drains?.change === 'put') await driver.setDrainHook(autoScalingGroupName, drains.metadata);
  return saved;
}
