import * as v from 'valibot';
import { type Reason, reason } from './errors.ts';
import { ownTemplates } from './mixed-instances.ts';
import { displayName, type NodeGroup, type TemplateVersion } from './node-group.ts';
import { strictObject, wholeNumber } from './shapes.ts';
import type { StateFile } from './state-file.ts';

/** That a group launches an older AMI again than the one its last rollout has proved, and from which version. */
export const Regression = strictObject({
  /** What the last rollout promoted. */
  fromVersion: wholeNumber,
  fromAmi: v.string(),
  /** What the group launches from now. */
  toVersion: wholeNumber,
  toAmi: v.string(),
  /** Who made that version: AWS does not tell who set the group back to it. */
  author: v.optional(v.string()),
});
export type Regression = Readonly<v.InferOutput<typeof Regression>>;

const endedOnItsAmi = (state: StateFile): boolean =>
  state.phase === 'released' && ['patched', 'partly-patched'].includes(state.outcome?.outcome ?? '');

/** The versions that the last rollout has promoted, all with one AMI; more than one when overrides have their own. */
type Promoted = { readonly versions: readonly [TemplateVersion, ...TemplateVersion[]]; readonly amiId: string };

function promotedBy(state: StateFile | undefined): Promoted | undefined {
  if (state?.launchTemplate === undefined || !endedOnItsAmi(state)) return undefined;
  const { id, toVersion, overrides = [] } = state.launchTemplate;
  return { versions: [{ id, version: toVersion }, ...overrides], amiId: state.image.amiId };
}

/**
 * The two AMIs whose ages have to be compared to know whether the group has regressed: what its last rollout promoted,
 * and what it launches now. Undefined when there is nothing to compare: no rollout yet, one that went back, or a group
 * that launches what was promoted.
 *
 * @param state what the group's last rollout left.
 */
export function changedSince({ source }: NodeGroup, state: StateFile | undefined) {
  const promoted = promotedBy(state);
  if (promoted === undefined || source.type !== 'launch-template') return undefined;
  const launched = [source, ...ownTemplates(source.overrides)];
  const changed = launched.find(({ imageId }) => imageId !== undefined && imageId !== promoted.amiId);
  if (changed?.imageId === undefined) return undefined;
  return { promoted, template: changed.template, amiId: changed.imageId, author: changed.createdBy };
}

/**
 * The group's regression, if the AMI that it launches now is older than the promoted one: it is the one that the rollout
 * replaced, or was made earlier. A newer AMI is somebody's own progress, and no regression.
 *
 * @param madeAt when AMIs were made; one that EC2 does not know any more is missing.
 */
export function findRegression(
  group: NodeGroup,
  state: StateFile | undefined,
  madeAt: ReadonlyMap<string, Date>,
): Regression | undefined {
  const change = changedSince(group, state);
  if (change === undefined) return undefined;
  const { promoted, template, amiId, author } = change;
  const [then, now] = [madeAt.get(promoted.amiId), madeAt.get(amiId)];
  const isOlder = then !== undefined && now !== undefined && now < then;
  if (amiId !== state?.before.amiId && !isOlder) return undefined;
  const from = promoted.versions.find(({ id }) => id === template.id) ?? promoted.versions[0];
  return {
    fromVersion: from.version,
    fromAmi: promoted.amiId,
    toVersion: template.version,
    toAmi: amiId,
    ...(author !== undefined && { author }),
  };
}

/** The regression as a sentence, for reports. */
export function regressionSentence(
  group: Pick<NodeGroup, 'cluster' | 'name'>,
  { fromVersion, fromAmi, toVersion, toAmi, author }: Regression,
): string {
  const maker = author === undefined ? '' : `, which ${author} made`;
  return (
    `${displayName(group)} was on version ${fromVersion} of its launch template (${fromAmi}) after its last rollout, and was ` +
    `taken back since to version ${toVersion} (${toAmi})${maker}. See what sets it, often infrastructure as code.`
  );
}

/** The reason of a group that rolls again because it has regressed. */
export const regressed = (group: Pick<NodeGroup, 'cluster' | 'name'>, regression: Regression): Reason =>
  reason('Regressed', regressionSentence(group, regression));
