import type * as v from 'valibot';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { provedGroups, rolloutOf } from '../domain/empty-groups.ts';
import { nonEmpty, strictObject } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({ run: nonEmpty });

type Dependencies = { readonly files: Pick<RunFiles, 'findPlan' | 'findOutcome'> };

/**
 * Step "Plan empty groups": which of the groups without instances follow, now that the others have ended. Only reads, so
 * it may run any number of times.
 */
export const planEmptyGroups =
  ({ files }: Dependencies) =>
  async ({ run }: v.InferOutput<typeof Input>) => {
    const plan = await files.findPlan(run);
    const planned = (plan?.nodeGroups ?? []).filter(({ outcome }) => outcome === 'planned');
    const found = await Promise.all(
      planned.map(({ cluster, name }) => files.findOutcome(run, { cluster, nodeGroup: name })),
    );
    const outcomes = found.filter((each) => each !== undefined);
    const rollouts = plan ? provedGroups(plan, outcomes).map((group) => rolloutOf(plan, group)) : [];

    const groups = rollouts.map(({ cluster, nodeGroup }) => `${cluster}/${nodeGroup}`);
    logger.info('Planned empty groups', { run, answer: rollouts.length, groups });
    return { rollouts };
  };

export const handler = task(Input, planEmptyGroups({ files: runFilesIn(() => environment('RUN_BUCKET')) }));
