import * as v from 'valibot';
import { type Reason, reason } from './errors.ts';
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
});
export type AdmissionInput = Readonly<v.InferOutput<typeof AdmissionInput>>;

/** `runs/<run>/admissions/<cluster>/<group>/<instance>.json`: how one new instance was answered, and why. */
export const Admission = strictObject({
  instanceId: v.string(),
  result: v.picklist(['CONTINUE', 'ABANDON']),
  finding: ReasonDocument,
  answeredAt: timestamp,
});
export type Admission = Readonly<v.InferOutput<typeof Admission>>;

/** What never changes while an instance lives. */
export type InstanceIdentity = { readonly imageId: string; readonly privateDnsName: string };

export type Verdict = { readonly verdict: 'joined' | 'joining' | 'gone' | 'late'; readonly finding: Reason };

/** What keeps the instance from being a working node, in one phrase; undefined when nothing does. */
function whyNotJoined(instanceId: string, node: WindowsNode | undefined): string | undefined {
  // Private DNS names are used again: a node that belongs to an earlier instance is not this one's.
  if (node === undefined || node.instanceId !== instanceId) return 'its node never registered';
  return whyNotWorking(node);
}

/**
 * Whether a new instance that waits at our hook may enter service.
 *
 * A node that works is admitted even after the deadline. Whatever is said about a node that does not names the last thing
 * that was missing, since that is what an operator has to look at.
 */
export function judgeAdmission(
  { instanceId, joinDeadline }: Pick<AdmissionInput, 'instanceId' | 'joinDeadline'>,
  identity: InstanceIdentity,
  node: WindowsNode | undefined,
  now: Date,
): Verdict {
  const why = whyNotJoined(instanceId, node);
  if (why === undefined) {
    return {
      verdict: 'joined',
      finding: { error: 'NodeJoined', cause: `Node ${node?.name} of ${instanceId} can work.` },
    };
  }
  const cause = `Instance ${instanceId} (${identity.imageId}) did not join by ${joinDeadline}: ${why}.`;
  return {
    verdict: now > new Date(joinDeadline) ? 'late' : 'joining',
    finding: reason('NodeNeverJoined', cause),
  };
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

/** When a node must have joined, counted from the launch of its instance. */
export const joinDeadlineFrom = (launchedAt: Date, { joinTimeoutSeconds }: Pick<HookMetadata, 'joinTimeoutSeconds'>) =>
  new Date(launchedAt.getTime() + joinTimeoutSeconds * 1000).toISOString();
