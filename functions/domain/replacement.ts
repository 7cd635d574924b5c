import { ReplacementByOthers } from './errors.ts';
import type { LaunchVersion, TemplateVersion } from './node-group.ts';

/** One replacement of a group's nodes as AWS tells it: an instance refresh, or an update of a managed node group. */
export type Replacement = {
  readonly id: string;
  readonly status:
    | 'active'
    | 'cancelling'
    | 'reversing'
    | 'succeeded'
    | 'failed'
    | 'cancelled'
    | 'reversed'
    | 'reverse-failed';
  /** AWS's own words on why it stands where it stands; for people only. */
  readonly detail: string;
  /** AWS's codes for what went wrong; missing where it gives none. */
  readonly errorCodes?: readonly string[];
  /** What it brings the nodes to, when it says so. */
  readonly launchTemplate: TemplateVersion | undefined;
};

/** True until the replacement has come to an end of any kind. */
export const isActive = ({ status }: Pick<Replacement, 'status'>): boolean =>
  status === 'active' || status === 'cancelling' || status === 'reversing';

export type ReplacementStart =
  | { readonly answer: 'start'; readonly after: string | undefined }
  | { readonly answer: 'adopt'; readonly id: string }
  | { readonly answer: 'others'; readonly id: string };

/**
 * Whether a replacement must be started, or was already started by an earlier try of the same step.
 *
 * One that goes to our version and is newer than `intent.after` is ours, also when it has ended since. One that runs and
 * goes elsewhere is somebody else's.
 *
 * @param newestFirst the group's replacements.
 * @param intent what the state file says was about to be started; undefined before the first try.
 */
export function chooseStart(
  newestFirst: readonly Replacement[],
  target: LaunchVersion,
  intent: { readonly after?: string | undefined } | undefined,
): ReplacementStart {
  const known = newestFirst.findIndex(({ id }) => id === intent?.after);
  const unknown = known === -1 ? newestFirst : newestFirst.slice(0, known);
  const ours = intent && unknown.find((each) => goesTo(each, target));
  if (ours) return { answer: 'adopt', id: ours.id };

  const active = newestFirst.find(isActive);
  if (active === undefined) return { answer: 'start', after: newestFirst[0]?.id };
  return { answer: 'others', id: active.id };
}

/**
 * What a start came to: the id of the replacement, or the finding that somebody else's runs. Whatever else went wrong is
 * thrown on.
 */
export const unlessByOthers = (start: Promise<string>): Promise<string | ReplacementByOthers> =>
  start.catch((error: unknown) => {
    if (error instanceof ReplacementByOthers) return error;
    throw error;
  });

const goesTo = ({ launchTemplate }: Replacement, target: LaunchVersion): boolean =>
  'id' in target && launchTemplate?.id === target.id && launchTemplate.version === target.version;
