import { isJsonObject } from './merge-patch.ts';
import type { KubernetesObject } from './objects.ts';
import type { Resource } from './resources.ts';
import { type Cause, invalid } from './status.ts';

type Rule = {
  readonly applies: (resource: Resource) => boolean;
  readonly fields: readonly string[];
  readonly cause: Cause;
};

const forbidden = (field: string, why: string): Cause => ({
  reason: 'FieldValueForbidden',
  field,
  message: `Forbidden: ${why}`,
});

/** Members of `spec` that stay as they are once they have a value. */
const rules: readonly Rule[] = [
  {
    applies: ({ kind }) => kind === 'Node',
    fields: ['providerID'],
    cause: forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'),
  },
  {
    applies: ({ kind }) => kind === 'Pod',
    fields: ['nodeName', 'containers', 'nodeSelector'],
    cause: forbidden('spec', 'pod updates may not change fields other than those that are mutable'),
  },
  {
    applies: ({ group }) => group === 'apps',
    fields: ['selector'],
    cause: { reason: 'FieldValueInvalid', field: 'spec.selector', message: 'Invalid value: field is immutable' },
  },
  {
    // A ReplicaSet uses another template for the pods that it makes from then on, a Deployment rolls over to it.
    applies: ({ kind }) => kind === 'StatefulSet' || kind === 'DaemonSet',
    fields: ['template'],
    cause: forbidden('spec.template', 'rolling out another pod template is not simulated'),
  },
];

/** What is being deleted is let go of and not held by somebody else. */
function newFinalizerCauses({ metadata }: KubernetesObject, next: KubernetesObject): readonly Cause[] {
  if (metadata.deletionTimestamp === undefined) return [];
  const added = (next.metadata.finalizers ?? []).filter((name) => !metadata.finalizers?.includes(name));
  if (added.length === 0) return [];
  const names = added.map((name) => JSON.stringify(name)).join(', ');
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`;
  return [forbidden('metadata.finalizers', why)];
}

/** @throws {ApiError} 422 when a change touches what may not change. */
export function checkImmutable(resource: Resource, current: KubernetesObject, next: KubernetesObject): void {
  const before = isJsonObject(current.spec) ? current.spec : {};
  const after = isJsonObject(next.spec) ? next.spec : {};
  const isChanged = (field: string) =>
    before[field] !== undefined && JSON.stringify(before[field]) !== JSON.stringify(after[field]);
  const broken = rules.filter(({ applies, fields }) => applies(resource) && fields.some(isChanged));
  const causes = [...broken.map(({ cause }) => cause), ...newFinalizerCauses(current, next)];
  if (causes.length > 0) throw invalid(resource, current.metadata.name, causes);
}
