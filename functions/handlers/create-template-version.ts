import { deriveVersion } from '../adapters/launch-templates.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { NodeGroupKey, type TemplateVersion } from '../domain/node-group.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly files: Pick<RunFiles, 'holdState'>;
  readonly deriveVersion: (source: TemplateVersion, amiId: string) => Promise<TemplateVersion>;
};

/**
 * Step "Make launch template version": the group's version with the new AMI and nothing else changed. The group does not
 * use it yet. Safe twice: there is one such version, and it is found again.
 */
export const createTemplateVersion =
  ({ files, deriveVersion }: Dependencies) =>
  async (key: NodeGroupKey) => {
    const held = await files.holdState(key);
    const { before, image } = held.state;
    const intended = held.state.phase === 'leased' ? await held.save({ ...held.state, phase: 'versioned' }) : held;
    const { id, version } = await deriveVersion(before.launchTemplate, image.amiId);
    const launchTemplate = { id, fromVersion: before.launchTemplate.version, toVersion: version };
    await intended.save({ ...intended.state, launchTemplate });

    logger.info('Made launch template version', { ...key, answer: version, launchTemplate });
    return { launchTemplate };
  };

export const handler = task(
  NodeGroupKey,
  createTemplateVersion({ files: runFilesIn(() => environment('RUN_BUCKET')), deriveVersion }),
);
