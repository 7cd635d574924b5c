import { UnitBusy } from './errors.ts';
import { renewLease } from './lease.ts';
import type { NodeGroupKey, TemplateVersion } from './node-group.ts';
import type { NodeGroupDriver } from './node-group-driver.ts';
import { requireTemplate, type StateFile } from './state-file.ts';
import { type Sibling, stillChanging } from './unit.ts';
import { decideUnpin, isPinnedByUs, provedVersion, type TemplateView, type UnpinStep } from './unpin.ts';

type Stored = { readonly state: StateFile; readonly save: (state: StateFile) => Promise<Stored> };

/** What is done to launch templates so that an alias stands for a version. */
export type TemplateAliases = {
  /** The template as it stands above a version. */
  readonly view: (since: TemplateVersion) => Promise<TemplateView>;
  /** Makes a copy of a version that is newer than every other; one, also when asked twice above the same newest. */
  readonly copyOnTop: (source: TemplateVersion, amiId: string, newest: number) => Promise<unknown>;
  readonly setDefault: (version: TemplateVersion) => Promise<void>;
};

export type UnpinDependencies = {
  readonly driver: Pick<NodeGroupDriver, 'describe' | 'setVersion'>;
  readonly readSiblings: (state: StateFile) => Promise<Sibling[]>;
  readonly aliases: TemplateAliases;
  readonly now: Date;
};

const newestOf = ({ newer }: TemplateView, pinned: number): number =>
  Math.max(pinned, ...newer.map(({ version }) => version));

/** Makes the alias stand for what the group has proved, if it does not. */
async function moveAlias(state: StateFile, view: TemplateView, { step }: UnpinStep, aliases: TemplateAliases) {
  const { amiId, ...proved } = provedVersion(state);
  const pinned = requireTemplate(state).launchTemplate.version;
  if (step === 'copy') await aliases.copyOnTop(proved, amiId, newestOf(view, pinned));
  if (step === 'set-default') await aliases.setDefault(proved);
}

/**
 * Makes the alias stand for what the group has proved and has the group follow it, where that is ours to do. Asked only
 * while `isPinnedByUs` holds, of a group of whose unit no rollout makes versions any more. Safe twice.
 */
export async function followAgain(
  state: StateFile,
  { driver, aliases }: Pick<UnpinDependencies, 'driver' | 'aliases'>,
): Promise<UnpinStep> {
  const { launchTemplate, follows } = requireTemplate(state);
  const view = await aliases.view(launchTemplate);
  const step = decideUnpin(state, view);
  if (step.step === 'stay' || step.step === 'leave') return step;
  await moveAlias(state, view, step, aliases);
  await driver.setVersion(state.autoScalingGroupName, { id: launchTemplate.id, version: follows });
  return step;
}

async function unpin(stored: Stored, key: NodeGroupKey, dependencies: UnpinDependencies): Promise<Stored> {
  const { state } = stored;
  if (state.unit?.pin === undefined) return stored;
  const { others } = state.unit;
  const isOurs = isPinnedByUs(await dependencies.driver.describe(key), state);
  const step = isOurs ? await followAgain(state, dependencies) : ({ step: 'leave' } as const);
  const stays = 'reason' in step && { stays: { ...step.reason } };
  return stored.save({ ...state, unit: { others, done: true, ...stays } });
}

/**
 * Lets a group that was given a number follow `$Latest` or `$Default` again, once no group of its unit makes versions any
 * more. The alias stands for what the group's nodes have proved then: on `$Latest` by a copy of that on top when something
 * else is there, on `$Default` by making it the default. Nothing is replaced by that.
 *
 * Safe twice: a group that follows its alias is left alone, and there is one copy.
 *
 * @throws {UnitBusy} Another group of the unit is not done.
 */
export async function unpinUnit(stored: Stored, key: NodeGroupKey, dependencies: UnpinDependencies): Promise<Stored> {
  const { unit } = stored.state;
  if (unit === undefined) return stored;
  const done = unit.done ? stored : await stored.save({ ...stored.state, unit: { ...unit, done: true } });
  const busy = stillChanging(key.run, await dependencies.readSiblings(done.state));
  if (busy === undefined) return unpin(done, key, dependencies);
  await done.save(renewLease(done.state, dependencies.now));
  throw new UnitBusy(`${key.cluster}/${key.nodeGroup} moves together with ${busy}, which is not done yet.`);
}
