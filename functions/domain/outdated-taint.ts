import { type GroupInstance, members } from './node-group.ts';
import type { StateFile, TaintedNode } from './state-file.ts';

export type Taint = { readonly key: string; readonly value?: string; readonly effect: string };

/**
 * Stands on the nodes that a rollout is going to replace, so that evicted pods prefer the new ones and move once. The
 * scheduler still uses such a node rather than let a pod wait, and an autoscaler takes no notice of it.
 */
export const outdatedTaint = { key: 'reglaze.dev/outdated', effect: 'PreferNoSchedule' } as const satisfies Taint;

const isOurs = ({ key, effect }: Taint): boolean => key === outdatedTaint.key && effect === outdatedTaint.effect;

/** A node's taints with ours among them, in their order; the same list when it is there. */
export const withOutdatedTaint = (taints: readonly Taint[]): readonly Taint[] =>
  taints.some(isOurs) ? taints : [...taints, outdatedTaint];

/** A node's taints without ours; the same list when it is not there. */
export const withoutOutdatedTaint = (taints: readonly Taint[]): readonly Taint[] =>
  taints.some(isOurs) ? taints.filter((taint) => !isOurs(taint)) : taints;

/** The AMI that the group is on its way to: the old one again once it goes back. */
export const wantedAmi = ({ phase, image, before }: Pick<StateFile, 'phase' | 'image' | 'before'>): string =>
  phase === 'rolling-back' ? (before.amiId ?? image.amiId) : image.amiId;

/** What a new node of a rollout means for the others: `prefer` it, `withdraw` what was said of them, or nothing. */
export type Preference = 'prefer' | 'withdraw' | 'nothing';

/**
 * Whether the nodes of a group have to be marked (again) now that an instance on `imageId` can work.
 *
 * An instance on any other AMI than the wanted one, as scaling out may bring before the replacement has begun, is no
 * reason. A run that has lost the group leaves nothing: what it may have marked while the end took the marks off is
 * withdrawn.
 */
export function decidePreference(
  state: StateFile | undefined,
  { run, imageId }: { readonly run: string; readonly imageId: string | undefined },
): Preference {
  if (state === undefined) return 'nothing';
  if (state.lease?.run !== run) return state.taints === undefined ? 'withdraw' : 'nothing';
  if (state.phase !== 'rolling' && state.phase !== 'rolling-back') return 'nothing';
  const isMarked = state.taints?.done === true && state.taints.amiId === wantedAmi(state);
  return imageId === wantedAmi(state) && !isMarked ? 'prefer' : 'nothing';
}

/** An instance of the group with the name that its node has. */
export type NamedInstance = GroupInstance & { readonly nodeName: string };

export type TaintPlan = {
  readonly amiId: string;
  readonly put: readonly TaintedNode[];
  readonly take: readonly TaintedNode[];
};

/**
 * The nodes that get the taint, and those that had it and do not any more: when a rollout goes back, what was wanted is
 * outdated. Of an instance whose AMI EC2 does not tell nothing is claimed.
 */
export function planTaints(state: StateFile, instances: readonly NamedInstance[]): TaintPlan {
  const amiId = wantedAmi(state);
  const staying = new Set(members({ instances }).map(({ instanceId }) => instanceId));
  const put = instances
    .filter(({ instanceId, imageId }) => staying.has(instanceId) && imageId !== undefined && imageId !== amiId)
    .map(({ instanceId, nodeName }) => ({ instanceId, nodeName }));
  const take = (state.taints?.nodes ?? []).filter(
    ({ instanceId }) => !put.some((each) => each.instanceId === instanceId),
  );
  return { amiId, put, take };
}

/** The file before the nodes are marked: it names every node that may bear the taint from here on. */
export const withTaintsIntended = (state: StateFile, { amiId, put, take }: TaintPlan): StateFile => ({
  ...state,
  taints: { amiId, nodes: [...put, ...take] },
});

/** The file once they are marked. */
export const withTaintsDone = (state: StateFile, { amiId, put }: TaintPlan): StateFile => ({
  ...state,
  taints: { amiId, nodes: [...put], done: true },
});
