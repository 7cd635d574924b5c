import * as v from 'valibot';
import { findEnded } from '../adapters/executions.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { type Notification, notifyThrough } from '../adapters/topic.ts';
import { mayRoll } from '../domain/empty-groups.ts';
import { rolloutName } from '../domain/execution-name.ts';
import { leaseHolder } from '../domain/lease.ts';
import {
  type GroupReport,
  isLastWord,
  notificationOf,
  type Plan,
  summarise,
  verdictOf,
  withoutOutcome,
} from '../domain/report.ts';
import { type EndedExecution, reasonOfEnd } from '../domain/settlement.ts';
import { countFromZero, nonEmpty, strictObject } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({
  run: nonEmpty,
  error: v.optional(v.string()),
  cause: v.optional(v.string()),
  /** Given by the machine: the parameter that names the run's AMI now. */
  publishedAs: v.optional(v.string()),
  /** Given by the machine: a rollout had not ended when it was decided whether to publish the AMI. */
  undecided: v.optional(v.boolean()),
  /** Given by `settle`: how often the run that died had been redriven. */
  settledRedrive: v.optional(countFromZero),
});

type Dependencies = {
  readonly files: Pick<RunFiles, 'findPlan' | 'findOutcome' | 'findState' | 'findSummary' | 'writeSummary'>;
  /** The rollout of that name, when it ended badly. */
  readonly findEndedRollout: (executionName: string) => Promise<EndedExecution | undefined>;
  readonly notify: (notification: Notification) => Promise<void>;
  readonly now: () => Date;
};

/** Whether a rollout has no end yet, or got it only after the AMI could have been published. */
const isOpen = async (
  run: string,
  missing: readonly GroupReport[],
  { undecided, files, now }: Pick<Dependencies, 'files' | 'now'> & { readonly undecided: boolean },
): Promise<boolean> => {
  if (missing.length === 0) return undecided;
  const states = await Promise.all(missing.map(({ cluster, name }) => files.findState({ cluster, nodeGroup: name })));
  return states.some((stored) => leaseHolder(stored?.state, now()) === run);
};

/**
 * Step "Report run": the end of every node group and of the run, as a file and as a notification.
 *
 * `pending` while a rollout that died is still being settled, since nobody knows its end yet; and when it was settled
 * only after the AMI could have been published. Safe twice: people are told
 * before the summary is written, so a summary that is there has been told. One that `settle` wrote is no last word on a
 * run that was redriven since.
 */
export const reportRun = ({ files, findEndedRollout, notify, now }: Dependencies) => {
  const readOutcomes = async (plan: Plan | undefined) => {
    const planned = (plan?.nodeGroups ?? []).filter((group) => mayRoll(group) && !plan?.dryRun);
    const found = await Promise.all(
      planned.map(async ({ cluster, name }) => files.findOutcome(plan?.run ?? '', { cluster, nodeGroup: name })),
    );
    return {
      outcomes: found.filter((each) => each !== undefined),
      missing: planned.filter((_, index) => !found[index]),
    };
  };

  /** A rollout that could not even write its outcome still says by its execution why it ended. */
  const explainMissing = async (run: string, missing: readonly GroupReport[]) => {
    const explained = missing.map(async (planned) => {
      const ended = await findEndedRollout(rolloutName(run, planned.cluster, planned.name));
      return ended && withoutOutcome(planned, reasonOfEnd(ended));
    });
    return (await Promise.all(explained)).filter((each) => each !== undefined);
  };

  return async ({
    run,
    error,
    cause = '',
    publishedAs,
    undecided = false,
    settledRedrive,
  }: v.InferOutput<typeof Input>) => {
    const earlier = await files.findSummary(run);
    if (earlier && isLastWord(earlier, settledRedrive)) {
      logger.info('Run was reported before', { run, answer: earlier.status });
      return verdictOf(earlier);
    }
    const plan = await files.findPlan(run);
    const { outcomes, missing } = await readOutcomes(plan);
    if (await isOpen(run, missing, { undecided, files, now })) {
      logger.info('Run is not over', { run, answer: 'pending', missing: missing.map(({ name }) => name) });
      return { result: 'pending' as const };
    }
    const failure = error === undefined ? undefined : { error, cause };
    const ends = [...outcomes, ...(await explainMissing(run, missing))];
    const judged = summarise(run, plan, ends, { failure, publishedAs, now: now() });
    const summary = settledRedrive === undefined ? judged : { ...judged, settledRedrive };
    await notify(notificationOf(summary));
    await files.writeSummary(summary);

    logger.info('Reported run', { run, answer: summary.status, error: summary.error, cause: summary.cause });
    return verdictOf(summary);
  };
};

export const handler = task(
  Input,
  reportRun({
    files: runFilesIn(() => environment('RUN_BUCKET')),
    findEndedRollout: (executionName) => findEnded(environment('ROLL_NODE_GROUP_ARN'), executionName),
    notify: notifyThrough(() => environment('TOPIC_ARN')),
    now: () => new Date(),
  }),
);
