import * as z from 'zod';
import { NodeGroupChanged } from './errors.ts';
import { Image } from './image.ts';
import { NodeGroupKind, TemplateVersion } from './node-group.ts';
import { ReasonDocument } from './report.ts';
import { RolloutPolicy } from './tags.ts';

/**
 * How far the rollout has been allowed to go. A phase is written before the change that it names, so the group may be
 * one step behind its phase, never ahead of it.
 */
export const Phase = z.enum([
  'leased',
  'versioned',
  'admitting',
  'rolling',
  'replaced',
  'promoted',
  'rolling-back',
  'released',
]);
export type Phase = z.infer<typeof Phase>;

const timestamp = z.iso.datetime();

/** One replacement of all nodes, forward or back. Without an id its start has been intended, but not yet confirmed. */
export const Attempt = z.strictObject({
  id: z.string().optional(),
  startedAt: timestamp,
  attempts: z.int().positive(),
  /** The newest replacement of the group before this one: whatever is newer and goes our way is ours. */
  after: z.string().optional(),
  /** Set when the attempt ended without a node to blame, and may be started again. */
  stalled: z.boolean().optional(),
});

export type Attempt = Readonly<z.infer<typeof Attempt>>;

const Verified = z.strictObject({
  patchLevel: z.string(),
  /** Instances that stayed on the old AMI, because they are protected or in standby. */
  leftAlone: z.array(z.string()),
});

/** `state/<cluster>/<group>.json`: what reglaze remembers of one node group. It is the lock between runs. */
export const StateFile = z.strictObject({
  schemaVersion: z.literal(1),
  cluster: z.string(),
  nodeGroup: z.string(),
  kind: NodeGroupKind,
  lease: z.strictObject({ run: z.string(), executionArn: z.string(), until: timestamp }).optional(),
  phase: Phase,
  image: Image,
  policy: RolloutPolicy,
  autoScalingGroupName: z.string(),
  startedAt: timestamp,
  before: z.strictObject({
    launchTemplate: TemplateVersion,
    amiId: z.string(),
    follows: z.enum(['number', '$Default', '$Latest']),
    patchLevel: z.string().optional(),
  }),
  launchTemplate: z.strictObject({ id: z.string(), fromVersion: z.int(), toVersion: z.int() }).optional(),
  hook: z.literal('open').optional(),
  rollout: Attempt.optional(),
  /** Why the group goes back; with a template version once a replacement of its own was needed for that. */
  rollBack: z
    .strictObject({ reason: ReasonDocument, launchTemplate: TemplateVersion.optional(), attempt: Attempt.optional() })
    .optional(),
  verified: Verified.optional(),
  alertedAt: timestamp.optional(),
  /** The last run that ended here, and how. */
  outcome: z.strictObject({ run: z.string(), outcome: z.string(), reason: ReasonDocument.optional() }).optional(),
});
export type StateFile = Readonly<z.infer<typeof StateFile>>;

/**
 * The attempt to work on: the one that was intended and not confirmed, or a new one.
 *
 * @param newestId the group's newest replacement, which is not ours yet.
 */
export function nextAttempt(last: Attempt | undefined, newestId: string | undefined, now: Date): Attempt {
  if (last && last.id === undefined) return last;
  return {
    startedAt: now.toISOString(),
    attempts: (last?.attempts ?? 0) + 1,
    ...(newestId !== undefined && { after: newestId }),
  };
}

/**
 * The file after a start that did not come about, because somebody else's replacement runs. A first attempt has changed
 * nothing, so there is nothing to go back from.
 */
export function withdrawAttempt(state: StateFile): StateFile {
  const { rollout, ...rest } = state;
  return rollout !== undefined && rollout.attempts > 1 ? state : { ...rest, phase: 'admitting' };
}

/** The template versions that reglaze has set or found in the group; any other is somebody else's doing. */
export const knownVersions = (state: StateFile): TemplateVersion[] =>
  [state.before.launchTemplate, state.launchTemplate && targetVersion(state), state.rollBack?.launchTemplate].filter(
    (each) => each !== undefined,
  );

/**
 * The version that the rollout brings.
 *
 * @throws {NodeGroupChanged} There is none yet: a step was left out.
 */
export function targetVersion({ launchTemplate, cluster, nodeGroup }: StateFile): TemplateVersion {
  if (launchTemplate) return { id: launchTemplate.id, version: launchTemplate.toVersion };
  throw new NodeGroupChanged(`The state file of ${cluster}/${nodeGroup} names no new launch template version.`);
}
