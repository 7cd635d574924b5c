import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import type { KubernetesObject } from '../objects.ts';
import { at, listAt, numberAt, textAt } from './cell-text.ts';
import { ageColumn, ageOf, type Columns, column, nameColumn, wide } from './column.ts';

/** The columns of pods. */
export const podColumns: Columns = [
  nameColumn,
  column('Ready', readyText, 'The aggregate readiness state of this pod for accepting traffic.'),
  column('Status', statusText, 'The aggregate status of the containers in this pod.'),
  column('Restarts', restartsText, 'The number of times the containers in this pod have been restarted.'),
  ageColumn,
  wide(column('IP', (pod) => textAt(pod, 'status.podIP', '<none>'), 'IP address allocated to the pod.')),
  wide(column('Node', (pod) => textAt(pod, 'spec.nodeName', '<none>'), 'The node that the pod runs on.')),
  wide(
    column(
      'Nominated Node',
      (pod) => textAt(pod, 'status.nominatedNodeName', '<none>'),
      'The node that lower-priority pods are removed from for this pod.',
    ),
  ),
  wide(column('Readiness Gates', gatesText, 'Conditions beyond its containers that the pod must have to be ready.')),
];

const statuses = (pod: KubernetesObject) => listAt(pod, 'status.containerStatuses');
const isRunningAndReady = (status: JsonObject) => status.ready === true && at(status, 'state.running') !== undefined;

function readyText(pod: KubernetesObject): string {
  const sidecars = listAt(pod, 'spec.initContainers').filter(({ restartPolicy }) => restartPolicy === 'Always').length;
  const ready = [...statuses(pod), ...listAt(pod, 'status.initContainerStatuses')].filter(isRunningAndReady).length;
  return `${ready}/${listAt(pod, 'spec.containers').length + sidecars}`;
}

function statusText(pod: KubernetesObject): string {
  const phase = textAt(pod, 'status.phase');
  const isTerminal = phase === 'Succeeded' || phase === 'Failed';
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (at(pod, 'status.reason') === 'NodeLost') return 'Unknown';
    if (!isTerminal) return 'Terminating';
  }
  return initText(pod) ?? containerText(pod) ?? gatedText(pod) ?? textAt(pod, 'status.reason', phase);
}

/** What the first init container that has not finished is doing. */
function initText(pod: KubernetesObject): string | undefined {
  const all = listAt(pod, 'status.initContainerStatuses');
  const index = all.findIndex((status) => at(status, 'state.terminated.exitCode') !== 0 && status.started !== true);
  const status = all[index];
  if (status === undefined) return undefined;
  const ended = at(status, 'state.terminated');
  if (isJsonObject(ended)) return `Init:${endText(ended)}`;
  const waiting = textAt(status, 'state.waiting.reason');
  if (waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`;
  return `Init:${index}/${listAt(pod, 'spec.initContainers').length}`;
}

/** The reason of the first container that waits or has ended; `Running` pods need none. */
function containerText(pod: KubernetesObject): string | undefined {
  const reasons = statuses(pod).flatMap((status) => {
    const waiting = textAt(status, 'state.waiting.reason');
    const ended = at(status, 'state.terminated');
    if (waiting !== '') return [waiting];
    return isJsonObject(ended) ? [endText(ended)] : [];
  });
  const [reason] = reasons;
  if (reason !== 'Completed' || !statuses(pod).some(isRunningAndReady)) return reason;
  const isReady = listAt(pod, 'status.conditions').some(({ type, status }) => type === 'Ready' && status === 'True');
  return isReady ? 'Running' : 'NotReady';
}

function endText(ended: JsonObject): string {
  if (typeof ended.reason === 'string' && ended.reason !== '') return ended.reason;
  return ended.signal ? `Signal:${String(ended.signal)}` : `ExitCode:${String(ended.exitCode ?? 0)}`;
}

const gatedText = (pod: KubernetesObject) =>
  listAt(pod, 'status.conditions').some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')
    ? 'SchedulingGated'
    : undefined;

function restartsText(pod: KubernetesObject, now: number): string {
  const restarts = statuses(pod).reduce((sum, status) => sum + numberAt(status, 'restartCount'), 0);
  const ends = statuses(pod)
    .map((status) => textAt(status, 'lastState.terminated.finishedAt'))
    .filter((time) => time !== '')
    .sort();
  const last = ends.at(-1);
  return restarts === 0 || last === undefined ? String(restarts) : `${restarts} (${ageOf(last, now)} ago)`;
}

function gatesText(pod: KubernetesObject): string {
  const gates = listAt(pod, 'spec.readinessGates');
  if (gates.length === 0) return '<none>';
  const conditions = listAt(pod, 'status.conditions');
  const open = gates.filter(({ conditionType }) =>
    conditions.some(({ type, status }) => type === conditionType && status === 'True'),
  );
  return `${open.length}/${gates.length}`;
}
