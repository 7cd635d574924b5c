import type { Node } from '../node-objects.ts';
import { controllerOf, type Pod } from '../workload-objects.ts';
import { intolerable } from './node-fit.ts';
import { type NodeUsage, scoredRequests, zoneOf } from './node-usage.ts';
import { type Amounts, amountOf } from './quantities.ts';

/** A pod, with what it asks for, and its controller. */
type Candidate = { readonly spec: Pod['spec']; readonly asked: Amounts; readonly controller: string | undefined };

/** A way to compare nodes for a pod. `lowest` points are normalized so that the lowest number gets 100. */
type Plugin = {
  readonly weight: number;
  readonly normalize: 'lowest' | 'none';
  readonly points: (candidate: Candidate, node: Node, usage: NodeUsage) => number;
};

/**
 * Plugins and weights of the default profile, as far as anything here tells nodes apart: PreferNoSchedule taints, the
 * default spreading over nodes and zones, free resources, container images that are there.
 * kubernetes.io/docs/reference/scheduling/config, kubernetes/pkg/scheduler/apis/config/v1/default_plugins.go
 */
const plugins: readonly Plugin[] = [
  {
    weight: 3,
    normalize: 'lowest',
    points: ({ spec }, node) => intolerable(spec, node.spec.taints ?? [], ['PreferNoSchedule']).length,
  },
  { weight: 2, normalize: 'lowest', points: crowding },
  { weight: 1, normalize: 'none', points: freeShare },
  { weight: 1, normalize: 'none', points: presentImages },
];

/** Total points of each node, in the order of the nodes. */
export function scoresOf(pod: Pod, candidates: readonly Node[], usage: NodeUsage): readonly number[] {
  const candidate = { spec: pod.spec, asked: scoredRequests(pod), controller: controllerOf(pod)?.uid };
  const weighted = plugins.map(({ weight, normalize, points }) => {
    const given = candidates.map((node) => points(candidate, node, usage));
    return (normalize === 'none' ? given : lowestBest(given)).map((value) => weight * value);
  });
  return candidates.map((_, index) => weighted.reduce((sum, points) => sum + (points[index] ?? 0), 0));
}

/** 100 for none, 0 for the highest. */
function lowestBest(given: readonly number[]): readonly number[] {
  const highest = given.reduce((most, value) => Math.max(most, value), 0);
  return given.map((value) => (highest === 0 ? 100 : (100 * (highest - value)) / highest));
}

/** Pods of the same controller on the node and in its zone: constraints that hold where they can. */
function crowding({ controller }: Candidate, node: Node, usage: NodeUsage): number {
  if (controller === undefined) return 0;
  return usage.onNode(controller, node.metadata.name) + usage.inZone(controller, zoneOf(node)) / 10;
}

function freeShare({ asked }: Candidate, node: Node, usage: NodeUsage): number {
  const { scored } = usage.of(node.metadata.name);
  const share = (name: 'cpu' | 'memory') => {
    const allocatable = amountOf(node.status.allocatable[name] ?? '0');
    const used = (scored[name] ?? 0) + (asked[name] ?? 0);
    return allocatable === 0 ? 0 : Math.max(0, 1 - used / allocatable);
  };
  return 50 * (share('cpu') + share('memory'));
}

function presentImages({ spec }: Candidate, { status }: Node): number {
  const { images = [] } = status;
  const sizeOf = (wanted: string) => images.find(({ names }) => names.includes(wanted))?.sizeBytes ?? 0;
  const present = spec.containers.reduce((sum, { image }) => sum + sizeOf(image), 0);
  const [least, most] = [23 * 2 ** 20, 1000 * 2 ** 20 * spec.containers.length];
  return (100 * (Math.min(Math.max(present, least), most) - least)) / (most - least);
}
