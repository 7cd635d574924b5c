import * as z from 'zod';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { type Notification, notifyThrough } from '../adapters/topic.ts';
import { leaseHolder } from '../domain/lease.ts';
import { type GroupReport, notificationOf, type Plan, summarise, verdictOf } from '../domain/report.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = z.strictObject({
  run: z.string().min(1),
  error: z.string().optional(),
  cause: z.string().optional(),
});

type Dependencies = {
  readonly files: Pick<RunFiles, 'findPlan' | 'findOutcome' | 'findState' | 'findSummary' | 'writeSummary'>;
  readonly notify: (notification: Notification) => Promise<void>;
  readonly now: () => Date;
};

/**
 * Step "Report run": the end of every node group and of the run, as a file and as a notification.
 *
 * `pending` while a rollout that died is still being settled: nobody knows its end yet. Safe twice: people are told
 * before the summary is written, so a summary that is there has been told.
 */
export const reportRun = ({ files, notify, now }: Dependencies) => {
  const readOutcomes = async (plan: Plan | undefined) => {
    const planned = (plan?.nodeGroups ?? []).filter(({ outcome }) => outcome === 'planned' && !plan?.dryRun);
    const found = await Promise.all(
      planned.map(async ({ cluster, name }) => files.findOutcome(plan?.run ?? '', { cluster, nodeGroup: name })),
    );
    return {
      outcomes: found.filter((each) => each !== undefined),
      missing: planned.filter((_, index) => !found[index]),
    };
  };

  const isBeingSettled = async (run: string, missing: readonly GroupReport[]) => {
    const states = await Promise.all(missing.map(({ cluster, name }) => files.findState({ cluster, nodeGroup: name })));
    return states.some((stored) => leaseHolder(stored?.state, now()) === run);
  };

  return async ({ run, error, cause = '' }: z.infer<typeof Input>) => {
    const earlier = await files.findSummary(run);
    if (earlier) {
      logger.info('Run was reported before', { run, answer: earlier.status });
      return verdictOf(earlier);
    }
    const plan = await files.findPlan(run);
    const { outcomes, missing } = await readOutcomes(plan);
    if (await isBeingSettled(run, missing)) {
      logger.info('Run is not over', { run, answer: 'pending', missing: missing.map(({ name }) => name) });
      return { result: 'pending' as const };
    }
    const failure = error === undefined ? undefined : { error, cause };
    const summary = summarise(run, plan, outcomes, { failure, now: now() });
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
    notify: notifyThrough(() => environment('TOPIC_ARN')),
    now: () => new Date(),
  }),
);
