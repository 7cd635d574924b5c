import type { V1Node } from '@kubernetes/client-node';
import type * as v from 'valibot';
import { type Announce, announce } from '../adapters/announcements.ts';
import { connectApiServer } from '../adapters/api-server.ts';
import { type DrainRecords, drainRecordsIn } from '../adapters/drain-records.ts';
import { findInstanceState } from '../adapters/ec2-instances.ts';
import { translateNode } from '../adapters/kubernetes.ts';
import { type LetPodsOn, letPodsOnAs } from '../adapters/pool-nodes.ts';
import { DrainInput } from '../domain/drain-input.ts';
import { judgeRemoval, resting } from '../domain/removal.ts';
import { strictObject, timestamp } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

/** `leavingSince` is when the instance was let go, or found gone. */
export const Input = strictObject({ ...DrainInput.entries, leavingSince: timestamp });
type Input = v.InferOutput<typeof Input>;

type Dependencies = {
  readonly findInstanceState: typeof findInstanceState;
  readonly records: Pick<DrainRecords, 'find'>;
  /** The instance that a node object belongs to; undefined when there is no such object. */
  readonly findNodeInstance: (cluster: string, nodeName: string) => Promise<string | undefined>;
  readonly letPodsOn: LetPodsOn;
  readonly announce: Announce;
  readonly now: () => Date;
};

const pauseSeconds = 60;

/**
 * Step "Wait for removal": one look whether an instance that was let go is terminated and its node object gone. Tells
 * neighbours when both are. Of one that goes into a warm pool: whether it rests there, or is back from there, so that its
 * node may have pods again. Safe twice: neighbours may hear it twice.
 */
export const waitForRemoval = (dependencies: Dependencies) => {
  const { findInstanceState, records, findNodeInstance, letPodsOn, announce, now } = dependencies;

  /** The name of the node object that still is this instance's; another instance may have the name by now. */
  const findNode = async ({ cluster, instanceId }: Input, nodeName: string | undefined) =>
    nodeName !== undefined && (await findNodeInstance(cluster, nodeName)) === instanceId ? nodeName : undefined;

  const look = async (input: Input) => {
    const { instanceId, leavingSince } = input;
    const since = new Date(leavingSince);
    const pods = input.destination === undefined ? 'gone' : await letPodsOn({ ...input, since }, now());
    if (pods !== 'gone') return resting(instanceId, pods);
    const [instanceState, drain] = await Promise.all([findInstanceState(instanceId), records.find(input)]);
    const nodeName = drain?.record.nodeName;
    const view = { instanceId, instanceState, nodeName: await findNode(input, nodeName), since };
    return { ...judgeRemoval(view, now()), nodeName };
  };

  const tell = async ({ cluster, nodeGroup, instanceId, run }: Input, nodeName: string | undefined) => {
    const about = { cluster, nodeGroup, instanceId, ...(nodeName && { nodeName }), ...(run && { run }) };
    const detail = { version: '1', ...about, removedAt: now().toISOString() } as const;
    await announce({ type: 'Node Removed', at: now(), detail });
  };

  return async (input: Input) => {
    const { cluster, nodeGroup, instanceId, run } = input;
    const { removal, finding, nodeName } = await look(input);
    if (removal === 'removed') await tell(input, nodeName);
    logger.info('Looked for the instance', { run, cluster, nodeGroup, answer: removal, instanceId, finding });
    return { removal, finding, pauseSeconds };
  };
};

const findNodeInstance =
  (roleArn: () => string): Dependencies['findNodeInstance'] =>
  async (cluster, nodeName) => {
    const node = await (await connectApiServer(cluster, roleArn())).get(`/api/v1/nodes/${nodeName}`);
    return node === undefined ? undefined : translateNode(node as V1Node).instanceId;
  };

export const handler = task(
  Input,
  waitForRemoval({
    findInstanceState,
    records: drainRecordsIn(() => environment('RUN_BUCKET')),
    findNodeInstance: findNodeInstance(() => environment('MOVER_ROLE_ARN')),
    letPodsOn: letPodsOnAs(() => environment('MOVER_ROLE_ARN')),
    announce,
    now: () => new Date(),
  }),
);
