import { identifyInstance } from '../adapters/ec2-instances.ts';
import { type ClusterReader, clusterReader } from '../adapters/kubernetes.ts';
import { keepWaiting } from '../adapters/lifecycle-hooks.ts';
import { AdmissionInput, judgeAdmission, noLongerWaiting } from '../domain/admission.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly identifyInstance: typeof identifyInstance;
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
export const examineNode = ({ identifyInstance, keepWaiting, findNode, now }: Dependencies) => {
  const examine = async (input: AdmissionInput) => {
    const { cluster, instanceId } = input;
    if ((await keepWaiting(input, now())) === 'ended') return noLongerWaiting(instanceId);
    const identity = await identifyInstance(instanceId);
    if (identity === undefined) return noLongerWaiting(instanceId);
    return judgeAdmission(input, identity, await findNode(cluster, identity.privateDnsName), now());
  };

  return async (input: AdmissionInput) => {
    const { verdict, finding } = await examine(input);

    const { run, cluster, nodeGroup, instanceId } = input;
    logger.info('Examined node', { run, cluster, nodeGroup, answer: verdict, instanceId, finding });
    return { verdict, finding };
  };
};

export const handler = task(
  AdmissionInput,
  examineNode({
    identifyInstance,
    keepWaiting,
    findNode: clusterReader(() => environment('READER_ROLE_ARN')).findNode,
    now: () => new Date(),
  }),
);
