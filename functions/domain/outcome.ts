import { drainCeilingSeconds } from './drain-hook.ts';
import type { DrainReport } from './drain-report.ts';
import { NodeGroupChanged, type Reason, reason } from './errors.ts';
import { ownTemplates } from './mixed-instances.ts';
import type { NodeGroup } from './node-group.ts';
import { removalReasons } from './removed-hooks.ts';
import type { GroupReport } from './report.ts';
import { type StateFile, targetVersion } from './state-file.ts';

/** How a rollout says that it ended. */
export type AskedOutcome = 'patched' | 'partly-patched' | 'rolled-back' | 'failed';

type Ending = { readonly outcome: AskedOutcome; readonly reason?: Reason | undefined };

/** Several reasons as one: the name of the first, and what all of them say. */
const together = ([first, ...others]: readonly Reason[]): Reason | undefined =>
  first && { error: first.error, cause: [first, ...others].map(({ cause }) => cause).join(' ') };

/** Pods were killed although the group's policy is to wait for them: the one thing that a rollout promises not to do. */
function whyCutShort({ cluster, nodeGroup, policy }: StateFile, drains: DrainReport | undefined): Reason[] {
  const { atCeiling = [] } = drains ?? {};
  if (atCeiling.length === 0) return [];
  const hours = Math.round(drainCeilingSeconds(policy) / 3600);
  const refused = drains?.refused
    .filter(({ node }) => atCeiling.includes(node))
    .map(({ namespace, name }) => `${namespace}/${name}`);
  return [
    reason(
      'DrainCutShort',
      `${atCeiling.join(', ')} of ${cluster}/${nodeGroup} could not be emptied, and Auto Scaling, which waits for about ` +
        `${hours} hours and no longer, terminated ${atCeiling.length === 1 ? 'it' : 'them'} with the pods that were left` +
        `${refused?.length ? `, among them ${refused.slice(0, 5).join(', ')}` : ''}. Mend what kept them, which is named below, ` +
        'before the next run, or let the group force its drains by reglaze:on-drain-timeout.',
    ),
  ];
}

function whyLeftAlone({ cluster, nodeGroup, before, verified }: StateFile): Reason[] {
  const leftAlone = verified?.leftAlone ?? [];
  if (leftAlone.length === 0) return [];
  return [
    reason(
      'NodesLeftBehind',
      `${leftAlone.join(', ')} of ${cluster}/${nodeGroup} stayed on ${before.amiId ?? 'their AMI'}, being protected ` +
        'from scale-in, in standby, or scaled in to the warm pool meanwhile. Remove the protection and replace them.',
    ),
  ];
}

/**
 * How the rollout really ended: what is known of the group counts more than what is asked for.
 *
 * A group whose version was promoted is patched, even when the execution died right afterwards; but only partly while
 * instances that a replacement leaves alone stay behind, while the group stays at a number instead of its alias, or when
 * nodes were terminated with pods that the group's policy was to wait for.
 */
export function judgeEnding(state: StateFile, asked: Ending, drains?: DrainReport): Ending {
  const stays = state.unit?.stays === undefined ? [] : [state.unit.stays as Reason];
  if (state.phase !== 'promoted') {
    const { outcome, reason: why } = asked;
    return { outcome: outcome === 'patched' ? 'failed' : outcome, reason: together([...(why ? [why] : []), ...stays]) };
  }
  const why = together([...whyCutShort(state, drains), ...whyLeftAlone(state), ...stays]);
  return why === undefined ? { outcome: 'patched' } : { outcome: 'partly-patched', reason: why };
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

/** The pods that held up updates of EKS. Those on the way back come beside others that the reason of the end names already. */
function heldUpBy({ standstill, rollBack }: StateFile, { reason: why }: Ending): string | undefined {
  const forward = standstill?.told;
  const back = rollBack?.standstill?.told;
  if (back === undefined) return forward;
  const isToldAlready = forward === undefined || why?.cause.includes(forward);
  return `${isToldAlready ? '' : `${forward} `}On the way back: ${back}`;
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
  const warnings = removalReasons(state);
  const heldUp = heldUpBy(state, ending);
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
    ...(heldUp !== undefined && { heldUp }),
    ...(warnings.length > 0 && { warnings }),
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
