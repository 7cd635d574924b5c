import * as v from 'valibot';
import { type LetPodsOn, letPodsOnAs } from '../adapters/pool-nodes.ts';
import { nonEmpty, strictObject, timestamp } from '../domain/shapes.ts';
import { environment } from '../runtime/environment.ts';
import { logger, task } from '../runtime/task.ts';

/** `since` is when the instance began to move into the pool, or out of it. */
export const Input = strictObject({
  /** The run during which it moves, if it is one. */
  run: v.optional(nonEmpty),
  cluster: nonEmpty,
  nodeGroup: nonEmpty,
  instanceId: nonEmpty,
  since: timestamp,
});

type Dependencies = { readonly letPodsOn: LetPodsOn; readonly now: () => Date };

/**
 * Step "Let pods on": one look at an instance that goes into a warm pool or comes out of it. Its node, which got no pods
 * meanwhile, may have them again when the instance rests in the pool or is back. Safe twice: a node has the marks taken off
 * once.
 */
export const letPodsOnStep =
  ({ letPodsOn, now }: Dependencies) =>
  async ({ run, cluster, nodeGroup, instanceId, since }: v.InferOutput<typeof Input>) => {
    const pods = await letPodsOn({ cluster, instanceId, since: new Date(since) }, now());

    logger.info('Looked whether pods may have a node', { run, cluster, nodeGroup, answer: pods, instanceId });
    return { pods };
  };

export const handler = task(
  Input,
  letPodsOnStep({ letPodsOn: letPodsOnAs(() => environment('MOVER_ROLE_ARN')), now: () => new Date() }),
);
