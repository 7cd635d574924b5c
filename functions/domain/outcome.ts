import { NodeGroupChanged, type Reason, reason } from './errors.ts';
import type { NodeGroup } from './node-group.ts';
import type { GroupReport } from './report.ts';
import { type StateFile, targetVersion } from './state-file.ts';

/** How a rollout says that it ended. */
export type AskedOutcome = 'patched' | 'partly-patched' | 'rolled-back' | 'failed';

type Ending = { readonly outcome: AskedOutcome; readonly reason?: Reason | undefined };

/**
 * How the rollout really ended: what is known of the group counts more than what is asked for.
 *
 * A group whose version was promoted is patched, even when the execution died right afterwards; but only partly while
 * instances that a replacement leaves alone stay behind.
 */
export function judgeEnding(state: StateFile, asked: Ending): Ending {
  if (state.phase !== 'promoted') return asked.outcome === 'patched' ? { ...asked, outcome: 'failed' } : asked;
  const leftAlone = state.verified?.leftAlone ?? [];
  if (leftAlone.length === 0) return { outcome: 'patched' };
  return {
    outcome: 'partly-patched',
    reason: reason(
      'NodesLeftBehind',
      `${leftAlone.join(', ')} of ${state.cluster}/${state.nodeGroup} stayed on ${state.before.amiId}, being protected ` +
        'from scale-in or in standby. Remove the protection and replace them.',
    ),
  };
}

/** The report of a rollout that has ended. */
export function reportEnding(
  state: StateFile,
  ending: Ending,
  { nodes, now }: { readonly nodes: GroupReport['nodes']; readonly now: Date },
): GroupReport {
  const { before, image, verified } = state;
  return {
    cluster: state.cluster,
    name: state.nodeGroup,
    kind: state.kind,
    outcome: ending.outcome,
    ...(ending.reason && { reason: { ...ending.reason } }),
    nodes,
    fromAmi: before.amiId,
    toAmi: image.amiId,
    ...(before.patchLevel !== undefined && { fromPatchLevel: before.patchLevel }),
    ...(verified && { toPatchLevel: verified.patchLevel }),
    launchTemplate: {
      id: before.launchTemplate.id,
      fromVersion: before.launchTemplate.version,
      ...(state.launchTemplate && { toVersion: state.launchTemplate.toVersion }),
    },
    startedAt: state.startedAt,
    endedAt: now.toISOString(),
  };
}

/** @throws {NodeGroupChanged} The group launches something else than the version that it was rolled to. */
export function requirePromoted({ source }: NodeGroup, state: StateFile): void {
  const target = targetVersion(state);
  const own = source.type === 'launch-template' ? source.template : undefined;
  if (own?.id === target.id && own.version === target.version) return;
  throw new NodeGroupChanged(
    `${state.cluster}/${state.nodeGroup} was rolled to version ${target.version} of ${target.id}, but would launch ` +
      `${own ? `version ${own.version} of ${own.id}` : source.type}. Set the group's version to ${target.version}.`,
  );
}
