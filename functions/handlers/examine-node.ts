import { identifyInstance } from '../adapters/ec2-instances.ts';
import { type ClusterReader, clusterReader } from '../adapters/kubernetes.ts';
import { keepWaiting } from '../adapters/lifecycle-hooks.ts';
import { AdmissionInput, judgeAdmission, noLongerWaiting, pauseSeconds, watchSeconds } from '../domain/admission.ts';
import type { WindowsNode } from '../domain/node.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly identifyInstance: typeof identifyInstance;
  readonly keepWaiting: typeof keepWaiting;
  readonly watchNode: ClusterReader['watchNode'];
  readonly now: () => Date;
};

/**
 * Step "Examine node": whether a new instance has become a node that can work, within the time of one watch. Keeps its
 * hook waiting first, so that an API server which does not answer costs no node.
 *
 * Safe twice: a heartbeat only ever gives more time.
 */
export const examineNode = ({ identifyInstance, keepWaiting, watchNode, now }: Dependencies) => {
  const examine = async (input: AdmissionInput) => {
    const { cluster, instanceId } = input;
    if ((await keepWaiting(input)) === 'ended') return noLongerWaiting(instanceId);
    const identity = await identifyInstance(instanceId);
    if (identity === undefined) return noLongerWaiting(instanceId);

    const judge = (node: WindowsNode | undefined) => judgeAdmission(input, identity, node, now());
    const node = await watchNode(cluster, {
      nodeName: identity.privateDnsName,
      seconds: watchSeconds(input, now()),
      isEnough: (seen) => judge(seen).verdict !== 'joining',
    });
    return judge(node);
  };

  return async (input: AdmissionInput) => {
    const startedAt = now();
    const { verdict, finding } = await examine(input);

    const { run, cluster, nodeGroup, instanceId } = input;
    logger.info('Examined node', { run, cluster, nodeGroup, answer: verdict, instanceId, finding });
    return { verdict, finding, pauseSeconds: pauseSeconds(startedAt, now()) };
  };
};

export const handler = task(
  AdmissionInput,
  examineNode({
    identifyInstance,
    keepWaiting,
    watchNode: clusterReader(() => environment('READER_ROLE_ARN')).watchNode,
    now: () => new Date(),
  }),
);
