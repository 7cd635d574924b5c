import type { DrainReport } from './drain-report.ts';
import { NodeGroupChanged, type Reason, reason } from './errors.ts';
import { ownTemplates } from './mixed-instances.ts';
import type { NodeGroup } from './node-group.ts';
import type { GroupReport } from './report.ts';
import { type StateFile, targetVersion } from './state-file.ts';

/** How a rollout says that it ended. */
export type AskedOutcome = 'patched' | 'partly-patched' | 'rolled-back' | 'failed';

type Ending = { readonly outcome: AskedOutcome; readonly reason?: Reason | undefined };

const partly = (why: Reason): Ending => ({ outcome: 'partly-patched', reason: why });

/** Why the group went back comes first; that it also stays at a number must be told, too. */
const alsoPinned = (why: Reason | undefined, stays: Reason | undefined): Reason | undefined =>
  why && stays ? { error: why.error, cause: `${why.cause} ${stays.cause}` } : (why ?? stays);

/**
 * How the rollout really ended: what is known of the group counts more than what is asked for.
 *
 * A group whose version was promoted is patched, even when the execution died right afterwards; but only partly while
 * instances that a replacement leaves alone stay behind, or while the group stays at a number instead of its alias.
 */
export function judgeEnding(state: StateFile, asked: Ending): Ending {
  const stays = state.unit?.stays;
  if (state.phase !== 'promoted') {
    const { outcome, reason: why } = asked;
    return { outcome: outcome === 'patched' ? 'failed' : outcome, reason: alsoPinned(why, stays) };
  }
  const leftAlone = state.verified?.leftAlone ?? [];
  if (leftAlone.length === 0) return stays === undefined ? { outcome: 'patched' } : partly(stays);
  return {
    outcome: 'partly-patched',
    reason: reason(
      'NodesLeftBehind',
      `${leftAlone.join(', ')} of ${state.cluster}/${state.nodeGroup} stayed on ${state.before.amiId ?? 'their AMI'}, being protected ` +
        'from scale-in or in standby. Remove the protection and replace them.',
    ),
  };
}

function versionsOf(state: StateFile): Pick<GroupReport, 'launchTemplate' | 'release'> {
  const { before } = state;
  if ('release' in before) return { release: { fromVersion: before.release, toVersion: state.image.version } };
  const { launchTemplate, follows } = before;
  return {
    launchTemplate: {
      id: launchTemplate.id,
      fromVersion: launchTemplate.version,
      ...(state.launchTemplate && { toVersion: state.launchTemplate.toVersion }),
      ...(follows !== 'number' && { follows }),
    },
  };
}

/** The report of a rollout that has ended. */
export function reportEnding(
  state: StateFile,
  ending: Ending,
  {
    nodes,
    drains,
    now,
  }: { readonly nodes: GroupReport['nodes']; readonly drains?: DrainReport | undefined; readonly now: Date },
): GroupReport {
  const { before, image, verified } = state;
  return {
    cluster: state.cluster,
    name: state.nodeGroup,
    kind: state.kind,
    outcome: ending.outcome,
    ...(ending.reason && { reason: { ...ending.reason } }),
    nodes,
    ...(before.amiId !== undefined && { fromAmi: before.amiId }),
    toAmi: image.amiId,
    ...(before.patchLevel !== undefined && { fromPatchLevel: before.patchLevel }),
    ...(verified?.patchLevel !== undefined && { toPatchLevel: verified.patchLevel }),
    ...versionsOf(state),
    ...(state.unit && { unit: state.unit.others }),
    ...(drains && { drains }),
    ...(state.standstill?.told !== undefined && { heldUp: state.standstill.told }),
    startedAt: state.startedAt,
    endedAt: now.toISOString(),
  };
}

function requireRelease(source: NodeGroup['source'], release: string, { cluster, nodeGroup }: StateFile): void {
  if (source.type === 'amazon' && source.releaseVersion === release) return;
  const found = source.type === 'amazon' ? `release ${source.releaseVersion}` : source.type;
  throw new NodeGroupChanged(
    `${cluster}/${nodeGroup} was rolled to release ${release}, but EKS says that it has ${found}.`,
  );
}

/** @throws {NodeGroupChanged} The group launches something else than the version that it was rolled to. */
export function requirePromoted({ source }: NodeGroup, state: StateFile): void {
  const target = targetVersion(state);
  if ('release' in target) {
    requireRelease(source, target.release, state);
    return;
  }
  const own = source.type === 'launch-template' ? source.template : undefined;
  const wanted = state.launchTemplate?.overrides ?? [];
  const others = source.type === 'launch-template' ? ownTemplates(source.overrides) : [];
  const hasOthers = wanted.every(({ id, version }) =>
    others.some(({ template }) => template.id === id && template.version === version),
  );
  if (own?.id === target.id && own.version === target.version && hasOthers) return;
  const all = [target, ...wanted].map(({ id, version }) => `version ${version} of ${id}`).join(', ');
  throw new NodeGroupChanged(
    `${state.cluster}/${state.nodeGroup} was rolled to ${all}, but would launch ` +
      `${own ? `version ${own.version} of ${own.id}` : source.type}${hasOthers ? '' : ' and another one by an override'}. Set the group's version to ${target.version}.`,
  );
}
