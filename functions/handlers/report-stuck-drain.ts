import type * as v from 'valibot';
import { notifyThrough } from '../adapters/topic.ts';
import { DrainInput } from '../domain/drain-input.ts';
import { stuckDrainNotice } from '../domain/drain-notice.ts';
import { ReasonDocument } from '../domain/report.ts';
import type { Notice } from '../domain/rollout.ts';
import { strictObject } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({ ...DrainInput.entries, finding: ReasonDocument });

type Dependencies = { readonly notify: (notice: Notice) => Promise<void> };

/** Step "Report stuck drain": tells people which pods a node waits for. Twice is told twice; the machine asks once. */
export const reportStuckDrain =
  ({ notify }: Dependencies) =>
  async (input: v.InferOutput<typeof Input>) => {
    await notify(stuckDrainNotice(input, input.finding));

    const { run, cluster, nodeGroup, instanceId, finding } = input;
    logger.warn('Reported stuck drain', { run, cluster, nodeGroup, answer: 'reported', instanceId, finding });
    return { reported: true };
  };

export const handler = task(Input, reportStuckDrain({ notify: notifyThrough(() => environment('TOPIC_ARN')) }));
