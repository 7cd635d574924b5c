import { type Reason, reason, UnitFailed } from './errors.ts';
import type { GroupName } from './node-group.ts';
import { requireTemplate, type StateFile, type TemplateBefore } from './state-file.ts';

/** Another group of the unit, as its state file tells it. */
export type Sibling = {
  readonly name: GroupName;
  readonly state: StateFile | undefined;
  /** Why its rollout in this run ended without ever getting the lease, if it did. */
  readonly ended?: Reason | undefined;
};

/**
 * How a group of a unit stands in a run. `proved` and `gone-back` are final: a group that has said one of them never says
 * the other, whatever dies. That is what lets each rollout judge the unit by itself.
 */
export type Standing = 'absent' | 'open' | 'proved' | 'gone-back';

const isGood = (outcome: string): boolean => outcome === 'patched' || outcome === 'partly-patched';

export function standingOf(state: StateFile | undefined, run: string): Standing {
  if (state?.lease?.run !== run) {
    if (state?.outcome?.run !== run || state.lease !== undefined) return 'absent';
    return isGood(state.outcome.outcome) ? 'proved' : 'gone-back';
  }
  if (state.phase === 'proved' || state.phase === 'promoted') return 'proved';
  return state.phase === 'rolling-back' || state.unit?.done ? 'gone-back' : 'open';
}

const display = ({ cluster, name }: GroupName): string => `${cluster}/${name}`;

const failed = ({ name, state, ended }: Sibling, own: StateFile): Reason => {
  const why = state?.rollBack?.reason ?? state?.outcome?.reason ?? ended;
  return reason(
    'UnitFailed',
    `${own.cluster}/${own.nodeGroup} moves together with ${display(name)}, which did not get ${own.image.amiId}` +
      `${why === undefined ? '.' : `. ${why.error}: ${why.cause}`}`,
  );
};

export type UnitVerdict =
  | { readonly unit: 'proved' }
  | { readonly unit: 'open'; readonly waitsFor: string }
  | { readonly unit: 'failed'; readonly reason: Reason };

/**
 * Whether the groups of a unit have all proved the AMI, one of them cannot any more, or it is open. Asked of groups that
 * have all begun, so that one without a trace of the run was taken over by another.
 */
export function judgeUnit(own: StateFile, run: string, siblings: readonly Sibling[]): UnitVerdict {
  const standing = (sibling: Sibling) => standingOf(sibling.state, run);
  const bad = siblings.find((each) => ['gone-back', 'absent'].includes(standing(each)));
  if (bad !== undefined) return { unit: 'failed', reason: failed(bad, own) };
  const open = siblings.find((each) => standing(each) === 'open');
  return open === undefined ? { unit: 'proved' } : { unit: 'open', waitsFor: display(open.name) };
}

const isPinned = (state: StateFile): boolean =>
  requireTemplate(state).follows === 'number' || state.unit?.pin === 'set';

/** Whether two groups followed the same alias and were pinned to different numbers. */
const differs = (a: TemplateBefore, b: TemplateBefore): boolean =>
  a.follows !== 'number' &&
  a.follows === b.follows &&
  a.launchTemplate.id === b.launchTemplate.id &&
  a.launchTemplate.version !== b.launchTemplate.version;

/**
 * The groups of the unit that are not pinned yet, in words; undefined when the first new version may be made.
 *
 * @throws {UnitFailed} One of them will not come, or was pinned to another number.
 */
export function waitsForPins(own: StateFile, run: string, siblings: readonly Sibling[]): string | undefined {
  const gone = siblings.find(({ state, ended }) => {
    const standing = standingOf(state, run);
    return standing === 'gone-back' || (standing === 'absent' && ended !== undefined);
  });
  if (gone !== undefined) throw new UnitFailed(failed(gone, own).cause);
  const before = requireTemplate(own);
  const odd = siblings.find(
    ({ state }) =>
      state && standingOf(state, run) === 'open' && isPinned(state) && differs(before, requireTemplate(state)),
  );
  if (odd?.state !== undefined) {
    throw new UnitFailed(
      `${before.follows} of ${before.launchTemplate.id} was moved while the run began: ` +
        `${own.cluster}/${own.nodeGroup} is at ${before.launchTemplate.version}, ${display(odd.name)} at ` +
        `${requireTemplate(odd.state).launchTemplate.version}. Start the run again.`,
    );
  }
  const late = siblings.find(({ state }) => {
    const standing = standingOf(state, run);
    return standing === 'absent' || (standing === 'open' && state !== undefined && !isPinned(state));
  });
  return late && display(late.name);
}

/**
 * A group of the unit that may still make a version of the template, in words. Until there is none, a group that followed
 * `$Latest` stays at its number.
 */
export function stillChanging(run: string, siblings: readonly Sibling[]): string | undefined {
  const busy = siblings.find(({ state }) => {
    const standing = standingOf(state, run);
    return standing === 'open' || (standing === 'gone-back' && state?.lease !== undefined && !state.unit?.done);
  });
  return busy && display(busy.name);
}
