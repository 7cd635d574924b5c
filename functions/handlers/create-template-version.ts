import { findEnded } from '../adapters/executions.ts';
import { deriveVersion } from '../adapters/launch-templates.ts';
import { listFollowers, type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { readSiblings, type SiblingFiles } from '../adapters/siblings.ts';
import { NodeGroupKey, type TemplateVersion } from '../domain/node-group.ts';
import { pinUnit } from '../domain/pin-step.ts';
import type { EndedExecution } from '../domain/settlement.ts';
import { templateBefore } from '../domain/state-file.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'holdState'> & SiblingFiles;
  /** The rollout of that name, when it ended badly. */
  readonly findEndedRollout: (executionName: string) => Promise<EndedExecution | undefined>;
  readonly deriveVersion: (source: TemplateVersion, amiId: string) => Promise<TemplateVersion>;
  readonly now: () => Date;
};

/**
 * Step "Make launch template version": the group's version with the new AMI and nothing else changed. The group does not
 * use it yet. On Amazon's own AMI there is nothing to make: EKS has the release. A group that follows its template by an alias is given a number first, and so are those that move with it.
 *
 * Safe twice: there is one such version, and it is found again.
 *
 * @throws {UnitBusy} Another group that moves with this one has no number yet; the machine looks again.
 * @throws {UnitFailed} One of them will not come.
 */
export const createTemplateVersion =
  ({ drivers, files, findEndedRollout, deriveVersion, now }: Dependencies) =>
  async (key: NodeGroupKey) => {
    const held = await pinUnit(await files.holdState(key), key, {
      driver: drivers[key.kind],
      readSiblings: (state) => readSiblings(state, key.run, { files, findEndedRollout }),
      listFollowers: () => listFollowers(drivers),
      now: now(),
    });
    const { image } = held.state;
    const before = templateBefore(held.state);
    if (before === undefined) {
      logger.info('Amazon makes the version', { ...key, answer: 'not-needed', release: image.version });
      return {};
    }
    const intended = held.state.phase === 'leased' ? await held.save({ ...held.state, phase: 'versioned' }) : held;
    const { id, version } = await deriveVersion(before.launchTemplate, image.amiId);
    const overrides: TemplateVersion[] = [];
    for (const own of before.overrides ?? []) overrides.push(await deriveVersion(own, image.amiId));
    const launchTemplate = {
      ...{ id, fromVersion: before.launchTemplate.version, toVersion: version },
      ...(overrides.length > 0 && { overrides }),
    };
    await intended.save({ ...intended.state, launchTemplate });

    logger.info('Made launch template version', { ...key, answer: version, launchTemplate });
    return { launchTemplate };
  };

export const handler = task(
  NodeGroupKey,
  createTemplateVersion({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    findEndedRollout: (name) => findEnded(environment('ROLL_NODE_GROUP_ARN'), name),
    deriveVersion,
    now: () => new Date(),
  }),
);
