import { rolloutName } from './execution-name.ts';
import type { GroupReport, Plan } from './report.ts';

/** True for a group of the plan that has no instance to prove the AMI with: it follows once another group has. */
export const waitsForProof = ({ outcome, reason }: Pick<GroupReport, 'outcome' | 'reason'>): boolean =>
  outcome === 'skipped' && reason?.error === 'NoInstances';

/** Whether a group of the plan may be rolled in the run, now or after others. */
export const mayRoll = (group: GroupReport): boolean => group.outcome === 'planned' || waitsForProof(group);

/** A group all of whose nodes work on the AMI. */
const isProof = ({ outcome, nodes }: GroupReport): boolean =>
  outcome === 'patched' || (outcome === 'up-to-date' && nodes.total > 0);

/**
 * The groups without instances that may get the AMI now: none as long as no other group has proved it.
 *
 * @param outcomes how the rollouts of the run have ended.
 */
export function provedGroups(plan: Plan, outcomes: readonly GroupReport[]): GroupReport[] {
  const isProved = !plan.dryRun && [...plan.nodeGroups, ...outcomes].some(isProof);
  return isProved ? plan.nodeGroups.filter(waitsForProof) : [];
}

/** The input of one group's rollout, with the name of its execution. */
export const rolloutOf = ({ run, image }: Pick<Plan, 'run' | 'image'>, { cluster, name, kind }: GroupReport) => ({
  ...{ run, image, cluster, nodeGroup: name, kind },
  executionName: rolloutName(run, cluster, name),
});
