import { isJsonObject, type JsonObject } from './merge-patch.ts';
import type { KubernetesObject, LabelSelector, Labels } from './objects.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { matchesSelector } from './selectors.ts';
import { badRequest, type Cause, invalid } from './status.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const roleName = /^[^/%]+$/;
const labelKey = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";

/** The body as an object of this kind. @throws {ApiError} 400 when it is something else. */
export function readBody(body: unknown, resource: Resource, kind = resource.kind): JsonObject {
  if (!isJsonObject(body)) throw badRequest('the object provided is unrecognized (must be of type Object)');
  const expected = apiVersionOf(resource);
  const { apiVersion = expected, kind: given = kind } = body;
  if (apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${expected})`,
    );
  }
  if (given !== kind) throw badRequest(`${String(given)} in version "${expected}" cannot be handled as a ${kind}`);
  if (body.metadata !== undefined && !isJsonObject(body.metadata)) {
    throw badRequest(`${kind} in version "${expected}" cannot be handled as a ${kind}: metadata is not an object`);
  }
  return body;
}

/** Checks what the API server checks of every object, and of some kinds more. @throws {ApiError} 422 */
export function validate(resource: Resource, object: KubernetesObject): void {
  const causes = [...metadataCauses(resource, object), ...kindCauses(resource, object)];
  if (causes.length > 0) throw invalid(resource, object.metadata.name, causes);
}

function metadataCauses({ group }: Resource, { metadata }: KubernetesObject): Cause[] {
  const { name, labels = {} } = metadata;
  const isRbac = group === 'rbac.authorization.k8s.io';
  const legal = isRbac ? roleName.test(name) : subdomain.test(name) && name.length <= 253;
  const causes: Cause[] = [];
  if (name === '') causes.push(required('metadata.name', 'name or generateName is required'));
  else if (!legal) causes.push(invalidValue('metadata.name', name, subdomainRule));
  for (const [key, value] of Object.entries(labels)) {
    if (!labelKey.test(key))
      causes.push(invalidValue('metadata.labels', key, 'name part must consist of alphanumeric characters'));
    if (typeof value !== 'string' || !labelValue.test(value)) {
      causes.push(
        invalidValue(
          'metadata.labels',
          value,
          'a valid label must be an empty string or consist of alphanumeric characters',
        ),
      );
    }
  }
  return causes;
}

function kindCauses({ kind, group }: Resource, object: KubernetesObject): Cause[] {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  if (kind === 'Node') return taintCauses(spec.taints);
  if (kind === 'Pod') return podCauses(spec, 'spec');
  if (kind === 'PodDisruptionBudget') return [...budgetCauses(spec), ...policyCauses(spec.unhealthyPodEvictionPolicy)];
  if (kind === 'Job') return [...jobCauses(spec), ...templateCauses(spec)];
  if (group === 'apps') return workloadCauses(spec);
  return [];
}

function taintCauses(taints: unknown): Cause[] {
  const list = Array.isArray(taints) ? taints.filter(isJsonObject) : [];
  return list.flatMap((taint, index) => {
    const at = `spec.taints[${index}]`;
    const same = list.findIndex(({ key, effect }) => key === taint.key && effect === taint.effect);
    return [
      ...(taintEffects.includes(String(taint.effect))
        ? []
        : [notSupported(`${at}.effect`, taint.effect, taintEffects)]),
      ...(same < index
        ? [{ reason: 'FieldValueDuplicate', field: at, message: `Duplicate value: ${JSON.stringify(taint)}` }]
        : []),
    ];
  });
}

/** Parts of a pod that decide where it runs and that the scheduler of this account does not know. */
const unknownPlacement = ['topologySpreadConstraints', 'schedulingGates', 'priorityClassName', 'priority'];

function podCauses(spec: JsonObject, at: string): Cause[] {
  const containers = spec.containers;
  const unknown = unknownPlacement.filter((name) => spec[name] !== undefined);
  return [
    ...(Array.isArray(containers) && containers.length > 0 ? [] : [required(`${at}.containers`, '')]),
    ...unknown.map((name) => unknownToScheduler(`${at}.${name}`)),
    ...affinityCauses(spec.affinity, `${at}.affinity`),
    ...hostPortCauses(containers, `${at}.containers`),
  ];
}

const unknownToScheduler = (field: string): Cause => ({
  reason: 'FieldValueForbidden',
  field,
  message: 'Forbidden: the scheduler of this simulated cluster does not know it',
});

/** Of affinities only what a node must have. */
function affinityCauses(affinity: unknown, at: string): Cause[] {
  if (!isJsonObject(affinity)) return [];
  const others = Object.keys(affinity).filter((name) => name !== 'nodeAffinity');
  const nodeAffinity = isJsonObject(affinity.nodeAffinity) ? affinity.nodeAffinity : {};
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  return [
    ...others.map((name) => unknownToScheduler(`${at}.${name}`)),
    ...(nodeAffinity[preferred] === undefined ? [] : [unknownToScheduler(`${at}.nodeAffinity.${preferred}`)]),
  ];
}

function hostPortCauses(containers: unknown, at: string): Cause[] {
  const list = Array.isArray(containers) ? containers.filter(isJsonObject) : [];
  return list.flatMap(({ ports }, index) =>
    Array.isArray(ports) && ports.some((port) => isJsonObject(port) && port.hostPort)
      ? [unknownToScheduler(`${at}[${index}].ports.hostPort`)]
      : [],
  );
}

/** Jobs whose pods are not all alike, or wait for somebody. */
function jobCauses({ completionMode = 'NonIndexed', suspend = false }: JsonObject): Cause[] {
  return [
    ...(completionMode === 'NonIndexed' ? [] : [notSupported('spec.completionMode', completionMode, ['NonIndexed'])]),
    ...(suspend === false ? [] : [notSupported('spec.suspend', suspend, ['false'])]),
  ];
}

function countRule(value: unknown): string {
  if (typeof value === 'number') return 'must be greater than or equal to 0';
  if (/^\d+%$/.test(String(value))) return 'must not be greater than 100%';
  return "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
}

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget'];

function policyCauses(policy: unknown): Cause[] {
  if (policy === undefined || evictionPolicies.includes(String(policy))) return [];
  return [notSupported('spec.unhealthyPodEvictionPolicy', policy, evictionPolicies)];
}

function budgetCauses({ minAvailable, maxUnavailable }: JsonObject): Cause[] {
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    return [invalidValue('spec', 'PodDisruptionBudgetSpec', 'minAvailable and maxUnavailable cannot be both set')];
  }
  return Object.entries({ minAvailable, maxUnavailable }).flatMap(([name, value]) =>
    value === undefined || isCountOrPercentage(value) ? [] : [invalidValue(`spec.${name}`, value, countRule(value))],
  );
}

const isCountOrPercentage = (value: unknown) =>
  typeof value === 'number' ? Number.isInteger(value) && value >= 0 : /^(100|[1-9]?\d)%$/.test(String(value));

function workloadCauses(spec: JsonObject): Cause[] {
  return [
    ...(isJsonObject(spec.selector) ? [] : [required('spec.selector', '')]),
    ...selectorCauses(spec),
    ...templateCauses(spec),
  ];
}

/** A controller must find the pods that it makes. */
function selectorCauses({ selector, template }: JsonObject): Cause[] {
  const metadata = isJsonObject(template) && isJsonObject(template.metadata) ? template.metadata : {};
  const labels = (isJsonObject(metadata.labels) ? metadata.labels : {}) as Labels;
  if (isJsonObject(selector) && matchesSelector(selector as LabelSelector, labels)) return [];
  return [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

function templateCauses(spec: JsonObject): Cause[] {
  const template = isJsonObject(spec.template) ? spec.template : {};
  return podCauses(isJsonObject(template.spec) ? template.spec : {}, 'spec.template.spec');
}

const required = (field: string, detail: string): Cause => ({
  reason: 'FieldValueRequired',
  message: detail === '' ? 'Required value' : `Required value: ${detail}`,
  field,
});
const invalidValue = (field: string, value: unknown, detail: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
  field,
});
const notSupported = (field: string, value: unknown, values: readonly string[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value ?? '')}: supported values: ${values.map((v) => `"${v}"`).join(', ')}`,
  field,
});
