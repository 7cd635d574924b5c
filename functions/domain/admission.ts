import * as z from 'zod';
import { type Reason, reason } from './errors.ts';
import { type WindowsNode, whyNotWorking } from './node.ts';
import { NodeGroupKey } from './node-group.ts';
import { ReasonDocument } from './report.ts';

/** The hook that holds a new instance until its node can work. It exists only while a rollout runs. */
export const admitHookName = 'reglaze-admit';

/** After this long without a heartbeat Auto Scaling turns the instance away by itself. */
export const admitHeartbeatSeconds = 300;

/** Travels with the hook, so that an event of an instance says which rollout it belongs to. */
export const HookMetadata = NodeGroupKey.extend({ joinTimeoutSeconds: z.int().positive() });
export type HookMetadata = Readonly<z.infer<typeof HookMetadata>>;

/** The metadata of our hook, or undefined when the text is not what we wrote. */
export function parseHookMetadata(text: string | undefined): HookMetadata | undefined {
  try {
    return HookMetadata.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

/** Input of one `admit-node` execution. */
export const AdmissionInput = NodeGroupKey.extend({
  autoScalingGroupName: z.string().min(1),
  instanceId: z.string().startsWith('i-'),
  joinDeadline: z.iso.datetime(),
});
export type AdmissionInput = Readonly<z.infer<typeof AdmissionInput>>;

/** `runs/<run>/admissions/<cluster>/<group>/<instance>.json`: how one new instance was answered, and why. */
export const Admission = z.strictObject({
  instanceId: z.string(),
  result: z.enum(['CONTINUE', 'ABANDON']),
  finding: ReasonDocument,
  answeredAt: z.iso.datetime(),
});
export type Admission = Readonly<z.infer<typeof Admission>>;

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

/** When a node must have joined, counted from the launch of its instance. */
export const joinDeadlineFrom = (launchedAt: Date, { joinTimeoutSeconds }: Pick<HookMetadata, 'joinTimeoutSeconds'>) =>
  new Date(launchedAt.getTime() + joinTimeoutSeconds * 1000).toISOString();
