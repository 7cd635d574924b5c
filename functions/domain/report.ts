import * as v from 'valibot';
import { cutShortSentence, DrainReport, drainSentences } from './drain-report.ts';
import { type Reason, reason } from './errors.ts';
import { Estimate, estimateSentence } from './estimate.ts';
import { Image } from './image.ts';
import { Alias, GroupName, NodeGroupKind } from './node-group.ts';
import { Regression, regressionSentence } from './regression.ts';
import { countFromZero, nonEmpty, strictObject, timestamp, wholeNumber } from './shapes.ts';

export const Outcome = v.picklist([
  'patched',
  'partly-patched',
  'up-to-date',
  'rolled-back',
  'failed',
  'blocked',
  'skipped',
  'planned',
]);
export type Outcome = v.InferOutput<typeof Outcome>;

export const ReasonDocument = strictObject({ error: nonEmpty, cause: v.string() });

/** A launch template that may get few versions more. */
export const FullTemplate = strictObject({ id: nonEmpty, versionsLeft: wholeNumber });
export type FullTemplate = Readonly<v.InferOutput<typeof FullTemplate>>;

/** What is to be told of it, before it keeps the group from being rolled. */
export const nearlyFullSentence = ({ cluster, name }: GroupName, { id, versionsLeft }: FullTemplate): string =>
  `The launch template ${id} of ${cluster}/${name} may get ${versionsLeft} more versions, of 10,000. Every rollout ` +
  'makes one or two. Delete old ones that no group names.';

/** What a run did to one node group, or would do: the element of `nodeGroups` in every plan and summary. */
export const GroupReport = strictObject({
  cluster: v.string(),
  name: v.string(),
  kind: NodeGroupKind,
  outcome: Outcome,
  reason: v.optional(ReasonDocument),
  nodes: strictObject({ total: wholeNumber, patched: wholeNumber }),
  fromAmi: v.optional(v.string()),
  toAmi: v.string(),
  fromPatchLevel: v.optional(v.string()),
  toPatchLevel: v.optional(v.string()),
  launchTemplate: v.optional(
    strictObject({
      id: v.string(),
      fromVersion: wholeNumber,
      toVersion: v.optional(wholeNumber),
      /** Missing when the group names a number. */
      follows: v.optional(Alias),
    }),
  ),
  /** Of a group on Amazon's own AMI, which of its releases it was on and was to get. */
  release: v.optional(strictObject({ fromVersion: v.string(), toVersion: v.string() })),
  /** What to know of the group before it is rolled, nothing that forbids it; at the end also what others did to it. */
  warnings: v.optional(v.array(ReasonDocument)),
  /** Of a planned self-managed group: how long its rollout will take. */
  estimate: v.optional(Estimate),
  /** The other groups that move with it; missing when no alias of its launch template is followed. */
  unit: v.optional(v.array(GroupName)),
  /** Set when the group launched an older AMI at the plan than its last rollout had left it on. */
  regressed: v.optional(Regression),
  /** Set at the plan when a launch template of the group is near its quota of versions: the fullest. */
  nearlyFull: v.optional(FullTemplate),
  /** Set at the plan when the group's last rollout was to this AMI and did not end on it. */
  rejected: v.optional(v.literal(true)),
  /** What became of the pods of the nodes that left; missing when none did, or EKS drained them. */
  drains: v.optional(DrainReport),
  /** Pods that held up an update of EKS, in a sentence. */
  heldUp: v.optional(nonEmpty),
  startedAt: v.optional(timestamp),
  endedAt: v.optional(timestamp),
});
export type GroupReport = Readonly<v.InferOutput<typeof GroupReport>>;

/** `runs/<run>/plan.json`: written before anything is changed. Groups that will roll stand in it as `planned`. */
export const Plan = strictObject({
  run: v.string(),
  image: Image,
  dryRun: v.boolean(),
  /** Set when the input named the node groups, so that the plan may lack some that follow the channel. */
  limited: v.optional(v.literal(true)),
  plannedAt: timestamp,
  nodeGroups: v.array(GroupReport),
});
export type Plan = Readonly<v.InferOutput<typeof Plan>>;

/** `runs/<run>/summary.json` and the notification: how the run ended. */
export const Summary = strictObject({
  run: v.string(),
  /** Only in a summary that `settle` wrote for a dead run: how often its execution had been redriven by then. */
  settledRedrive: v.optional(countFromZero),
  status: v.picklist(['succeeded', 'failed']),
  error: v.optional(v.string()),
  cause: v.optional(v.string()),
  startedAt: v.optional(timestamp),
  endedAt: timestamp,
  image: v.optional(Image),
  /** The parameter in which the image's AMI is published; missing when the run did not prove it. */
  publishedAs: v.optional(v.string()),
  nodeGroups: v.array(GroupReport),
});
export type Summary = Readonly<v.InferOutput<typeof Summary>>;

const isBad = ({ outcome }: GroupReport): boolean =>
  ['failed', 'rolled-back', 'partly-patched', 'blocked'].includes(outcome);

/** The report of a group whose rollout ended before it could record an outcome, such as without ever getting its lease. */
export const withoutOutcome = (planned: GroupReport, why: Reason): GroupReport => ({
  ...planned,
  outcome: 'failed',
  reason: { ...why },
});

/**
 * Groups that were to roll and left no trace count as failed: for the reason of the run, when it died before their turn;
 * otherwise nobody knows what became of them.
 */
function judgeMissing(planned: GroupReport, dryRun: boolean, failure: Reason | undefined): GroupReport {
  if (planned.outcome !== 'planned' || dryRun) return planned;
  const unknown = `The rollout of ${planned.cluster}/${planned.name} recorded no outcome. Look at its execution, then start the run again.`;
  return withoutOutcome(planned, failure ?? reason('OutcomeMissing', unknown));
}

const sameGroup = (a: GroupReport, b: GroupReport): boolean => a.cluster === b.cluster && a.name === b.name;

/** A rollout does not know in what state its group was found, nor of what was warned then; the plan does. */
function findEnd(planned: GroupReport, outcomes: readonly GroupReport[]): GroupReport | undefined {
  const end = outcomes.find((outcome) => sameGroup(outcome, planned));
  if (end === undefined) return undefined;
  const { regressed, nearlyFull, estimate } = planned;
  // An end that is made of the plan's report has its warnings already.
  const others = (end.warnings ?? []).filter(({ cause }) => !planned.warnings?.some((each) => each.cause === cause));
  const warnings = [...(planned.warnings ?? []), ...others];
  return {
    ...end,
    ...(regressed && { regressed }),
    ...(nearlyFull && { nearlyFull }),
    ...(estimate && { estimate }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/**
 * The end of a run from its plan and the outcomes of its rollouts.
 *
 * The run failed if `failure` says so, or if any group is not on the AMI that should be; the error is that of the first
 * such group in the order of the plan. Groups that were up to date, skipped or only planned are fine.
 */
export function summarise(
  run: string,
  plan: Plan | undefined,
  outcomes: readonly GroupReport[],
  {
    failure,
    publishedAs,
    now,
  }: { readonly failure: Reason | undefined; readonly publishedAs?: string | undefined; readonly now: Date },
): Summary {
  const nodeGroups = (plan?.nodeGroups ?? []).map(
    (planned) => findEnd(planned, outcomes) ?? judgeMissing(planned, plan?.dryRun ?? false, failure),
  );
  const first = nodeGroups.find(isBad);
  const groupFailure = first && {
    error: first.reason?.error ?? 'RolloutEndedEarly',
    cause: `${first.cluster}/${first.name} is ${first.outcome}: ${first.reason?.cause ?? 'no cause was recorded'}`,
  };
  const decisive = failure ?? groupFailure;
  return {
    run,
    status: decisive === undefined ? 'succeeded' : 'failed',
    ...(decisive ?? {}),
    ...(plan && { startedAt: plan.plannedAt, image: plan.image }),
    ...(publishedAs !== undefined && { publishedAs }),
    endedAt: now.toISOString(),
    nodeGroups,
  };
}

/**
 * Whether a summary is the last word on a run.
 *
 * What `settle` wrote about a run that died holds until the run is redriven: then the run, or `settle` after its next
 * death, reports anew.
 *
 * @param settledRedrive how often the dead run was redriven; undefined when the living run asks.
 */
export const isLastWord = (summary: Summary, settledRedrive: number | undefined): boolean =>
  summary.settledRedrive === undefined || (settledRedrive !== undefined && summary.settledRedrive >= settledRedrive);

/** What the machine gets to know of a summary: whether to end green, and the error to end with otherwise. */
export const verdictOf = ({ status, error, cause }: Summary) => ({
  result: status,
  ...(error !== undefined && { error }),
  ...(cause !== undefined && { cause }),
});

/** Whether there is nothing to say of pods that held up an update, or the reason says it. */
const isToldAlready = ({ heldUp, reason }: GroupReport): boolean =>
  heldUp === undefined || (reason?.cause.includes(heldUp) ?? false);

/** What the notification says of one group. */
const groupLines = (group: GroupReport): string[] => [
  `${group.cluster}/${group.name}: ${group.outcome}, ${group.nodes.patched} of ${group.nodes.total} nodes on ${group.toAmi}` +
    (group.reason ? ` (${group.reason.error}: ${group.reason.cause})` : '') +
    (group.regressed && group.reason?.error !== 'Regressed' ? `. ${regressionSentence(group, group.regressed)}` : '') +
    (group.nearlyFull && !group.reason?.error.startsWith('LaunchTemplate')
      ? `. ${nearlyFullSentence(group, group.nearlyFull)}`
      : ''),
  ...(group.warnings ?? []).map(({ error, cause }) => `  ${error}: ${cause}`),
  ...(group.estimate && group.outcome === 'planned' ? [`  ${estimateSentence(group.estimate)}`] : []),
  ...(group.drains ? drainSentences(group.drains) : []).map((sentence) => `  ${sentence}`),
  ...(isToldAlready(group) ? [] : [`  ${group.heldUp}`]),
];

/**
 * What stands above all else in a report, however the run ended: nodes whose pods were killed, and by whose doing that can
 * be seen. Nobody should have to look for that.
 */
export const attentionLines = (nodeGroups: readonly Pick<GroupReport, 'cluster' | 'name' | 'drains'>[]): string[] =>
  nodeGroups.flatMap(({ cluster, name, drains }) => {
    const sentence = drains && cutShortSentence(drains);
    return sentence === undefined ? [] : [`${cluster}/${name}: ${sentence}`];
  });

/** The notification of a run's end: a subject line and a text for people. */
export function notificationOf(summary: Summary): { readonly subject: string; readonly text: string } {
  const lines = summary.nodeGroups.flatMap(groupLines);
  const published = summary.publishedAs === undefined ? [] : [`The AMI is published as ${summary.publishedAs}.`];
  const error = summary.error === undefined ? [] : [`${summary.error}: ${summary.cause ?? ''}`];
  return {
    subject: `reglaze ${summary.status}: ${summary.run}`.slice(0, 100),
    text: [
      `Run ${summary.run} ${summary.status}.`,
      ...attentionLines(summary.nodeGroups),
      ...error,
      ...lines,
      ...published,
    ].join('\n'),
  };
}
