import * as v from 'valibot';
import { GroupName } from './node-group.ts';
import { countFromOne, nonEmpty, strictObject, timestamp } from './shapes.ts';

/** What happens to pods that are still there at the deadline: `wait` goes on asking, `force` deletes them. */
export const OnDrainTimeout = v.picklist(['wait', 'force']);
export type OnDrainTimeout = v.InferOutput<typeof OnDrainTimeout>;

/** Input of one `drain-node` execution: an instance that leaves and waits at our hook. */
export const DrainInput = strictObject({
  cluster: GroupName.entries.cluster,
  nodeGroup: nonEmpty,
  autoScalingGroupName: nonEmpty,
  instanceId: v.pipe(v.string(), v.startsWith('i-')),
  /** When the instance began to wait at the hook. */
  startedAt: timestamp,
  /**
   * From here on the policy for late pods holds. The machine writes it anew when the node gets its turn, so that a node
   * that waited has its whole drain timeout all the same.
   */
  drainDeadline: timestamp,
  /** How long the drain timeout is, for the machine. */
  drainTimeoutSeconds: countFromOne,
  /** Auto Scaling terminates the instance then, whatever anybody asks: nothing may wait for longer. */
  ceiling: timestamp,
  onDrainTimeout: OnDrainTimeout,
  /** How many nodes of the group may drain at a time. */
  concurrentDrains: countFromOne,
  /** The run that holds the group's lease; none when the instance leaves for another reason. */
  run: v.optional(nonEmpty),
  /** Set when the instance is not terminated but goes into the group's warm pool, from which it may come back. */
  destination: v.optional(v.literal('WarmPool')),
  /** Set when it goes into the pool or comes from there: which of its waits at the hook this is. */
  move: v.optional(nonEmpty),
  /** Set when EC2 interrupts the instance: it takes the machine then, whatever anybody asks, and no hook need wait. */
  takenAt: v.optional(timestamp),
});
export type DrainInput = Readonly<v.InferOutput<typeof DrainInput>>;
