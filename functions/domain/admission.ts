import * as v from 'valibot';
import { type Reason, reason } from './errors.ts';
import { type DaemonPod, type JoinRequirements, type Lack, lackOf, missingDaemon } from './join-requirements.ts';
import { type WindowsNode, whyNotWorking } from './node.ts';
import { NodeGroupKey } from './node-group.ts';
import { ReasonDocument } from './report.ts';
import { countFromOne, nonEmpty, readAs, strictObject, timestamp } from './shapes.ts';

/** The hook that holds a new instance until its node can work. It exists only while a rollout runs. */
export const admitHookName = 'reglaze-admit';

/** After this long without a heartbeat Auto Scaling turns the instance away by itself. */
export const admitHeartbeatSeconds = 300;

/** Travels with the hook, so that an event of an instance says which rollout it belongs to. */
export const HookMetadata = strictObject({ ...NodeGroupKey.entries, joinTimeoutSeconds: countFromOne });
export type HookMetadata = Readonly<v.InferOutput<typeof HookMetadata>>;

/** The metadata of our hook, or undefined when the text is not what we wrote. */
export function parseHookMetadata(text: string | undefined): HookMetadata | undefined {
  try {
    return readAs(HookMetadata, JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}

/** Input of one `admit-node` execution. */
export const AdmissionInput = strictObject({
  ...NodeGroupKey.entries,
  autoScalingGroupName: nonEmpty,
  instanceId: v.pipe(v.string(), v.startsWith('i-')),
  joinDeadline: timestamp,
  /** Set when the instance goes into the group's warm pool, where it is no node. */
  destination: v.optional(v.literal('WarmPool')),
  /** Set when it leaves the pool: which of its waits at the hook this is. */
  move: v.optional(nonEmpty),
});
export type AdmissionInput = Readonly<v.InferOutput<typeof AdmissionInput>>;

/** `runs/<run>/admissions/<cluster>/<group>/<instance>[-<move>].json`: how one new instance was answered, and why. */
export const Admission = strictObject({
  instanceId: v.string(),
  result: v.picklist(['CONTINUE', 'ABANDON']),
  finding: ReasonDocument,
  answeredAt: timestamp,
});
export type Admission = Readonly<v.InferOutput<typeof Admission>>;

/** What never changes while an instance lives. */
export type InstanceIdentity = { readonly imageId: string; readonly privateDnsName: string };

export type Verdict = {
  /**
   * Of instances that come and go through a warm pool, also: `registered`, so that pods have to be kept off the node;
   * `let-in`, without having become a node; and `returning`, so that pods may have the node again.
   */
  readonly verdict: 'joined' | 'joining' | 'gone' | 'late' | 'registered' | 'let-in' | 'returning';
  readonly finding: Reason;
  /** While it is joining: only time is missing, and until when. There is nothing to watch before. */
  readonly until?: Date;
};

/** What was seen of a new node, and what its group asks of it. */
export type Sight = {
  readonly node: WindowsNode | undefined;
  readonly requirements?: JoinRequirements | undefined;
  /** The pods of DaemonSets on the node, where the group asks for some; undefined while they were not looked at. */
  readonly daemonPods?: readonly DaemonPod[] | undefined;
};

/** What keeps the instance from being a working node, apart from pods on it; undefined when nothing does. */
function whyNotJoined(instanceId: string, { node, requirements = {} }: Sight, now: Date): Lack | undefined {
  // Private DNS names are used again: a node that belongs to an earlier instance is not this one's.
  if (node === undefined || node.instanceId !== instanceId) return { why: 'its node never registered' };
  const why = whyNotWorking(node);
  return why === undefined ? lackOf(node, requirements, now) : { why };
}

/** The same, with the pods that must run on it. */
function whyNotReady(instanceId: string, sight: Sight, now: Date): Lack | undefined {
  const lack = whyNotJoined(instanceId, sight, now);
  if (lack !== undefined) return lack;
  const why = missingDaemon(sight.node?.name ?? '', sight.requirements ?? {}, sight.daemonPods ?? []);
  return why === undefined ? undefined : { why };
}

/** Whether only pods of DaemonSets are missing, so that it is time to look at them. */
export const needsDaemons = ({ instanceId }: Pick<AdmissionInput, 'instanceId'>, sight: Sight, now: Date): boolean =>
  whyNotJoined(instanceId, sight, now) === undefined && (sight.requirements?.daemonSets ?? []).length > 0;

/**
 * Whether a new instance that waits at our hook may enter service.
 *
 * A node that works is admitted even after the deadline. Whatever is said about a node that does not names the last thing
 * that was missing, since that is what an operator has to look at.
 */
export function judgeAdmission(
  { instanceId, joinDeadline }: Pick<AdmissionInput, 'instanceId' | 'joinDeadline'>,
  identity: InstanceIdentity,
  sight: Sight,
  now: Date,
): Verdict {
  const lack = whyNotReady(instanceId, sight, now);
  if (lack === undefined) {
    return {
      verdict: 'joined',
      finding: { error: 'NodeJoined', cause: `Node ${sight.node?.name} of ${instanceId} can work.` },
    };
  }
  const cause = `Instance ${instanceId} (${identity.imageId}) did not join by ${joinDeadline}: ${lack.why}.`;
  const finding = reason('NodeNeverJoined', cause);
  if (now > new Date(joinDeadline)) return { verdict: 'late', finding };
  return { verdict: 'joining', finding, ...(lack.until && { until: lack.until }) };
}

/** The verdict on an instance that EC2 has not started yet: until then it has no name by which its node could be found. */
export function notStartedYet(
  { instanceId, joinDeadline }: Pick<AdmissionInput, 'instanceId' | 'joinDeadline'>,
  now: Date,
): Verdict {
  const cause = `Instance ${instanceId} did not join by ${joinDeadline}: EC2 has not started it.`;
  return { verdict: now > new Date(joinDeadline) ? 'late' : 'joining', finding: reason('NodeNeverJoined', cause) };
}

/** The verdict on an instance that does not wait any more: it was terminated, or somebody else has answered. */
export const noLongerWaiting = (instanceId: string): Verdict => ({
  verdict: 'gone',
  finding: reason('AdmissionStopped', `Instance ${instanceId} was terminated or answered for by somebody else.`),
});

/** As long as one step watches a node; the hook's heartbeat has to outlast a step that was lost, too. */
export const longestWatchSeconds = 100;
const shortestWatchSeconds = 5;

/**
 * For how many seconds to watch a node that has until `joinDeadline`: a second longer than that, so that the verdict at
 * the end is known to be late. Past the deadline it is still a look, with time for a slow API server to answer.
 */
export function watchSeconds({ joinDeadline }: Pick<AdmissionInput, 'joinDeadline'>, now: Date): number {
  const left = Math.ceil((Date.parse(joinDeadline) - now.getTime()) / 1000) + 1;
  return Math.min(longestWatchSeconds, Math.max(shortestWatchSeconds, left));
}

/** Two watches of one node begin at least this far apart, however soon the API server ends them. */
export const secondsBetweenWatches = 20;

/** How long to wait after a step that began at `startedAt` and ended `now`: a second, unless its watch was cut short. */
export function pauseSeconds(startedAt: Date, now: Date): number {
  const taken = Math.floor((now.getTime() - startedAt.getTime()) / 1000);
  return Math.max(1, secondsBetweenWatches - taken);
}

/** The same after a step that found that only time is missing: until then, or as long as the hook waits by itself. */
export const pauseUntil = (until: Date, now: Date): number =>
  Math.min(longestWatchSeconds, Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000)));

/** When a node must have joined, counted from the launch of its instance. */
export const joinDeadlineFrom = (launchedAt: Date, { joinTimeoutSeconds }: Pick<HookMetadata, 'joinTimeoutSeconds'>) =>
  new Date(launchedAt.getTime() + joinTimeoutSeconds * 1000).toISOString();
