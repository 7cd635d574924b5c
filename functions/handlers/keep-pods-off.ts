import { type ApiServer, connectApiServer } from '../adapters/api-server.ts';
import { identifyInstance } from '../adapters/ec2-instances.ts';
import { findNodeOf, setAside } from '../adapters/node-cordons.ts';
import { AdmissionInput } from '../domain/admission.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

type Dependencies = {
  readonly identifyInstance: typeof identifyInstance;
  readonly connect: (clusterName: string) => Promise<ApiServer>;
};

/**
 * Step "Keep pods off": the node of an instance on its way into a warm pool gets no pods, since its machine may be stopped
 * as soon as the hook is answered. Safe twice: a node that is gone, or set aside already, stays as it is.
 */
export const keepPodsOff =
  ({ identifyInstance, connect }: Dependencies) =>
  async ({ run, cluster, nodeGroup, instanceId }: AdmissionInput) => {
    const identity = await identifyInstance(instanceId);
    const api = await connect(cluster);
    const node = identity && (await findNodeOf(api, identity.privateDnsName, instanceId));
    if (node !== undefined) await setAside(api, node, { returns: true });

    const answer = node === undefined ? ('gone' as const) : ('set-aside' as const);
    logger.info('Kept pods off a node', { run, cluster, nodeGroup, answer, instanceId });
    return { node: answer };
  };

export const handler = task(
  AdmissionInput,
  keepPodsOff({
    identifyInstance,
    connect: (clusterName) => connectApiServer(clusterName, environment('MOVER_ROLE_ARN')),
  }),
);
