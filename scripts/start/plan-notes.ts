import { runFolder } from './run-folder.ts';
import type { Note } from './run-view.ts';
import type { Stage } from './stage.ts';

type Warned = {
  readonly nodeGroups: readonly {
    readonly cluster: string;
    readonly name: string;
    readonly warnings?: readonly { readonly error: string; readonly cause: string }[];
  }[];
};

/** What a plan warns of, a note each. */
const notesOf = ({ nodeGroups }: Warned, at: number): Note[] =>
  nodeGroups.flatMap(({ cluster, name, warnings = [] }) =>
    warnings.map(({ error, cause }) => ({ at, text: `plan of ${cluster}/${name}: ${error}: ${cause}` })),
  );

/** Tells what each plan warns of, as soon as it is written: before anything is changed. */
export function followPlans({ account, stack }: Stage, tell: (note: Note) => void): void {
  const { kernel, stepFunctions, s3 } = account;
  const told = new Set<unknown>();
  kernel.log.follow(({ at, kind, details: { machine, executionArn } }) => {
    if (kind !== 'execution.state' || !String(machine).endsWith('-patch-fleet') || told.has(executionArn)) return;
    const folder = runFolder(stepFunctions.execution(String(executionArn)));
    const plan = s3.object(stack.outputs.RunBucketName ?? '', `${folder}/plan.json`);
    if (plan === undefined) return;
    told.add(executionArn);
    for (const note of notesOf(JSON.parse(plan.body.toString()), at)) tell(note);
  });
}
