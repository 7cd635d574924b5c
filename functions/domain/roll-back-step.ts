import type { NodeGroup, NodeGroupKey } from './node-group.ts';
import type { NodeGroupDriver } from './node-group-driver.ts';
import { unlessByOthers } from './replacement.ts';
import { decideRollBack, type RollBackStep } from './roll-back.ts';
import { findTarget, knownVersions, nextAttempt, type StateFile, templateBefore } from './state-file.ts';

type Stored = { readonly state: StateFile; readonly save: (state: StateFile) => Promise<Stored> };

export type RollBackDependencies = {
  readonly driver: NodeGroupDriver;
  readonly withImages: (groups: readonly NodeGroup[]) => Promise<NodeGroup[]>;
  readonly now: Date;
};

async function look(state: StateFile, key: NodeGroupKey, { driver, withImages }: RollBackDependencies) {
  const described = await driver.describe(key);
  const [group = described] = await withImages([described]);
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

async function startBack(stored: Stored, key: NodeGroupKey, group: NodeGroup, dependencies: RollBackDependencies) {
  const { driver, now } = dependencies;
  const { state } = stored;
  const before = templateBefore(state);
  if (state.rollBack === undefined || before === undefined) return;
  const launchTemplate = await driver.versionBack(before);
  const overrides = before.overrides ?? [];
  const newestId = await driver.newestReplacementId(state.autoScalingGroupName);
  const attempt = nextAttempt(state.rollBack.attempt, newestId, now);
  const rollBack = { ...state.rollBack, launchTemplate, attempt };
  const saved = await stored.save({ ...state, rollBack });

  const order = { key, group, target: launchTemplate, overrides, policy: state.policy, firstAlone: false, attempt };
  const id = await unlessByOthers(driver.start(order));
  // The attempt stays without an id: once theirs has ended, the next look decides again.
  if (typeof id !== 'string') return;
  await saved.save({ ...saved.state, rollBack: { ...rollBack, attempt: { ...attempt, id } } });
}

/**
 * Looks at a group that is to go back to what it was, takes the one step that is due now, and answers which it was.
 *
 * Started and watched by two steps of the machine, which share it because either may find that the next move is due: an
 * update of EKS, for one, must have ended before the way back can begin.
 */
export async function stepBack(
  stored: Stored,
  key: NodeGroupKey,
  dependencies: RollBackDependencies,
): Promise<RollBackStep> {
  const { state } = stored;
  const seen = await look(state, key, dependencies);
  const step = decideRollBack({
    ...seen,
    before: state.before,
    amiTarget: state.image.amiId,
    knownVersions: knownVersions(state),
    backAttempts: state.rollBack?.attempt?.attempts ?? 0,
    reversible: dependencies.driver.reversible,
  });
  if (step === 'reverse') await dependencies.driver.reverse(state.autoScalingGroupName);
  if (step === 'start') await startBack(stored, key, seen.group, dependencies);
  return step;
}
