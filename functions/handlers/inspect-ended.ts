import * as v from 'valibot';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { AdmissionInput } from '../domain/admission.ts';
import { DrainInput } from '../domain/drain-input.ts';
import { mayRoll } from '../domain/empty-groups.ts';
import { runId } from '../domain/execution-name.ts';
import { leaseHolder } from '../domain/lease.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { isLastWord } from '../domain/report.ts';
import { findingOfEnd, machines, nextForRollout, nextForRun, reasonOfEnd } from '../domain/settlement.ts';
import { anyObject, countFromZero, nonEmpty, openObject, readAs, strictObject, timestamp } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({
  executionArn: nonEmpty,
  machine: v.picklist(machines),
  name: nonEmpty,
  status: v.picklist(['FAILED', 'TIMED_OUT', 'ABORTED']),
  startedAt: timestamp,
  redriveCount: countFromZero,
  input: anyObject,
  error: v.optional(v.string()),
  cause: v.optional(v.string()),
});
type Ended = v.InferOutput<typeof Input>;

/** An execution's own input may be anything that somebody typed: what names no node group has changed none. */
const RolloutName = openObject(NodeGroupKey.entries);

type Dependencies = {
  readonly files: Pick<RunFiles, 'findState' | 'findPlan' | 'findSummary'>;
  readonly now: () => Date;
};

/**
 * Step "Find what is left": what an execution that ended otherwise than it should left to do, from what is written in the
 * run bucket. Only reads, so it may run any number of times.
 */
export const inspectEnded = ({ files, now }: Dependencies) => {
  const inspectRollout = async (ended: Ended) => {
    const key = readAs(RolloutName, ended.input);
    const stored = key && (await files.findState(key));
    const next = nextForRollout(stored?.state, ended.executionArn);
    return key === undefined || next === 'nothing' ? { next: 'nothing' } : { next, ...key, reason: reasonOfEnd(ended) };
  };

  const inspectAdmission = async (ended: Ended) => {
    const admission = readAs(AdmissionInput, ended.input);
    const finding = findingOfEnd(ended);
    return admission && finding ? { next: 'abandon', ...admission, finding } : { next: 'nothing' };
  };

  /** Its hook lets the instance go within minutes, and its turn runs out: only a node that comes back needs something. */
  const inspectDrain = async (ended: Ended) => {
    const drain = readAs(DrainInput, ended.input);
    if (drain?.destination === undefined) return { next: 'nothing' };
    const { run, cluster, nodeGroup, instanceId, destination } = drain;
    return { next: 'let-pods-on', ...(run && { run }), cluster, nodeGroup, instanceId, destination };
  };

  const inspectRun = async (ended: Ended) => {
    const { redriveCount: settledRedrive } = ended;
    const run = runId(ended.name, new Date(ended.startedAt));
    const summary = await files.findSummary(run);
    const isReported = summary !== undefined && isLastWord(summary, settledRedrive);
    const groups = isReported ? [] : ((await files.findPlan(run))?.nodeGroups ?? []);
    const planned = groups.filter(mayRoll);
    const states = await Promise.all(planned.map(({ cluster, name }) => files.findState({ cluster, nodeGroup: name })));
    const leases = states.filter((stored) => leaseHolder(stored?.state, now()) === run).length;
    const next = nextForRun({ isReported, leases });
    return next === 'nothing' ? { next } : { next, run, settledRedrive, ...reasonOfEnd(ended) };
  };

  const inspect = {
    'patch-fleet': inspectRun,
    'roll-node-group': inspectRollout,
    'admit-node': inspectAdmission,
    'drain-node': inspectDrain,
  };

  return async (ended: Ended) => {
    const found = await inspect[ended.machine](ended);
    const { executionArn, machine, status } = ended;
    logger.info('Inspected ended execution', { answer: found.next, executionArn, machine, status });
    return found;
  };
};

export const handler = task(
  Input,
  inspectEnded({ files: runFilesIn(() => environment('RUN_BUCKET')), now: () => new Date() }),
);
