import { NodeGroupChanged, UnitBusy, UnitFailed } from './errors.ts';
import { renewLease } from './lease.ts';
import { displayName, type Follower, type NodeGroupKey } from './node-group.ts';
import type { NodeGroupDriver } from './node-group-driver.ts';
import { requireTemplate, type StateFile } from './state-file.ts';
import { type Sibling, waitsForPins } from './unit.ts';

type Stored = { readonly state: StateFile; readonly save: (state: StateFile) => Promise<Stored> };

export type PinDependencies = {
  readonly driver: Pick<NodeGroupDriver, 'describe' | 'setVersion'>;
  readonly readSiblings: (state: StateFile) => Promise<Sibling[]>;
  readonly listFollowers: () => Promise<Follower[]>;
  readonly now: Date;
};

async function pin(stored: Stored, key: NodeGroupKey, { driver }: PinDependencies): Promise<Stored> {
  const { unit, autoScalingGroupName } = stored.state;
  const before = requireTemplate(stored.state);
  if (unit === undefined || unit.pin === 'set' || before.follows === 'number') return stored;
  const group = await driver.describe(key);
  const { source } = group;
  const { id, version } = before.launchTemplate;
  if (source.type !== 'launch-template' || source.template.id !== id || source.template.version !== version) {
    throw new NodeGroupChanged(
      `${displayName(group)} would not launch version ${version} of ${id} any more. Start the run again.`,
    );
  }
  const intended = await stored.save({ ...stored.state, unit: { ...unit, pin: 'intended' } });
  await driver.setVersion(autoScalingGroupName, { id, version: String(version) });
  return intended.save({ ...intended.state, unit: { ...unit, pin: 'set' } });
}

/** Somebody may have begun to follow the template since the plan, and would be moved by what comes next. */
function refuseNewcomers(state: StateFile, key: NodeGroupKey, followers: readonly Follower[]): void {
  const names = [{ cluster: key.cluster, name: key.nodeGroup }, ...(state.unit?.others ?? [])];
  const { id } = requireTemplate(state).launchTemplate;
  const isOfUnit = ({ cluster = '', name }: Follower) =>
    names.some((each) => each.name === name && each.cluster === cluster);
  const newcomer = followers.find((each) => each.templateId === id && !isOfUnit(each));
  if (newcomer === undefined) return;
  throw new UnitFailed(
    `${displayName(newcomer)} follows ${newcomer.follows} of ${newcomer.templateId} since the run was planned and would ` +
      'move with it. Start the run again.',
  );
}

/**
 * Gives a group that follows `$Latest` or `$Default` the number that this stands for, and goes on only when all groups
 * that move with it have theirs: a new version of the template moves none of them from then on.
 *
 * Safe twice: a group that has its number is left at it.
 *
 * @throws {UnitBusy} Another group of the unit has none yet.
 * @throws {UnitFailed} One of them will not come, or a group that is not of this run has begun to follow the template.
 */
export async function pinUnit(stored: Stored, key: NodeGroupKey, dependencies: PinDependencies): Promise<Stored> {
  if (stored.state.unit === undefined) return stored;
  const pinned = await pin(stored, key, dependencies);
  const late = waitsForPins(pinned.state, key.run, await dependencies.readSiblings(pinned.state));
  if (late !== undefined) {
    await pinned.save(renewLease(pinned.state, dependencies.now));
    throw new UnitBusy(`${key.cluster}/${key.nodeGroup} moves together with ${late}, which has not begun yet.`);
  }
  refuseNewcomers(pinned.state, key, await dependencies.listFollowers());
  return pinned;
}
