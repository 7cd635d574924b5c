import type { GroupInstance, NodeGroup, NodeGroupKey } from './node-group.ts';
import type { NodeGroupDriver } from './node-group-driver.ts';
import { isActive, type Replacement, unlessByOthers } from './replacement.ts';
import { decideRollBack, type RollBackStep } from './roll-back.ts';
import { type PodsFound, podEvictionFailure } from './standstill.ts';
import { findTarget, knownVersions, nextAttempt, type StateFile, templateBefore } from './state-file.ts';

type Stored = { readonly state: StateFile; readonly save: (state: StateFile) => Promise<Stored> };

export type RollBackDependencies = {
  readonly driver: NodeGroupDriver;
  readonly withImages: (groups: readonly NodeGroup[]) => Promise<NodeGroup[]>;
  /** What is in the warm pool of a group that has one. */
  readonly listPool: (autoScalingGroupName: string) => Promise<GroupInstance[]>;
  /** Missing in a step that leaves it to the next one to ask the cluster. */
  readonly findPods?: (clusterName: string, instanceIds: readonly string[]) => Promise<PodsFound>;
  readonly now: Date;
};

async function look(state: StateFile, key: NodeGroupKey, { driver, withImages, listPool }: RollBackDependencies) {
  const described = await driver.describe(key);
  const pool = described.warmPool ? await listPool(described.autoScalingGroupName) : [];
  const whole = { ...described, instances: [...described.instances, ...pool] };
  const [group = whole] = await withImages([whole]);
  const { rollout, rollBack } = state;
  const target = findTarget(state);
  const forward = rollout && target && (await driver.findReplacement(state, rollout, target));
  const back =
    rollBack?.attempt &&
    rollBack.launchTemplate &&
    (await driver.findReplacement(state, rollBack.attempt, rollBack.launchTemplate));
  const isBusy = (await driver.findActive(group)) !== undefined;
  return { group, forward, back, isBusy };
}

/** The pods for which EKS has given up the last update, as they are now; undefined when that was not why, or nobody asks. */
async function findHoldUp(
  { cluster }: StateFile,
  { group, forward, back }: Pick<WayBack, 'group' | 'back'> & { readonly forward: Replacement | undefined },
  { findPods }: RollBackDependencies,
): Promise<PodsFound | 'unknown' | undefined> {
  const last = back ?? forward;
  if (last === undefined || isActive(last) || !last.errorCodes?.includes(podEvictionFailure)) return undefined;
  return findPods === undefined
    ? 'unknown'
    : findPods(
        cluster,
        group.instances.map(({ instanceId }) => instanceId),
      );
}

const holdsUp = (found: PodsFound | 'unknown' | undefined): boolean =>
  found === 'unknown' || (found !== undefined && 'pods' in found && found.pods.length > 0);

async function startBack(
  stored: Stored,
  key: NodeGroupKey,
  group: NodeGroup,
  dependencies: RollBackDependencies,
): Promise<Stored> {
  const { driver, now } = dependencies;
  const { state } = stored;
  const before = templateBefore(state);
  if (state.rollBack === undefined || before === undefined) return stored;
  const launchTemplate = await driver.versionBack(before);
  const overrides = before.overrides ?? [];
  const newestId = await driver.newestReplacementId(state.autoScalingGroupName);
  const attempt = nextAttempt(state.rollBack.attempt, newestId, now);
  const rollBack = { ...state.rollBack, launchTemplate, attempt };
  const saved = await stored.save({ ...state, rollBack });

  const order = { key, group, target: launchTemplate, overrides, policy: state.policy, firstAlone: false, attempt };
  const id = await unlessByOthers(driver.start(order));
  // The attempt stays without an id: once theirs has ended, the next look decides again.
  if (typeof id !== 'string') return saved;
  return saved.save({ ...saved.state, rollBack: { ...rollBack, attempt: { ...attempt, id } } });
}

/** A look at a group that goes back, and the step that was taken. */
export type WayBack = {
  readonly step: RollBackStep;
  /** As it is stored now. */
  readonly stored: Stored;
  readonly group: NodeGroup;
  /** The replacement that was found, before the step was taken. */
  readonly back: Replacement | undefined;
  /** The pods for which the last update was given up, where the cluster was asked. */
  readonly found: PodsFound | undefined;
};

/**
 * Looks at a group that is to go back to what it was, takes the one step that is due now, and answers what it found.
 *
 * Started and watched by two steps of the machine, which share it because either may find that the next move is due: an
 * update of EKS, for one, must have ended before the way back can begin.
 */
export async function stepBack(
  stored: Stored,
  key: NodeGroupKey,
  dependencies: RollBackDependencies,
): Promise<WayBack> {
  const { state } = stored;
  const seen = await look(state, key, dependencies);
  const found = await findHoldUp(state, seen, dependencies);
  const step = decideRollBack({
    ...seen,
    isHeldUp: holdsUp(found),
    before: state.before,
    amiTarget: state.image.amiId,
    knownVersions: knownVersions(state),
    backAttempts: state.rollBack?.attempt?.attempts ?? 0,
    reversible: dependencies.driver.reversible,
  });
  if (step === 'reverse') await dependencies.driver.reverse(state.autoScalingGroupName);
  const after = step === 'start' ? await startBack(stored, key, seen.group, dependencies) : stored;
  return { step, stored: after, group: seen.group, back: seen.back, found: found === 'unknown' ? undefined : found };
}
