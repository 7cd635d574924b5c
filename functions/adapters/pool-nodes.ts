import { type MoveView, mayHavePods } from '../domain/pool-move.ts';
import { type ApiServer, connectApiServer } from './api-server.ts';
import { findLifecycleState } from './auto-scaling-groups.ts';
import { identifyInstance } from './ec2-instances.ts';
import { translateNode } from './kubernetes.ts';
import { findNodeOf, putBack } from './node-cordons.ts';

/** An instance that goes into a warm pool or comes out of it, since when. */
export type MovingInstance = { readonly cluster: string; readonly instanceId: string } & Pick<MoveView, 'since'>;

/** What the look needs of AWS and of the cluster. */
export type PoolNodeDependencies = {
  readonly findLifecycleState: typeof findLifecycleState;
  readonly identifyInstance: typeof identifyInstance;
  readonly connect: (clusterName: string) => Promise<ApiServer>;
};

/** One look at a moving instance; `yes` when its node may have pods, and then it does. */
export type LetPodsOn = (instance: MovingInstance, now: Date) => Promise<ReturnType<typeof mayHavePods>>;

/**
 * Takes what kept pods off the node of an instance away again, once the instance rests in its pool or is back in its
 * group. Safe twice: the marks are taken off once.
 */
export const letPodsOnWith =
  ({ findLifecycleState, identifyInstance, connect }: PoolNodeDependencies): LetPodsOn =>
  async ({ cluster, instanceId, since }, now) => {
    const [lifecycleState, identity] = await Promise.all([
      findLifecycleState(instanceId),
      identifyInstance(instanceId),
    ]);
    const api = await connect(cluster);
    const node = identity && (await findNodeOf(api, identity.privateDnsName, instanceId));
    const isNodeReady = node !== undefined && translateNode(node).ready;
    const pods = mayHavePods({ lifecycleState, isNodeReady, since }, now);
    if (pods === 'yes' && node !== undefined) await putBack(api, node);
    return pods;
  };

/** The same as a role that may change nodes. */
export const letPodsOnAs = (roleArn: () => string): LetPodsOn =>
  letPodsOnWith({
    findLifecycleState,
    identifyInstance,
    connect: (clusterName) => connectApiServer(clusterName, roleArn()),
  });
