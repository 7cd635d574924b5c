import { drainSentences } from '../../functions/domain/drain-report.ts';
import { estimateSentence } from '../../functions/domain/estimate.ts';
import { attentionLines } from '../../functions/domain/report.ts';
import type { NodeGroupDocument, RunDocument } from './document.ts';
import { formatDuration, plural, renderTable } from './format.ts';

/** The end of a run for people: a table of the node groups, what it cost, and what to try next. */
export function renderSummary(document: RunDocument, next: readonly string[]): string[] {
  const { run, image, publishedAs, nodeGroups, calls } = document;
  const took = formatDuration(run.simulatedSeconds * 1000);
  const awsCalls = Object.values(calls.aws).reduce((sum, count) => sum + count, 0);
  const kubernetesCalls = Object.values(calls.kubernetes).reduce((sum, count) => sum + count, 0);
  return [
    `Run ${run.status} after ${took} of account time.`,
    ...attentionLines(nodeGroups),
    ...(run.error ? [`${run.error.name}: ${run.error.cause}`] : []),
    ...(image
      ? [
          ...(image.arn ? [`Image ${image.arn}`] : []),
          `AMI ${image.amiId}${image.patchLevel ? `, patch level ${image.patchLevel}` : ''}`,
        ]
      : []),
    ...(publishedAs ? [`Published as ${publishedAs}`] : []),
    ...(nodeGroups.length > 0 ? ['', ...nodeGroupTable(nodeGroups)] : []),
    ...reasons(nodeGroups),
    ...estimates(nodeGroups),
    ...drains(nodeGroups),
    ...workloadTable(document),
    '',
    `${plural(awsCalls, 'AWS call')}, ${plural(kubernetesCalls, 'Kubernetes call')}, ${plural(calls.transitions, 'state transition')}.`,
    '',
    'Try next:',
    ...next.map((command) => `  ${command}`),
  ];
}

function nodeGroupTable(nodeGroups: RunDocument['nodeGroups']): string[] {
  return renderTable(
    ['node group', 'kind', 'outcome', 'patched', 'lowest Ready', 'from', 'to', 'template'],
    nodeGroups.map((group) => [
      `${group.cluster}/${group.name}`,
      group.kind,
      group.outcome,
      `${group.nodes.patched}/${group.nodes.total}`,
      group.readyNodes ? `${group.readyNodes.lowest}/${group.readyNodes.desired}` : '',
      group.fromPatchLevel ?? group.fromAmi ?? '',
      group.toPatchLevel ?? group.toAmi,
      versionsOf(group),
    ]),
  );
}

function reasons(nodeGroups: RunDocument['nodeGroups']): string[] {
  return nodeGroups.flatMap((group) => {
    const { cluster, name, reason, warnings = [] } = group;
    const lines = [...(reason ? [reason] : []), ...warnings].map(
      ({ error, cause }) => `${cluster}/${name}: ${error}: ${cause}`,
    );
    const past = reason?.error === 'Regressed' ? [] : regressionOf(group);
    return [...lines, ...past].flatMap((line) => ['', line]);
  });
}

/** What the plan expected, beside what it took. */
function estimates(nodeGroups: RunDocument['nodeGroups']): string[] {
  const lines = nodeGroups.flatMap(({ cluster, name, estimate, startedAt, endedAt }) => {
    if (estimate === undefined) return [];
    const took =
      startedAt === undefined || endedAt === undefined
        ? ''
        : ` It took ${formatDuration(Date.parse(endedAt) - Date.parse(startedAt))}.`;
    return [`Plan of ${cluster}/${name}: ${estimateSentence(estimate)}${took}`];
  });
  return lines.length === 0 ? [] : ['', ...lines];
}

function drains(nodeGroups: RunDocument['nodeGroups']): string[] {
  return nodeGroups.flatMap(({ cluster, name, drains: report }) => {
    const sentences = report === undefined ? [] : drainSentences(report);
    return sentences.length === 0 ? [] : ['', `Drains of ${cluster}/${name}:`, ...sentences.map((text) => `  ${text}`)];
  });
}

function workloadTable({ workloads, refusedEvictions }: RunDocument): string[] {
  const isAny = workloads.length > 0;
  const lowest = renderTable(
    ['workload', 'lowest Ready'],
    workloads.map(({ cluster, workload, lowestReady, inPlace }) => [
      `${cluster} ${workload}`,
      `${lowestReady}/${inPlace}`,
    ]),
  );
  const refusals = renderTable(
    ['budget', 'refused evictions'],
    refusedEvictions.map(({ cluster, budget, times }) => [`${cluster} ${budget}`, String(times)]),
  );
  return [...(isAny ? ['', ...lowest] : []), ...(refusedEvictions.length > 0 ? ['', ...refusals] : [])];
}

function regressionOf({ cluster, name, regressed }: NodeGroupDocument): string[] {
  if (regressed === undefined) return [];
  const { fromVersion, fromAmi, toVersion, toAmi, author } = regressed;
  const maker = author === undefined ? '' : `, made by ${author}`;
  return [
    `${cluster}/${name} had regressed: from template version ${fromVersion} (${fromAmi}) to ${toVersion} (${toAmi})${maker}`,
  ];
}

function versionsOf({ launchTemplate, release }: NodeGroupDocument): string {
  const versions = launchTemplate ?? release;
  if (versions === undefined) return '';
  const { fromVersion, toVersion } = versions;
  return toVersion === undefined ? String(fromVersion) : `${fromVersion} → ${toVersion}`;
}
