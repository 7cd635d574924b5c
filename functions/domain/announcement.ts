import * as v from 'valibot';
import { countFromZero, nonEmpty, strictObject, timestamp } from './shapes.ts';

/** The source of our own events. Rules of others match on it. */
export const announcementSource = 'reglaze';

/** Which node an event is about. Instance ids are never used again, node names are. */
const aboutNode = {
  /** Of this detail. A field more keeps the version, any other change raises it. */
  version: v.literal('1'),
  cluster: nonEmpty,
  nodeGroup: nonEmpty,
  /** Missing when the instance was gone before its node was seen. */
  nodeName: v.optional(nonEmpty),
  instanceId: v.pipe(v.string(), v.startsWith('i-')),
  /** Missing when EC2 had forgotten the instance. */
  imageId: v.optional(v.pipe(v.string(), v.startsWith('ami-'))),
  /** `10.0.20348.5139` */
  patchLevel: v.optional(nonEmpty),
  /** The run that replaces the node; missing when it leaves for another reason. */
  run: v.optional(nonEmpty),
};

/** What the examination of a node knows of it, for its announcement. */
export const NodeDetails = strictObject({
  nodeName: aboutNode.nodeName,
  imageId: aboutNode.imageId,
  patchLevel: aboutNode.patchLevel,
});
export type NodeDetails = Readonly<v.InferOutput<typeof NodeDetails>>;

/** A new node has joined and enters service. */
export const NodeAdmitted = strictObject({ ...aboutNode, admittedAt: timestamp });
/** Everything that had to move off a node has moved, and the instance may be terminated. */
export const NodeDrained = strictObject({
  ...aboutNode,
  drainStartedAt: timestamp,
  drainedAt: timestamp,
  /** Pods that were evicted, and pods that were deleted because their time was up or they hung. */
  evictedPods: countFromZero,
  forcedPods: countFromZero,
});
/** The instance is terminated and its node is out of the cluster. */
export const NodeRemoved = strictObject({ ...aboutNode, removedAt: timestamp });

/** What our own events carry, by detail-type. */
export const announcementDetails = {
  'Node Admitted': NodeAdmitted,
  'Node Drained': NodeDrained,
  'Node Removed': NodeRemoved,
} as const;

/**
 * Something that happened to a node, for neighbours of reglaze. It is told at least once, so that a rule's target may hear
 * it twice: `instanceId` and the detail-type say that it is the same.
 */
export type Announcement = {
  readonly [Type in keyof typeof announcementDetails]: {
    readonly type: Type;
    /** When it happened. */
    readonly at: Date;
    readonly detail: Readonly<v.InferOutput<(typeof announcementDetails)[Type]>>;
  };
}[keyof typeof announcementDetails];

/** What to tell of a node that was admitted. */
export const admittedNode = (
  {
    run,
    cluster,
    nodeGroup,
    instanceId,
  }: { readonly run: string; readonly cluster: string; readonly nodeGroup: string; readonly instanceId: string },
  node: NodeDetails,
  at: Date,
): Announcement => ({
  type: 'Node Admitted',
  at,
  detail: { version: '1', cluster, nodeGroup, ...node, instanceId, run, admittedAt: at.toISOString() },
});
