import type { Node, Taint } from '../node-objects.ts';
import type { Labels } from '../objects.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Toleration } from '../workload-objects.ts';

/** Whether a pod's node selector and its required node affinity name the node. */
export function matchesNode({ nodeSelector = {}, affinity }: Pick<PodSpec, 'nodeSelector' | 'affinity'>, node: Node) {
  const { labels = {} } = node.metadata;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const isSelected = Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
  return isSelected && (terms === undefined || matchesAnyTerm(terms, node));
}

/** One term is enough; a term without requirements matches nothing. kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node */
export function matchesAnyTerm(terms: readonly NodeSelectorTerm[], { metadata }: Node): boolean {
  const fields = { 'metadata.name': metadata.name };
  return terms.some(
    ({ matchExpressions = [], matchFields = [] }) =>
      matchExpressions.length + matchFields.length > 0 &&
      matchExpressions.every((requirement) => holds(requirement, metadata.labels ?? {})) &&
      matchFields.every((requirement) => holds(requirement, fields)),
  );
}

function holds({ key, operator, values = [] }: NodeSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return Number(value) > Number(values[0]);
    case 'Lt':
      return Number(value) < Number(values[0]);
  }
}

/** The node that a pod's affinity names in every term, as that of a daemon does; undefined when there is none. */
export function onlyNode({ affinity }: PodSpec): string | undefined {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const names = terms.map(({ matchFields = [] }) => matchFields.find(({ operator }) => operator === 'In')?.values);
  const [first] = names;
  return first?.length === 1 && names.every((values) => values?.join() === first.join()) ? first[0] : undefined;
}

/** Taints with one of the effects that the pod does not tolerate. */
export function intolerable(
  { tolerations = [] }: Pick<PodSpec, 'tolerations'>,
  taints: readonly Taint[],
  effects: readonly Taint['effect'][],
): readonly Taint[] {
  if (taints.length === 0) return taints;
  return taints.filter(
    (taint) => effects.includes(taint.effect) && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}

/** kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration */
export function tolerates(
  { key = '', operator = 'Equal', value = '', effect = '' }: Toleration,
  taint: Taint,
): boolean {
  if (effect !== '' && effect !== taint.effect) return false;
  if (key === '' ? operator !== 'Exists' : key !== taint.key) return false;
  return operator === 'Exists' || value === (taint.value ?? '');
}
