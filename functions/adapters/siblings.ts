import { rolloutName } from '../domain/execution-name.ts';
import type { GroupName } from '../domain/node-group.ts';
import { type EndedExecution, reasonOfEnd } from '../domain/settlement.ts';
import type { StateFile } from '../domain/state-file.ts';
import { type Sibling, standingOf } from '../domain/unit.ts';
import type { RunFiles } from './run-files.ts';

export type SiblingFiles = Pick<RunFiles, 'findState' | 'findOutcome'>;

type Dependencies = {
  readonly files: SiblingFiles;
  readonly findEndedRollout: (executionName: string) => Promise<EndedExecution | undefined>;
};

/** The state files of the groups that move with one, as they are now. */
export const readStates = (
  state: Pick<StateFile, 'unit'>,
  files: Pick<RunFiles, 'findState'>,
): Promise<Pick<Sibling, 'name' | 'state'>[]> =>
  Promise.all(
    (state.unit?.others ?? []).map(async (name) => ({
      name,
      state: (await files.findState({ cluster: name.cluster, nodeGroup: name.name }))?.state,
    })),
  );

/** A rollout that never got its lease leaves no trace in the state file: it needed none, or it failed before. */
async function whyAbsent(run: string, { cluster, name }: GroupName, { files, findEndedRollout }: Dependencies) {
  const outcome = await files.findOutcome(run, { cluster, nodeGroup: name });
  if (outcome !== undefined) return outcome.reason ?? { error: outcome.outcome, cause: 'It needed no rollout.' };
  const ended = await findEndedRollout(rolloutName(run, cluster, name));
  return ended && reasonOfEnd(ended);
}

/** The groups that move with one, and of those that have not begun, whether they still will. */
export async function readSiblings(state: StateFile, run: string, dependencies: Dependencies): Promise<Sibling[]> {
  const siblings = await readStates(state, dependencies.files);
  return Promise.all(
    siblings.map(async (sibling) =>
      standingOf(sibling.state, run) === 'absent'
        ? { ...sibling, ended: await whyAbsent(run, sibling.name, dependencies) }
        : sibling,
    ),
  );
}
