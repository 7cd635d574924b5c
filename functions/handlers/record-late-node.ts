import type * as v from 'valibot';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { AdmissionInput } from '../domain/admission.ts';
import { ReasonDocument } from '../domain/report.ts';
import { strictObject } from '../domain/shapes.ts';
import { rememberLateNode } from '../domain/state-file.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({ ...AdmissionInput.entries, finding: ReasonDocument });

type Dependencies = { readonly files: Pick<RunFiles, 'findState'> };

/**
 * Step "Report late node": tells the rollout that a new node did not join in time, so that it can go back before Auto
 * Scaling tries another one.
 *
 * Safe twice: a node is remembered once. Where the run has ended there is nobody to tell.
 *
 * @throws {StateFileChanged} The rollout wrote at the same moment; the step is tried again.
 */
export const recordLateNode =
  ({ files }: Dependencies) =>
  async ({ run, cluster, nodeGroup, kind, instanceId, finding }: v.InferOutput<typeof Input>) => {
    const found = await files.findState({ cluster, nodeGroup });
    const isRolling = found?.state.lease?.run === run;
    if (isRolling) await found.save(rememberLateNode(found.state, { instanceId, finding }));

    logger.info('Recorded late node', { run, cluster, nodeGroup, kind, instanceId, answer: isRolling });
    return { recorded: isRolling };
  };

export const handler = task(Input, recordLateNode({ files: runFilesIn(() => environment('RUN_BUCKET')) }));
