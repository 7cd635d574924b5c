import type { Node } from '../node-objects.ts';
import { nodes, pods } from '../resources.ts';
import type { Storage } from '../storage.ts';
import { zoneLabel } from '../volumes/volume-objects.ts';
import { controllerOf, hasFinished, type Pod } from '../workload-objects.ts';
import { follow } from '../workloads/controller.ts';
import { type Amounts, requestsOf } from './quantities.ts';

/** What the pods of a node take of it, and how many of each controller are there. */
export type Usage = {
  readonly pods: number;
  readonly requests: Amounts;
  /** As `requests`, with the scheduler's minimum for containers that ask for no processor or memory. */
  readonly scored: Amounts;
};

export type NodeUsage = {
  readonly of: (nodeName: string) => Usage;
  /** Counts a pod that is not bound yet on the node that was chosen for it, or nowhere again. */
  readonly assume: (pod: Pod, nodeName: string | undefined) => void;
  /** Pods of a controller on a node. */
  readonly onNode: (controllerUid: string, nodeName: string) => number;
  readonly inZone: (controllerUid: string, zone: string) => number;
};

type Sums = { pods: number; requests: Record<string, number>; scored: Record<string, number> };
type Placed = {
  readonly node: string;
  readonly zone: string;
  readonly controller: string | undefined;
  readonly pod: Pod;
};

const nothing: Usage = { pods: 0, requests: {}, scored: {} };

/** Follows the storage, so that a scheduler need not count the pods of a node anew for every pod. */
export function trackNodeUsage(storage: Storage): NodeUsage {
  const sums = new Map<string, Sums>();
  const placed = new Map<string, Placed>();
  const counts = new Map<string, { nodes: Map<string, number>; zones: Map<string, number> }>();

  const count = ({ node, zone, controller }: Placed, by: number) => {
    if (controller === undefined) return;
    const own = counts.get(controller) ?? { nodes: new Map(), zones: new Map() };
    counts.set(controller, own);
    shift(own.nodes, node, by);
    shift(own.zones, zone, by);
    if (own.nodes.size === 0) counts.delete(controller);
  };
  const add = (place: Placed, by: 1 | -1) => {
    const sum = sums.get(place.node) ?? { pods: 0, requests: {}, scored: {} };
    sums.set(place.node, sum);
    sum.pods += by;
    addTo(sum.requests, requestsOf(place.pod.spec), by);
    addTo(sum.scored, scoredRequests(place.pod), by);
    count(place, by);
  };

  const put = (pod: Pod, node: string | undefined) => {
    const { uid } = pod.metadata;
    const before = placed.get(uid);
    if (before?.node === node) return;
    if (before !== undefined) add(before, -1);
    placed.delete(uid);
    if (node === undefined) return;
    const zone = zoneOf(storage.get(nodes, '', node));
    const place = { node, zone, controller: controllerOf(pod)?.uid, pod };
    placed.set(uid, place);
    add(place, 1);
  };

  follow({ storage }, pods, ({ type, object: pod }) => {
    if (type === 'DELETED' || hasFinished(pod)) put(pod, undefined);
    else if (pod.spec.nodeName !== undefined) put(pod, pod.spec.nodeName);
  });

  return {
    of: (nodeName) => sums.get(nodeName) ?? nothing,
    assume: put,
    onNode: (controller, nodeName) => counts.get(controller)?.nodes.get(nodeName) ?? 0,
    inZone: (controller, zone) => counts.get(controller)?.zones.get(zone) ?? 0,
  };
}

export const zoneOf = (node: Node | undefined) => node?.metadata.labels?.[zoneLabel] ?? '';

function shift(counts: Map<string, number>, key: string, by: number): void {
  const next = (counts.get(key) ?? 0) + by;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
}

function addTo(sum: Record<string, number>, amounts: Amounts, by: number): void {
  for (const [name, amount] of Object.entries(amounts)) sum[name] = (sum[name] ?? 0) + by * amount;
}

/** 100m and 200Mi, where a pod asks for nothing: only for the score. kubernetes/pkg/scheduler/util/pod_resources.go */
export function scoredRequests({ spec }: Pick<Pod, 'spec'>): Amounts {
  const { cpu = 0.1 * spec.containers.length, memory = 200 * 2 ** 20 * spec.containers.length } = requestsOf(spec);
  return { cpu, memory };
}
