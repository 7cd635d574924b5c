import type { Reason } from './errors.ts';
import type { GroupInstance } from './node-group.ts';
import type { Replacement } from './replacement.ts';
import type { Notice, Progress } from './rollout.ts';
import {
  afterFailure,
  isTimeToAsk,
  noteInstances,
  notePods,
  type PodsFound,
  podEvictionFailure,
  type Standstill,
  standstillNotice,
} from './standstill.ts';
import type { StateFile } from './state-file.ts';

/** One look at an update of EKS, as the watcher has it. */
export type UpdateView = {
  readonly state: StateFile;
  readonly progress: Progress;
  readonly replacement: Pick<Replacement, 'errorCodes'>;
  readonly instances: readonly GroupInstance[];
  readonly now: Date;
};

/** The look with what is known of pods in the way: a reason that names them, a state that remembers them. */
export type StandstillLook = {
  readonly state: StateFile;
  readonly progress: Progress;
  /** For people, once. */
  readonly notice?: Notice;
};

type FindPods = (clusterName: string, instanceIds: readonly string[]) => Promise<PodsFound>;

const named = ({ error, cause }: Reason, told: string): Reason => ({
  error,
  cause: `${cause.replace(/\.?$/, '.')} ${told}`,
});

const idsOf = (instances: readonly GroupInstance[]): string[] => instances.map(({ instanceId }) => instanceId);

async function explain(view: UpdateView, reason: Reason, findPods: FindPods): Promise<StandstillLook> {
  const { state, instances, now } = view;
  const told = afterFailure(state.standstill, await findPods(state.cluster, idsOf(instances)));
  if (told === undefined) return view;
  const standstill = { ...noteInstances(state.standstill, instances, now), told };
  return { state: { ...state, standstill }, progress: { progress: 'failed', reason: named(reason, told) } };
}

async function observe(view: UpdateView, findPods: FindPods): Promise<StandstillLook> {
  const { state, progress, instances, now } = view;
  const { cluster, nodeGroup } = state;
  const remember = (standstill: Standstill): StateFile =>
    standstill === state.standstill ? state : { ...state, standstill };
  const standing = noteInstances(state.standstill, instances, now);
  if (!isTimeToAsk(standing, instances, now)) return { state: remember(standing), progress };

  const found = await findPods(cluster, idsOf(instances));
  const asked = notePods(standing, found, now);
  const isNews = 'pods' in found && asked.told !== undefined;
  const notice = isNews && standstillNotice(`${cluster}/${nodeGroup}`, asked.told ?? '');
  return { state: remember(asked), progress, ...(notice && { notice }) };
}

/**
 * Which pods hold up an update of EKS: asked of the cluster only while nothing has changed in the group for some minutes,
 * and when the update has failed because pods stayed. Groups that reglaze drains itself are left as they are.
 */
export async function watchStandstill(view: UpdateView, findPods: FindPods): Promise<StandstillLook> {
  const { state, progress, replacement } = view;
  if (state.kind !== 'managed') return view;
  if (progress.progress === 'in-progress') return observe(view, findPods);
  const isHeldUp = progress.progress === 'failed' && replacement.errorCodes?.includes(podEvictionFailure);
  return isHeldUp ? explain(view, progress.reason, findPods) : view;
}
