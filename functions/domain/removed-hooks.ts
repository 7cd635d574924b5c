import * as v from 'valibot';
import { admitHookName } from './admission.ts';
import { drainHookName } from './drain-hook.ts';
import { type Reason, reason } from './errors.ts';
import type { Notice } from './rollout.ts';
import { countFromOne, nonEmpty, strictObject, timestamp } from './shapes.ts';
import type { StateFile } from './state-file.ts';

/** A lifecycle hook of ours that somebody else deleted while the group was being rolled. */
export const RemovedHook = strictObject({
  hook: v.picklist([admitHookName, drainHookName]),
  times: countFromOne,
  /** When a look first missed it, up to two minutes after its end, and when one last did. */
  firstAt: timestamp,
  lastAt: timestamp,
  /** The hook of another tool that drains the nodes since, so that ours was not put back. */
  drainedBy: v.optional(nonEmpty),
  toldAt: v.optional(timestamp),
});
export type RemovedHook = Readonly<v.InferOutput<typeof RemovedHook>>;

type Removal = Pick<RemovedHook, 'hook'> & { readonly drainedBy?: string | undefined };

/** The state file with one removal more, written before the hook is put back. */
export function rememberRemoval(state: StateFile, { hook, drainedBy }: Removal, now: Date): StateFile {
  const all = state.removedHooks ?? [];
  const at = now.toISOString();
  const known = all.find((each) => each.hook === hook) ?? { hook, times: 0, firstAt: at };
  const removed = { ...known, times: known.times + 1, lastAt: at, ...(drainedBy !== undefined && { drainedBy }) };
  const removedHooks = [...all.filter((each) => each.hook !== hook), removed];
  return { ...state, removedHooks, ...(drainedBy !== undefined && { drainHook: 'foreign' as const }) };
}

const often = ({ times }: RemovedHook): string => (times === 1 ? '' : ` ${times} times`);

function removalReason({ autoScalingGroupName }: StateFile, removed: RemovedHook): Reason {
  const { hook, firstAt, drainedBy } = removed;
  const deletion = `Somebody deleted the lifecycle hook ${hook} of ${autoScalingGroupName}${often(removed)}, first noticed at ${firstAt}.`;
  if (hook === admitHookName) {
    const meanwhile =
      'Instances that came meanwhile entered service unproved. Keep other tools from removing the hook.';
    return reason('AdmissionRemoved', `${deletion} It was put back. ${meanwhile}`);
  }
  const lost = 'Nodes that left meanwhile were terminated with their pods on them.';
  const now =
    drainedBy === undefined
      ? `It was put back. ${lost} Keep other tools from removing the hook.`
      : `The hook ${drainedBy} of another tool drains its nodes now, so it was not put back. ${lost}`;
  return reason('DrainHookRemoved', `${deletion} ${now}`);
}

/** What a report tells of the hooks that somebody deleted. */
export const removalReasons = (state: StateFile): Reason[] =>
  (state.removedHooks ?? []).map((removed) => removalReason(state, removed));

/** What people are told, once in a rollout for each hook, however often it is deleted. */
export function removalAlerts(state: StateFile): Notice[] {
  const untold = (state.removedHooks ?? []).filter(({ toldAt }) => toldAt === undefined);
  return untold.map((removed) => {
    const { error, cause } = removalReason(state, removed);
    return {
      subject: `reglaze: ${removed.hook} of ${state.cluster}/${state.nodeGroup} was deleted`.slice(0, 100),
      text: `${error}: ${cause} The rollout goes on.`,
    };
  });
}

/** The state file once people were told; the same file when there was nothing to tell. */
export function rememberRemovalAlerts(state: StateFile, now: Date): StateFile {
  if (removalAlerts(state).length === 0) return state;
  const toldAt = now.toISOString();
  return { ...state, removedHooks: (state.removedHooks ?? []).map((each) => ({ toldAt, ...each })) };
}
