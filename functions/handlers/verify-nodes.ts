import { listWithPool } from '../adapters/auto-scaling-groups.ts';
import { withImages } from '../adapters/ec2-instances.ts';
import { type ClusterReader, clusterReader } from '../adapters/kubernetes.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { verifyNodes as judgeNodes } from '../domain/verification.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly files: Pick<RunFiles, 'holdState'>;
  readonly listWithPool: typeof listWithPool;
  readonly withImages: typeof withImages;
  readonly listNodes: ClusterReader['listNodes'];
};

/**
 * Step "Verify nodes": whether every node of the group is a working node of the new AMI, and every instance of its warm pool
 * runs it. Safe twice: it only looks, and
 * writes down what it saw.
 */
export const verifyNodes =
  ({ files, listWithPool, withImages, listNodes }: Dependencies) =>
  async (key: NodeGroupKey) => {
    const held = await files.holdState(key);
    const { state } = held;
    const { instances, pool } = await listWithPool(state.autoScalingGroupName);
    const [group, pooled] = await withImages([{ instances }, { instances: pool }]);
    const judged = judgeNodes({
      instances: group?.instances ?? [],
      pool: pooled?.instances ?? [],
      nodes: await listNodes(key.cluster),
      amiId: state.image.amiId,
      patchLevelBefore: state.before.patchLevel,
      provedElsewhere: state.provedElsewhere,
    });
    if (judged.verification === 'verified') {
      const { patchLevel, leftAlone } = judged;
      await held.save({
        ...state,
        verified: { ...(patchLevel !== undefined && { patchLevel }), leftAlone: [...leftAlone] },
      });
    }

    logger.info('Verified nodes', { ...key, answer: judged.verification, judged });
    const { verification } = judged;
    return 'reason' in judged ? { verification, reason: judged.reason } : { verification };
  };

export const handler = task(
  NodeGroupKey,
  verifyNodes({
    files: runFilesIn(() => environment('RUN_BUCKET')),
    listWithPool,
    withImages,
    listNodes: clusterReader(() => environment('READER_ROLE_ARN')).listNodes,
  }),
);
