import type { Kernel } from '../kernel/kernel.ts';
import { bind } from './binding.ts';
import type { Node } from './node-objects.ts';
import { timestamp, withCondition } from './objects.ts';
import { nodes, persistentVolumeClaims, pods } from './resources.ts';
import { explain, obstacleFor } from './scheduling/filter.ts';
import { onlyNode } from './scheduling/node-fit.ts';
import { type NodeUsage, trackNodeUsage } from './scheduling/node-usage.ts';
import { requestsOf } from './scheduling/quantities.ts';
import { scoresOf } from './scheduling/score.ts';
import type { Change, Storage } from './storage.ts';
import { keyOfObject } from './storage-table.ts';
import { type PodVolumes, placeVolumes, volumesOf } from './volumes/pod-volumes.ts';
import type { Work } from './work-queue.ts';
import { hasFinished, isTerminating, type Pod } from './workload-objects.ts';

type Options = { readonly kernel: Kernel; readonly cluster: string; readonly storage: Storage; readonly work: Work };
type Scheduler = Options & {
  readonly usage: NodeUsage;
  /** Where the search of the next pod begins. */
  start: number;
};

/**
 * Gives every waiting pod the best of the nodes that it fits on. A pod that fits nowhere is looked at again when a node
 * has changed, another pod has gone, or a volume was bound.
 */
export function runScheduler(options: Options): void {
  const { storage, work } = options;
  const scheduler: Scheduler = { ...options, usage: trackNodeUsage(storage), start: 0 };
  const queue = work.queue((key) => {
    const [namespace = '', name = ''] = key.split('/');
    const pod = storage.get(pods, namespace, name);
    if (pod !== undefined && isWaiting(pod)) schedule(scheduler, pod);
  });
  storage.onChange((change) => {
    const { resource, object } = change;
    if (resource === pods && change.type !== 'DELETED' && isWaiting(object as Pod)) queue.add(keyOfObject(object));
    if (makesRoom(change)) for (const pod of storage.listBy(pods, 'spec.nodeName', '')) queue.add(keyOfObject(pod));
  });
}

const isWaiting = (pod: Pod) =>
  pod.spec.nodeName === undefined && pod.status.phase === 'Pending' && !isTerminating(pod);

function makesRoom({ resource, type, object, previous }: Change): boolean {
  if (resource === persistentVolumeClaims) return type === 'MODIFIED';
  if (resource === nodes) return type !== 'DELETED' && placement(object as Node) !== placement(previous as Node);
  if (resource !== pods || (object as Pod).spec.nodeName === undefined) return false;
  return type === 'DELETED' || (hasFinished(object as Pod) && !hasFinished(previous as Pod));
}

/** Of a node what decides whether pods fit on it. */
const placement = (node: Node | undefined) =>
  node && JSON.stringify([node.metadata.labels, node.spec, node.status.allocatable]);

function schedule(scheduler: Scheduler, pod: Pod): void {
  const { storage, kernel, cluster, usage } = scheduler;
  usage.assume(pod, undefined);
  const volumes = volumesOf(storage, pod);
  const found = typeof volumes === 'string' ? { fitting: [], message: volumes } : findNodes(scheduler, pod, volumes);
  if (typeof volumes === 'string' || found.fitting.length === 0) {
    wait(scheduler, pod, found.message);
    return;
  }
  const scores = scoresOf(pod, found.fitting, usage);
  const best = Math.max(...scores);
  const ties = found.fitting.filter((_, index) => (scores[index] ?? 0) >= best - 1e-9);
  const node = ties[Math.floor(kernel.random.fraction('scheduling', cluster, pod.metadata.uid) * ties.length)] as Node;
  // Volumes that wait for their first consumer are made in the node's zone first. The pod counts as being there meanwhile.
  if (placeVolumes(storage, volumes, node.metadata.name)) {
    usage.assume(pod, node.metadata.name);
    return;
  }
  const { name, namespace = '' } = pod.metadata;
  bind(storage, { namespace, name, nodeName: node.metadata.name, now: kernel.clock.now() });
}

/**
 * How many fitting nodes are enough: all up to a hundred, then a share that falls to five per cent.
 * kubernetes.io/docs/concepts/scheduling-eviction/scheduler-perf-tuning
 */
function enoughNodes(all: number): number {
  if (all < 100) return all;
  const percentage = Math.max(5, 50 - Math.floor(all / 125));
  return percentage >= 100 ? all : Math.max(100, Math.floor((all * percentage) / 100));
}

type Found = { readonly fitting: readonly Node[]; readonly message: string };

function findNodes(scheduler: Scheduler, pod: Pod, volumes: PodVolumes): Found {
  const { storage, usage, start } = scheduler;
  const only = onlyNode(pod.spec);
  const all = only === undefined ? storage.list(nodes) : [storage.get(nodes, '', only) ?? []].flat();
  const requests = requestsOf(pod.spec);
  const enough = enoughNodes(all.length);
  const fitting: Node[] = [];
  const obstacles: string[] = [];
  for (let step = 0; step < all.length && fitting.length < enough; step += 1) {
    const node = all[(start + step) % all.length] as Node;
    const own = usage.of(node.metadata.name);
    const obstacle = obstacleFor(pod.spec, node, requests, own) ?? volumes.obstacleFor(node);
    if (obstacle === undefined) fitting.push(node);
    else obstacles.push(obstacle);
  }
  if (all.length > 1) scheduler.start = (start + fitting.length + obstacles.length) % all.length;
  return { fitting, message: fitting.length > 0 ? '' : explain(obstacles) };
}

function wait({ storage, kernel }: Scheduler, pod: Pod, message: string): void {
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message } as const;
  const conditions = withCondition(pod.status.conditions, condition, timestamp(kernel.clock.now()));
  storage.update(pods, { ...pod, status: { ...pod.status, conditions } });
}
