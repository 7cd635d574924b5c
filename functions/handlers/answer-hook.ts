import * as v from 'valibot';
import { answerHook as completeHook } from '../adapters/lifecycle-hooks.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { AdmissionInput } from '../domain/admission.ts';
import { ReasonDocument } from '../domain/report.ts';
import { strictObject } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({
  ...AdmissionInput.entries,
  result: v.picklist(['CONTINUE', 'ABANDON']),
  finding: ReasonDocument,
});

type Dependencies = {
  readonly files: Pick<RunFiles, 'writeAdmission'>;
  readonly complete: typeof completeHook;
  readonly now: () => Date;
};

/**
 * Steps "Admit node" and "Turn node away": answers the hook of one new instance.
 *
 * Safe twice: the answer is written down first, the first one written stays, and it is what is given; a hook that was
 * answered before is `already`.
 */
export const answerHook =
  ({ files, complete, now }: Dependencies) =>
  async (input: v.InferOutput<typeof Input>) => {
    const { run, cluster, nodeGroup, kind, instanceId, result, finding } = input;
    const key = { run, cluster, nodeGroup, kind };
    const admission = { instanceId, result, finding, answeredAt: now().toISOString() };
    const written = await files.writeAdmission(key, admission);
    const answered = (await complete(input, written.result)) === 'done' ? ('answered' as const) : ('already' as const);

    logger.info('Answered hook', { ...key, answer: answered, instanceId, result: written.result });
    return { answered };
  };

export const handler = task(
  Input,
  answerHook({
    files: runFilesIn(() => environment('RUN_BUCKET')),
    complete: completeHook,
    now: () => new Date(),
  }),
);
