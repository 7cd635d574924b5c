import { findInstance } from '../adapters/ec2-instances.ts';
import { type ClusterReader, clusterReader } from '../adapters/kubernetes.ts';
import { keepWaiting } from '../adapters/lifecycle-hooks.ts';
import { AdmissionInput, isGone, judgeAdmission } from '../domain/admission.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly findInstance: typeof findInstance;
  readonly keepWaiting: typeof keepWaiting;
  readonly findNode: ClusterReader['findNode'];
  readonly now: () => Date;
};

/**
 * Step "Examine node": whether a new instance has become a node that can work. Also keeps its hook waiting, before the
 * cluster is asked, so that an API server which does not answer costs no node.
 *
 * Safe twice: a heartbeat only ever gives more time.
 */
export const examineNode =
  ({ findInstance, keepWaiting, findNode, now }: Dependencies) =>
  async (input: AdmissionInput) => {
    const { run, cluster, nodeGroup, instanceId } = input;
    const instance = await findInstance(instanceId);
    const waits = !isGone(instance) && (await keepWaiting(input)) === 'done';
    const node = waits && instance ? await findNode(cluster, instance.privateDnsName) : undefined;
    const { verdict, finding } = judgeAdmission(input, waits ? instance : undefined, node, now());

    logger.info('Examined node', { run, cluster, nodeGroup, answer: verdict, instanceId, finding });
    return { verdict, finding };
  };

export const handler = task(
  AdmissionInput,
  examineNode({
    findInstance,
    keepWaiting,
    findNode: clusterReader(() => environment('READER_ROLE_ARN')).findNode,
    now: () => new Date(),
  }),
);
