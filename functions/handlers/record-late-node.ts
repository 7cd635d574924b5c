import * as v from 'valibot';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { AdmissionInput } from '../domain/admission.ts';
import { rememberGone } from '../domain/autoscaler.ts';
import { ReasonDocument } from '../domain/report.ts';
import { strictObject } from '../domain/shapes.ts';
import { rememberLateNode } from '../domain/state-file.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({
  ...AdmissionInput.entries,
  finding: ReasonDocument,
  /** Set when the instance does not wait any more: whether its node had registered. */
  gone: v.optional(strictObject({ registered: v.boolean() })),
});

type Dependencies = { readonly files: Pick<RunFiles, 'findState'>; readonly now: () => Date };

/**
 * Steps "Report late node" and "Report vanished node": tells the rollout that a new node did not join in time, so that it
 * can go back before Auto Scaling tries another one; or that its instance was gone before its node had registered, so
 * that the rollout can look who does that.
 *
 * Safe twice: a node is remembered once. Where the run has ended there is nobody to tell.
 *
 * @throws {StateFileChanged} The rollout wrote at the same moment; the step is tried again.
 */
export const recordLateNode =
  ({ files, now }: Dependencies) =>
  async (input: v.InferOutput<typeof Input>) => {
    const { run, cluster, nodeGroup, kind, instanceId, finding, gone } = input;
    const found = await files.findState({ cluster, nodeGroup });
    const isRolling = found?.state.lease?.run === run;
    if (isRolling) {
      const late = gone === undefined ? { instanceId, finding } : undefined;
      await found.save(late ? rememberLateNode(found.state, late) : rememberGone(found.state, input, now()));
    }

    logger.info(gone === undefined ? 'Recorded late node' : 'Recorded vanished node', {
      run,
      cluster,
      nodeGroup,
      kind,
      instanceId,
      answer: isRolling,
    });
    return { recorded: isRolling };
  };

export const handler = task(
  Input,
  recordLateNode({ files: runFilesIn(() => environment('RUN_BUCKET')), now: () => new Date() }),
);
