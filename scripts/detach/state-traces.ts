import { cancelRefresh, findRefresh } from '../../functions/adapters/instance-refreshes.ts';
import { copyOnTop, readTemplateView, setDefaultVersion } from '../../functions/adapters/launch-templates.ts';
import type { RunFiles } from '../../functions/adapters/run-files.ts';
import { selfManagedGroups } from '../../functions/adapters/self-managed-group.ts';
import { unfinishedPods } from '../../functions/domain/smoke-test.ts';
import { type StateFile, templateBefore } from '../../functions/domain/state-file.ts';
import { isPinnedByUs } from '../../functions/domain/unpin.ts';
import { followAgain } from '../../functions/domain/unpin-step.ts';
import { forwardReplacementId } from '../../functions/domain/withdrawal.ts';
import { type AttachedGroup, placeOf } from './attached-groups.ts';
import type { Trace } from './trace.ts';

const aliases = { view: readTemplateView, copyOnTop, setDefault: setDefaultVersion };

type Files = Pick<RunFiles, 'findState'>;
type Change = (state: StateFile) => StateFile;

/** Writes the state of the group over exactly what was read a moment before; one that does not exist needs nothing. */
async function change(files: Files, { cluster = '', name }: AttachedGroup, how: Change): Promise<void> {
  const stored = await files.findState({ cluster, nodeGroup: name });
  if (stored !== undefined) await stored.save(how(stored.state));
}

/** Without its lease an execution that still runs ends at its next step, and nothing is settled. */
const withoutLease: Change = ({ lease: _lease, ...state }) => state;

/** The lease of a rollout, and an instance refresh of its that brings the new AMI: nobody would look after that. */
export async function rolloutTraces(group: AttachedGroup, files: Files): Promise<Trace[]> {
  const { stored, kind, autoScalingGroupName } = group;
  if (stored === undefined) return [];
  const { lease } = stored.state;
  const place = placeOf(group);
  const leased: Trace = {
    place,
    lines: [`lease of the run ${lease?.run} until ${lease?.until}`],
    remove: async () => {
      await change(files, group, withoutLease);
      return undefined;
    },
  };
  const refreshId = kind === 'self-managed' ? forwardReplacementId(stored.state) : undefined;
  const refresh = refreshId === undefined ? undefined : await findRefresh(autoScalingGroupName, refreshId);
  const refreshing: Trace = {
    place,
    lines: [`instance refresh ${refreshId}: ${refresh?.detail}`],
    remove: async () => {
      await cancelRefresh(autoScalingGroupName, refreshId ?? '');
      return `The instance refresh ${refreshId} of ${place} was cancelled: look whether all of its nodes run one AMI.`;
    },
  };
  return [...(lease ? [leased] : []), ...(refresh?.status === 'active' ? [refreshing] : [])];
}

/** A number that the group was given in place of `$Latest` or `$Default`. */
export async function pinTraces(group: AttachedGroup, files: Files): Promise<Trace[]> {
  const { stored, kind, exists, autoScalingGroupName } = group;
  const state = stored?.state;
  if (state?.unit?.pin === undefined || kind === 'managed' || !exists) return [];
  const { cluster, nodeGroup } = state;
  const described = await selfManagedGroups.describe({ cluster, nodeGroup });
  if (!isPinnedByUs(described, state) || described.source.type !== 'launch-template') return [];
  const { id, version } = described.source.template;
  const remove = async () => {
    const step = await followAgain(state, { driver: selfManagedGroups, aliases });
    const stays = 'reason' in step && { stays: { ...step.reason } };
    await change(files, group, ({ unit, ...rest }) => ({
      ...rest,
      ...(unit && { unit: { others: unit.others, done: true, ...stays } }),
    }));
    return 'reason' in step ? `${autoScalingGroupName}: ${step.reason.cause}` : undefined;
  };
  return [
    {
      place: placeOf(group),
      lines: [`version ${version} of ${id} in place of ${templateBefore(state)?.follows}`],
      remove,
    },
  ];
}

/** What the state file still says to be in the group; once all of it is gone, the file says so. */
export function memoryTraces(group: AttachedGroup, files: Files): Trace[] {
  const state = group.stored?.state;
  if (state === undefined) return [];
  const pods = unfinishedPods(state.smokeTest).length > 0;
  const said = [state.hook && 'a hook', state.taints && 'taints', pods && 'pods'].filter((each) => each !== undefined);
  const lines = said.filter((each) => each !== false).map((what) => `state file: ${what} of ours`);
  const forget: Change = ({ hook: _hook, taints: _taints, drainHook: _drainHook, smokeTest, ...rest }) => ({
    ...rest,
    ...(smokeTest?.result && { smokeTest }),
  });
  const remove = async () => {
    await change(files, group, forget);
    return undefined;
  };
  return lines.length === 0 ? [] : [{ place: placeOf(group), lines, remove }];
}
