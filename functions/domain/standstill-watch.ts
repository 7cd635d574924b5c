import type { Reason } from './errors.ts';
import type { GroupInstance } from './node-group.ts';
import type { Replacement } from './replacement.ts';
import type { RollBackProgress, RollBackStep } from './roll-back.ts';
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

/** One look at a group that goes back. */
export type WayBackView = Pick<UpdateView, 'state' | 'instances' | 'now'> & {
  readonly progress: RollBackProgress;
  readonly step: RollBackStep;
  /** The update back that was found, before a next one was started. */
  readonly back: Pick<Replacement, 'status'> | undefined;
  /** The pods for which EKS has given up an update, where that was asked. */
  readonly found: PodsFound | undefined;
};

/** The look with what is known of pods in the way: a reason that names them, a state that remembers them. */
export type StandstillLook<OfProgress = Progress> = {
  readonly state: StateFile;
  readonly progress: OfProgress;
  /** For people, once. */
  readonly notice?: Notice;
};

type FindPods = (clusterName: string, instanceIds: readonly string[]) => Promise<PodsFound>;

type Direction = Parameters<typeof standstillNotice>[2];

/** A group whose update goes on or has ended, and what was known of pods in its way. */
type Scene = Pick<UpdateView, 'state' | 'instances' | 'now'> & { readonly known: Standstill | undefined };

const named = ({ error, cause }: Reason, told: string): Reason => ({
  error,
  cause: `${cause.replace(/\.?$/, '.')} ${told}`,
});

const idsOf = (instances: readonly GroupInstance[]): string[] => instances.map(({ instanceId }) => instanceId);

/** What is known once an update has failed because pods stayed; undefined when nothing can be told. */
function explain({ instances, now, known }: Scene, found: PodsFound) {
  const told = afterFailure(known, found);
  const standing = noteInstances(known, instances, now);
  if (told === undefined) return undefined;
  return { ...standing, told };
}

/** What is known while an update goes on; the same object when there is nothing new. */
async function observe({ state, instances, now, known }: Scene, direction: Direction, findPods: FindPods) {
  const standing = noteInstances(known, instances, now);
  if (!isTimeToAsk(standing, instances, now)) return { standstill: standing };

  const found = await findPods(state.cluster, idsOf(instances));
  const standstill = notePods(standing, found, now);
  const isNews = 'pods' in found && standstill.told !== undefined;
  const name = `${state.cluster}/${state.nodeGroup}`;
  return { standstill, ...(isNews && { notice: standstillNotice(name, standstill.told ?? '', direction) }) };
}

/**
 * Which pods hold up an update of EKS: asked of the cluster only while nothing has changed in the group for some minutes,
 * and when the update has failed because pods stayed. Groups that reglaze drains itself are left as they are.
 */
export async function watchStandstill(view: UpdateView, findPods: FindPods): Promise<StandstillLook> {
  const { state, progress, replacement, instances } = view;
  if (state.kind !== 'managed') return view;
  const scene = { ...view, known: state.standstill };
  const remember = (standstill: Standstill): StateFile =>
    standstill === state.standstill ? state : { ...state, standstill };
  if (progress.progress === 'in-progress') {
    const { standstill, ...rest } = await observe(scene, 'forward', findPods);
    return { state: remember(standstill), progress, ...rest };
  }
  if (progress.progress !== 'failed' || !replacement.errorCodes?.includes(podEvictionFailure)) return view;
  const explained = explain(scene, await findPods(state.cluster, idsOf(instances)));
  if (explained === undefined) return view;
  const reason = named(progress.reason, explained.told);
  return { state: remember(explained), progress: { progress: 'failed', reason } };
}

/** What was found of an update. What kept one from being begun is over by now, and people have not been told of it. */
function unlessBefore(known: Standstill | undefined): Standstill | undefined {
  if (known === undefined || known.askedAt !== undefined) return known;
  const { told: _, ...standing } = known;
  return standing;
}

type RollBack = NonNullable<StateFile['rollBack']>;

const isSame = (a: Standstill, b: Standstill | undefined): boolean =>
  a.told === b?.told && a.instances === b?.instances && a.askedAt === b?.askedAt;

/** While an update back goes on: people are told once, however many attempts it takes. */
async function observeBack(view: WayBackView, rollBack: RollBack, findPods: FindPods) {
  const { state, progress, now } = view;
  const known = unlessBefore(rollBack.standstill);
  const { standstill, notice } = await observe({ ...view, known }, 'back', findPods);
  if (notice !== undefined && rollBack.alertedAt === undefined) {
    const alerted = { ...rollBack, standstill, alertedAt: now.toISOString() };
    return { state: { ...state, rollBack: alerted }, progress, notice };
  }
  const isKnown = isSame(standstill, rollBack.standstill);
  return { state: isKnown ? state : { ...state, rollBack: { ...rollBack, standstill } }, progress };
}

/**
 * The same on the way back, which is an update as well and not begun before the pods let it. They stay known through all of
 * its attempts, and are named when the last one has failed.
 */
export async function watchWayBack(view: WayBackView, findPods: FindPods): Promise<StandstillLook<RollBackProgress>> {
  const { state, progress, step, back, found } = view;
  const { rollBack } = state;
  if (state.kind !== 'managed' || rollBack === undefined || progress.progress === 'restored')
    return { state, progress };
  if (step === 'wait' && back?.status === 'active') return observeBack(view, rollBack, findPods);

  const standstill = found && explain({ ...view, known: rollBack.standstill }, found);
  if (standstill === undefined) return { state, progress };
  const reason = progress.reason && named(progress.reason, standstill.told);
  return {
    state: isSame(standstill, rollBack.standstill) ? state : { ...state, rollBack: { ...rollBack, standstill } },
    progress: { ...progress, ...(reason && { reason }) },
  };
}
