import type { Node } from '../node-objects.ts';
import type { PodSpec } from '../workload-objects.ts';
import { intolerable, matchesNode, tolerates } from './node-fit.ts';
import type { Usage } from './node-usage.ts';
import { type Amounts, amountOf } from './quantities.ts';

const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;

/**
 * Why a pod cannot run on a node, in the scheduler's words; undefined when it can.
 * kubernetes.io/docs/reference/scheduling/config#scheduling-plugins
 */
export function obstacleFor(spec: PodSpec, node: Node, requests: Amounts, usage: Usage): string | undefined {
  const isCordoned = node.spec.unschedulable === true && !spec.tolerations?.some((each) => tolerates(each, cordon));
  if (isCordoned) return 'node(s) were unschedulable';
  const [taint] = intolerable(spec, node.spec.taints ?? [], ['NoSchedule', 'NoExecute']);
  if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  if (!matchesNode(spec, node)) return "node(s) didn't match Pod's node affinity/selector";
  const { allocatable } = node.status;
  if (usage.pods + 1 > amountOf(allocatable.pods ?? '0')) return 'Too many pods';
  const short = Object.entries(requests).find(
    ([name, amount]) => amount > 0 && (usage.requests[name] ?? 0) + amount > amountOf(allocatable[name] ?? '0') + 1e-9,
  );
  return short === undefined ? undefined : `Insufficient ${short[0]}`;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` */
export function explain(obstacles: readonly string[]): string {
  const counts = Map.groupBy(obstacles, (text) => text);
  const parts = [...counts.keys()].sort().map((text) => `${counts.get(text)?.length} ${text}`);
  return `0/${obstacles.length} nodes are available${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`;
}
