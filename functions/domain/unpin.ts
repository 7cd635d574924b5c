import { type Reason, reason } from './errors.ts';
import { type NodeGroup, type TemplateVersion, templateVersion } from './node-group.ts';
import { knownVersions, requireTemplate, type StateFile, targetVersion, templateBefore } from './state-file.ts';

/** A version of a launch template that is newer than the one that the group was pinned to. */
export type NewerVersion = {
  readonly version: number;
  /** Whether its description says that reglaze made it. */
  readonly isOurs: boolean;
  /** The version that it repeats, if it is such a copy of ours. */
  readonly copyOf: number | undefined;
};

/** The launch template as it stands now. */
export type TemplateView = { readonly defaultVersion: number; readonly newer: readonly NewerVersion[] };

/**
 * How a pinned group gets its alias back: `follow` when that stands for the proved version, `copy` to put the proved
 * version on top first, `set-default` to make it the default first. `leave` when there is nothing of ours to undo, `stay`
 * when somebody has moved the alias to a version that nobody has proved.
 */
export type UnpinStep =
  | { readonly step: 'follow' | 'copy' | 'set-default' | 'leave' }
  | { readonly step: 'stay'; readonly reason: Reason };

/** The version that the group has proved: the new one once it was promoted, else the one that it was pinned to. */
export function provedVersion(state: StateFile): TemplateVersion & { readonly amiId: string } {
  if (state.phase === 'promoted') return { ...templateVersion(targetVersion(state)), amiId: state.image.amiId };
  const { launchTemplate, amiId } = requireTemplate(state);
  return { ...launchTemplate, amiId };
}

function stays(state: StateFile, { id, version }: TemplateVersion, what: string): UnpinStep {
  const { follows } = requireTemplate(state);
  return {
    step: 'stay',
    reason: reason(
      'VersionPinned',
      `${state.cluster}/${state.nodeGroup} stays at version ${version} of ${id} and does not follow ${follows} any more: ` +
        `${what}, which no node has proved. When it is what you want, set the group's version back to ${follows}.`,
    ),
  };
}

function unpinLatest(state: StateFile, proved: TemplateVersion, { newer }: TemplateView): UnpinStep {
  // What we have not touched goes back as it is: it is where the group would be without us.
  if (!newer.some(({ isOurs }) => isOurs)) return { step: 'follow' };
  const foreign = newer.find(({ isOurs }) => !isOurs);
  if (foreign) return stays(state, proved, `somebody made version ${foreign.version} during the run`);
  const top = newer.toSorted((a, b) => b.version - a.version)[0];
  const latest = top?.version ?? requireTemplate(state).launchTemplate.version;
  return { step: latest === proved.version || top?.copyOf === proved.version ? 'follow' : 'copy' };
}

function unpinDefault(state: StateFile, proved: TemplateVersion, { defaultVersion }: TemplateView): UnpinStep {
  if (defaultVersion === proved.version) return { step: 'follow' };
  if (defaultVersion === requireTemplate(state).launchTemplate.version) return { step: 'set-default' };
  return stays(state, proved, `somebody made version ${defaultVersion} the default during the run`);
}

/** Whether the group is still at a number that we have given it. */
export function isPinnedByUs({ source }: NodeGroup, state: StateFile): boolean {
  if (source.type !== 'launch-template' || source.follows !== undefined) return false;
  const { id, version } = source.template;
  return knownVersions(state).some((each) => each.id === id && each.version === version);
}

/** Decides how a group follows its launch template again. Only asked while {@link isPinnedByUs} holds. */
export function decideUnpin(state: StateFile, template: TemplateView): UnpinStep {
  const proved = provedVersion(state);
  switch (requireTemplate(state).follows) {
    case '$Latest':
      return unpinLatest(state, proved, template);
    case '$Default':
      return unpinDefault(state, proved, template);
    case 'number':
      return { step: 'leave' };
  }
}

/**
 * The group as its owner made it: one that a dead run has left at a number still follows what it followed.
 *
 * @param state what the dead run wrote.
 */
export function withPin(group: NodeGroup, state: StateFile | undefined): NodeGroup {
  const { source } = group;
  const follows = state && templateBefore(state)?.follows;
  if (state?.unit?.pin === undefined || follows === undefined || follows === 'number') return group;
  if (source.type !== 'launch-template' || !isPinnedByUs(group, state)) return group;
  return { ...group, source: { ...source, follows } };
}
