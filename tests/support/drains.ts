import type { DrainRecord } from '../../functions/domain/drain-record.ts';
import type { StateFile } from '../../functions/domain/state-file.ts';
import type { Stage } from '../../scripts/start/stage.ts';
import type { LogEntry } from '../../simulator/kernel/event-log.ts';
import type { Cluster } from '../../simulator/kubernetes/cluster.ts';
import { entriesOf, leftovers, type Played } from './play.ts';

function filesBelow<Content>({ account, stack }: Stage, prefix: string): Content[] {
  const bucket = stack.outputs.RunBucketName ?? '';
  const keys = account.s3.keys(bucket).filter((key) => key.startsWith(prefix));
  return keys.map((key) => JSON.parse(account.s3.object(bucket, key)?.body.toString() ?? ''));
}

/** The drain records of an account, or of one node group as `<cluster>/<group>`, in the order in which nodes left. */
export const drainsOf = (stage: Stage, group = ''): DrainRecord[] =>
  filesBelow<DrainRecord>(stage, `drains/${group}`).toSorted(
    (a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt),
  );

/** What people were told whose subject contains the text. */
export const noticesOf = ({ account, stack }: Stage, text: string): string[] =>
  account.sns
    .publications(stack.outputs.NotificationsTopicArn ?? '')
    .filter(({ subject }) => subject?.includes(text))
    .map(({ message }) => message);

/** A pod that was deleted, or began to leave, without an eviction that the API server had granted. */
export type TakenPod = { readonly at: number; readonly workload: string; readonly pod: string };

/** Pods of a cluster's workloads that nobody had asked for by an eviction, whoever deleted them. */
export function takenWithoutEviction(log: readonly LogEntry[], cluster: string): TakenPod[] {
  const known = new Set<unknown>();
  const own = log.filter(({ details }) => details.cluster === cluster && details.namespace !== 'reglaze');
  return own.flatMap(({ at, kind, details: { uid, namespace, workload, pod } }) => {
    if (!['eviction.granted', 'pod.terminating', 'pod.deleted'].includes(kind) || known.has(uid)) return [];
    known.add(uid);
    return kind === 'eviction.granted' ? [] : [{ at, workload: `${namespace}/${workload}`, pod: String(pod) }];
  });
}

/** What we put on nodes for a while, beside cordons: the taint of outdated ones, and the label of those that leave. */
const marksOf = ({ name, taints, labels }: ReturnType<Cluster['nodes']>[number]): string[] => [
  ...taints.flatMap(({ key }) => (key.startsWith('reglaze') ? [`taint ${key} of ${name}`] : [])),
  ...Object.keys(labels).flatMap((key) => (key === leavingLabel ? [`label ${key} of ${name}`] : [])),
];

const leavingLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';

/**
 * What a run has left behind that it should not have: hooks, leases, pins, instances that wait at a hook, cordoned nodes,
 * taints and labels, on nodes and in files, turns, pods of smoke tests, executions that still run. Empty when a run and its drains have ended well.
 */
export function remains({ stage, log }: Pick<Played, 'stage' | 'log'>): string[] {
  const { account, clusters, nodeGroups } = stage;
  const waiting = nodeGroups.flatMap(({ autoScalingGroupName }) => {
    const instances = account.autoScaling.group(autoScalingGroupName)?.instances ?? [];
    return instances.filter(({ state }) => state !== 'InService').map(({ instanceId }) => `waiting ${instanceId}`);
  });
  const cordoned = [...clusters.values()].flatMap((cluster) =>
    cluster.nodes().flatMap(({ name, unschedulable }) => (unschedulable ? [`cordon of ${name}`] : [])),
  );
  const tainted = filesBelow<StateFile>(stage, 'state/').flatMap(({ taints, nodeGroup }) =>
    taints === undefined ? [] : [`taints of ${nodeGroup}`],
  );
  const marked = [...clusters.values()].flatMap((cluster) => cluster.nodes().flatMap(marksOf));
  const done = (operation: string) =>
    entriesOf(log, 'call.kubernetes').filter((call) => call.operation === operation && Number(call.status) < 300);
  const turns = done('create leases').length - done('delete leases').length;
  const ours = entriesOf(log, 'pod.created').filter(({ namespace }) => namespace === 'reglaze');
  const gone = new Set(entriesOf(log, 'pod.deleted').map(({ uid }) => uid));
  const running = account.stepFunctions.executions().filter(({ status }) => status === 'RUNNING');
  return [
    ...[...leftovers(stage), ...waiting, ...cordoned, ...tainted, ...marked],
    ...(turns === 0 ? [] : [`${turns} turns`]),
    ...ours.filter(({ uid }) => !gone.has(uid)).map(({ pod }) => `pod ${pod}`),
    ...running.map(({ name }) => `execution ${name}`),
  ];
}
