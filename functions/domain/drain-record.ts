import * as v from 'valibot';
import type { DrainInput } from './drain-input.ts';
import { countFromZero, nonEmpty, strictObject, timestamp } from './shapes.ts';

/** What makes a pod again; its kind is Kubernetes' or anybody's. */
export const Controller = strictObject({
  kind: nonEmpty,
  namespace: nonEmpty,
  name: nonEmpty,
  /** How many replicas it wants; missing when it does not count them. */
  wanted: v.optional(countFromZero),
});
export type Controller = Readonly<v.InferOutput<typeof Controller>>;

const pod = { namespace: nonEmpty, name: nonEmpty };

/** A pod whose eviction the API server has accepted, or that was leaving already when it was seen. */
export const EvictedPod = strictObject({ ...pod, controller: v.optional(Controller), at: timestamp });

/** A disruption budget as it stood when it refused an eviction. */
const RefusingBudget = strictObject({
  name: nonEmpty,
  /** How many healthy pods it needs, and how many there were. */
  needed: v.optional(countFromZero),
  healthy: v.optional(countFromZero),
});

/** A pod whose eviction was refused, by whom, and for how long. */
export const RefusedPod = strictObject({
  ...pod,
  budgets: v.array(RefusingBudget),
  /** In the API server's words, where no budget is to blame. */
  message: v.optional(v.string()),
  times: countFromZero,
  firstAt: timestamp,
  lastAt: timestamp,
});

/** A pod that was deleted without being asked, and why. */
export const ForcedPod = strictObject({
  ...pod,
  controller: v.optional(Controller),
  why: v.picklist(['hanging', 'deadline']),
  at: timestamp,
});

/** `drains/<cluster>/<group>/<instance>[-<move>].json`: what happened to one node that left. */
export const DrainRecord = strictObject({
  schemaVersion: v.literal(1),
  cluster: nonEmpty,
  nodeGroup: nonEmpty,
  instanceId: nonEmpty,
  /** Set when the instance went into a warm pool or came from there: which of its waits at the hook it was. */
  move: v.optional(nonEmpty),
  nodeName: nonEmpty,
  zone: v.optional(nonEmpty),
  /** The run during which the node left, if it was one. */
  run: v.optional(nonEmpty),
  /** When the instance began to wait at the hook, or EC2 gave notice of its interruption. */
  startedAt: timestamp,
  /** Set when EC2 interrupts the instance: when it takes the machine. */
  takenAt: v.optional(timestamp),
  /** Set when it has been told that the node waits for longer than it should. */
  waitReportedAt: v.optional(timestamp),
  /** The Lease that is the node's turn; missing before, and for a node that went without. */
  slot: v.optional(nonEmpty),
  turnAt: v.optional(timestamp),
  cordonedAt: v.optional(timestamp),
  /** Pods of the node had volumes, whose detachment is waited for. */
  volumes: v.optional(v.literal(true)),
  evicted: v.array(EvictedPod),
  refused: v.array(RefusedPod),
  forced: v.array(ForcedPod),
  /** Pods that nobody makes again. */
  lost: v.array(strictObject(pod)),
  /** Pods whose local data went with the node. */
  localData: v.array(strictObject(pod)),
  emptiedAt: v.optional(timestamp),
  /** When the instance was found gone although the node had not been emptied. */
  goneAt: v.optional(timestamp),
  /** The instance waited at the hook and had no node, as one that has not joined yet: there was nothing to drain. */
  nodeless: v.optional(v.literal(true)),
  /** What was found of the controllers of the pods at the end: those with too few Ready replicas, and those not looked at. */
  replicas: v.optional(strictObject({ lookedAt: timestamp, short: v.array(nonEmpty), notWatched: v.array(nonEmpty) })),
  endedAt: v.optional(timestamp),
});
export type DrainRecord = Readonly<v.InferOutput<typeof DrainRecord>>;

/** The record of a drain that begins: nothing has been touched. */
export const newDrainRecord = (input: DrainInput, nodeName: string): DrainRecord => ({
  schemaVersion: 1,
  cluster: input.cluster,
  nodeGroup: input.nodeGroup,
  instanceId: input.instanceId,
  nodeName,
  ...(input.move !== undefined && { move: input.move }),
  ...(input.run !== undefined && { run: input.run }),
  startedAt: input.startedAt,
  evicted: [],
  refused: [],
  forced: [],
  lost: [],
  localData: [],
});
