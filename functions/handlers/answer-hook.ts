import * as v from 'valibot';
import { type Announce, announce } from '../adapters/announcements.ts';
import { answerHook as completeHook } from '../adapters/lifecycle-hooks.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { AdmissionInput } from '../domain/admission.ts';
import { admittedNode, NodeDetails } from '../domain/announcement.ts';
import { ReasonDocument } from '../domain/report.ts';
import { strictObject } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({
  ...AdmissionInput.entries,
  result: v.picklist(['CONTINUE', 'ABANDON']),
  finding: ReasonDocument,
  /** The node that joined; there is none to tell of an instance that is turned away. */
  node: v.optional(NodeDetails),
});

type Dependencies = {
  readonly files: Pick<RunFiles, 'writeAdmission'>;
  readonly complete: typeof completeHook;
  readonly announce: Announce;
  readonly now: () => Date;
};

/**
 * Steps "Admit node" and "Turn node away": answers the hook of one new instance, and tells neighbours of one that enters
 * service. Of one that goes into a warm pool they hear when it leaves the pool.
 *
 * Safe twice: the answer is written down first, the first one written stays, and it is what is given; a hook that was
 * answered before is `already`. Neighbours may be told twice, but not of an instance that was gone at the first answer.
 */
export const answerHook =
  ({ files, complete, announce, now }: Dependencies) =>
  async (input: v.InferOutput<typeof Input>) => {
    const { run, cluster, nodeGroup, kind, instanceId, destination, move, result, finding, node } = input;
    const key = { run, cluster, nodeGroup, kind };
    const admission = { instanceId, result, finding, answeredAt: now().toISOString() };
    const written = await files.writeAdmission({ ...key, move }, admission);
    const answered = (await complete(input, written.result)) === 'done' ? ('answered' as const) : ('already' as const);
    const isNews = answered === 'answered' || written !== admission;
    const isAdmitted = written.result === 'CONTINUE' && destination === undefined && isNews;
    if (node && isAdmitted) await announce(admittedNode({ ...key, instanceId }, node, new Date(written.answeredAt)));

    logger.info('Answered hook', { ...key, answer: answered, instanceId, result: written.result });
    return { answered };
  };

export const handler = task(
  Input,
  answerHook({
    files: runFilesIn(() => environment('RUN_BUCKET')),
    complete: completeHook,
    announce,
    now: () => new Date(),
  }),
);
