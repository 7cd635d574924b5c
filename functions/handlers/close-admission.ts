import { type NodeGroupDrivers, nodeGroupDrivers } from '../adapters/node-group-drivers.ts';
import { type NodeMarker, nodeMarker } from '../adapters/node-taints.ts';
import { type RunFiles, runFilesIn } from '../adapters/run-files.ts';
import { type PodTester, podTester } from '../adapters/test-pods.ts';
import { NodeGroupKey } from '../domain/node-group.ts';
import { unfinishedPods } from '../domain/smoke-test.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly drivers: NodeGroupDrivers;
  readonly files: Pick<RunFiles, 'holdState'>;
  readonly marker: Pick<NodeMarker, 'unmark'>;
  readonly tester: Pick<PodTester, 'remove'>;
};

/**
 * Step "Close admission": takes the hook away, so that scale-out works without us again, the taints off the nodes
 * that were to be replaced, and the pods of a smoke test that came to no end. Safe twice: what is gone is as good as what was taken away.
 */
export const closeAdmission =
  ({ drivers, files, marker, tester }: Dependencies) =>
  async (key: NodeGroupKey) => {
    const held = await files.holdState(key);
    const { hook, taints, smokeTest, ...closed } = held.state;
    // The hook first: a cluster that cannot be reached keeps no instance waiting.
    if (hook === 'open') await drivers[key.kind].closeAdmission(held.state.autoScalingGroupName);
    const unmarked = taints === undefined ? 0 : await marker.unmark(key.cluster, taints.nodes);
    await tester.remove(key.cluster, unfinishedPods(smokeTest));
    if (Object.keys(closed).length < Object.keys(held.state).length) await held.save(closed);
    const admission = hook === 'open' ? ('closed' as const) : ('not-needed' as const);

    logger.info('Closed admission', { ...key, answer: admission, unmarked });
    return { admission };
  };

export const handler = task(
  NodeGroupKey,
  closeAdmission({
    drivers: nodeGroupDrivers,
    files: runFilesIn(() => environment('RUN_BUCKET')),
    marker: nodeMarker(() => environment('MOVER_ROLE_ARN')),
    tester: podTester(() => environment('MOVER_ROLE_ARN')),
  }),
);
