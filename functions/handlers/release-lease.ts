import * as v from 'valibot';
import { listInstances } from '../adapters/auto-scaling-groups.ts';
import { type DrainRecords, drainRecordsIn } from '../adapters/drain-records.ts';
import { withImages } from '../adapters/ec2-instances.ts';
import { copyOnTop, readTemplateView, setDefaultVersion } from '../adapters/launch-templates.ts';
import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn, type StoredState } from '../adapters/run-files.ts';
import { readStates } from '../adapters/siblings.ts';
import { drainLimit } from '../domain/drain-hook.ts';
import { reportDrains } from '../domain/drain-report.ts';
import { release, requireLease } from '../domain/lease.ts';
import { countPatched, NodeGroupKey } from '../domain/node-group.ts';
import { judgeEnding, reportEnding } from '../domain/outcome.ts';
import { ReasonDocument } from '../domain/report.ts';
import { strictObject } from '../domain/shapes.ts';
import { type TemplateAliases, unpinUnit } from '../domain/unpin-step.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

export const Input = strictObject({
  ...NodeGroupKey.entries,
  outcome: v.picklist(['patched', 'partly-patched', 'rolled-back', 'failed']),
  reason: v.optional(ReasonDocument),
});

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly aliases: TemplateAliases;
  readonly files: Pick<RunFiles, 'findState' | 'writeOutcome'>;
  readonly drains: Pick<DrainRecords, 'listOfRun'>;
  readonly listInstances: typeof listInstances;
  readonly withImages: typeof withImages;
  readonly now: () => Date;
};

/**
 * Step "Release lease": lets the group follow its launch template again if it did, writes how the rollout ended, then
 * frees the group for the next run.
 *
 * Safe twice: an end that is written already is told again. The outcome comes before the release, so that whoever finds
 * the group free also finds the outcome.
 *
 * @throws {UnitBusy} Another group that moves with this one is not done; the machine looks again.
 */
export const releaseLease =
  ({ drivers, aliases, files, drains, listInstances, withImages, now }: Dependencies) =>
  async ({ outcome, reason, ...key }: v.InferOutput<typeof Input>) => {
    const stored = await files.findState(key);
    const earlier = stored?.state.outcome;
    if (earlier?.run === key.run && stored?.state.lease === undefined) {
      logger.info('Lease was released before', { ...key, answer: earlier.outcome });
      return { outcome: earlier.outcome, ...(earlier.reason && { reason: earlier.reason }) };
    }
    requireLease(stored?.state, key);
    const unpinned = await unpinUnit(stored as StoredState, key, {
      ...{ driver: drivers[key.kind], aliases, now: now() },
      readSiblings: (own) => readStates(own, files),
    });
    const { state } = unpinned;
    const [group] = await withImages([{ instances: await listInstances(state.autoScalingGroupName) }]);
    const nodes = countPatched({ instances: group?.instances ?? [] }, state.image.amiId);
    const limit = { ...drainLimit(state.policy), now: now() };
    const left = reportDrains(await drains.listOfRun(key, new Date(state.startedAt)), limit);
    const ending = judgeEnding(state, { outcome, reason }, left);
    await files.writeOutcome(key.run, reportEnding(state, ending, { nodes, drains: left, now: now() }));
    await unpinned.save(release(state, key.run, ending));

    logger.info('Released lease', { ...key, answer: ending.outcome, reason: ending.reason });
    return { outcome: ending.outcome, ...(ending.reason && { reason: ending.reason }) };
  };

export const handler = task(
  Input,
  releaseLease({
    drivers: nodeGroupDrivers,
    aliases: { view: readTemplateView, copyOnTop, setDefault: setDefaultVersion },
    files: runFilesIn(() => environment('RUN_BUCKET')),
    drains: drainRecordsIn(() => environment('RUN_BUCKET')),
    listInstances,
    withImages,
    now: () => new Date(),
  }),
);
