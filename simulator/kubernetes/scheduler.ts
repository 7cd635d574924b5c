import type { Kernel } from '../kernel/kernel.ts';
import { bind } from './binding.ts';
import type { ClusterTimings } from './cluster-timings.ts';
import type { Node, Taint } from './node-objects.ts';
import { timestamp, withCondition } from './objects.ts';
import { createReconciler } from './reconciler.ts';
import { nodes, pods } from './resources.ts';
import type { Storage } from './storage.ts';
import { hasFinished, type Pod, type PodSpec, type Quantities } from './workload-objects.ts';

/** Gives every waiting pod the emptiest node that it fits on. */
export function runScheduler({
  kernel,
  storage,
  timings,
}: {
  readonly kernel: Kernel;
  readonly storage: Storage;
  readonly timings: ClusterTimings;
}): void {
  const { trigger } = createReconciler(kernel.clock, timings.controllerDelay, () => {
    const waiting = storage.list(pods).filter(isWaiting);
    for (const pod of waiting) schedule(storage, pod, kernel.clock.now());
  });
  storage.onChange(({ resource }) => {
    if (resource === nodes || resource === pods) trigger();
  });
}

const isWaiting = ({ spec, status, metadata }: Pod) =>
  spec.nodeName === undefined && status.phase === 'Pending' && metadata.deletionTimestamp === undefined;

function schedule(storage: Storage, pod: Pod, now: number): void {
  const running = storage.list(pods).filter((other) => !hasFinished(other));
  const candidates = storage.list(nodes).map((node) => {
    const own = running.filter(({ spec }) => spec.nodeName === node.metadata.name);
    return { name: node.metadata.name, own: own.length, obstacle: obstacleFor(pod.spec, node, own) };
  });
  const [best] = candidates.filter(({ obstacle }) => obstacle === undefined).sort((a, b) => a.own - b.own);
  const { name, namespace = '' } = pod.metadata;
  if (best !== undefined) {
    bind(storage, { namespace, name, nodeName: best.name, now });
    return;
  }
  const message = explain(candidates.map(({ obstacle }) => obstacle ?? ''));
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message } as const;
  const conditions = withCondition(pod.status.conditions, condition, timestamp(now));
  storage.update(pods, { ...pod, status: { ...pod.status, conditions } });
}

function explain(obstacles: readonly string[]): string {
  const counts = [...new Set(obstacles)]
    .sort()
    .map((text) => `${obstacles.filter((other) => other === text).length} ${text}`);
  return `0/${obstacles.length} nodes are available: ${counts.join(', ')}.`;
}

/** Why a pod cannot run on a node; undefined when it can. */
export function obstacleFor(spec: PodSpec, node: Node, running: readonly Pod[]): string | undefined {
  const { labels = {} } = node.metadata;
  const selects = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  if (!selects) return "node(s) didn't match Pod's node affinity/selector";
  const taint = untolerated(spec, node.spec.taints ?? []);
  if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  if (
    node.spec.unschedulable &&
    !isTolerated(spec, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })
  ) {
    return 'node(s) were unschedulable';
  }
  const short = shortOf(spec, node.status.allocatable, running);
  return short === undefined ? undefined : `Insufficient ${short}`;
}

export function untolerated(spec: PodSpec, taints: readonly Taint[]): Taint | undefined {
  return taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(spec, taint));
}

function isTolerated({ tolerations = [] }: PodSpec, taint: Taint): boolean {
  return tolerations.some(
    ({ key, operator = 'Equal', value = '', effect }) =>
      (effect === undefined || effect === '' || effect === taint.effect) &&
      (key === undefined ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || value === (taint.value ?? '')),
  );
}

function shortOf(spec: PodSpec, allocatable: Quantities, running: readonly Pod[]): string | undefined {
  if (running.length + 1 > amountOf(allocatable.pods ?? '0')) return 'pods';
  const requested = requestsOf(spec);
  return Object.keys(requested).find((name) => {
    const used = running.reduce((sum, pod) => sum + (requestsOf(pod.spec)[name] ?? 0), 0);
    return used + (requested[name] ?? 0) > amountOf(allocatable[name] ?? '0');
  });
}

function requestsOf({ containers }: PodSpec): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { resources } of containers) {
    for (const [name, amount] of Object.entries({ ...resources?.limits, ...resources?.requests })) {
      sums[name] = (sums[name] ?? 0) + amountOf(amount);
    }
  }
  return sums;
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  ...{ m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 },
};

/** A Kubernetes quantity as a number. */
export function amountOf(quantity: string): number {
  const [, digits = '0', unit = ''] = /^([\d.]+)([A-Za-z]*)$/.exec(quantity) ?? [];
  return Number(digits) * (units[unit] ?? Number.NaN);
}
