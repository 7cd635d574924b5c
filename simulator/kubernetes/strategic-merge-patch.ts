import { isJsonObject, type JsonObject } from './merge-patch.ts';

/**
 * Lists that a strategic merge patch merges element by element, with the member that identifies an element. Lists of
 * plain values have none. Every list that is not named here is replaced as a whole, as `taints` of a node is.
 */
const mergeKeys: Readonly<Record<string, string | undefined>> = {
  addresses: 'type',
  conditions: 'type',
  containers: 'name',
  env: 'name',
  finalizers: undefined,
  imagePullSecrets: 'name',
  initContainers: 'name',
  ownerReferences: 'uid',
  podCIDRs: undefined,
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  volumes: 'name',
};

const directive = '$patch';
const deleteFromList = '$deleteFromPrimitiveList/';
const elementOrder = '$setElementOrder/';
const retainKeys = '$retainKeys';

/** Kubernetes' own merge patch: as RFC 7386, but lists of objects are merged by key and `$patch` directives obeyed. */
export function applyStrategicMergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  if (patch[directive] === 'replace') return withoutDirectives(patch);
  if (patch[directive] === 'delete') return {};
  const retained = patch[retainKeys];
  const result: Record<string, unknown> = Array.isArray(retained)
    ? Object.fromEntries(Object.entries(target).filter(([name]) => retained.includes(name)))
    : { ...target };
  for (const [name, value] of Object.entries(patch)) applyMember(result, name, value);
  return result;
}

function applyMember(result: Record<string, unknown>, name: string, value: unknown): void {
  if (name.startsWith(deleteFromList)) {
    const list = name.slice(deleteFromList.length);
    const gone = Array.isArray(value) ? value : [];
    result[list] = asList(result[list]).filter((element) => !gone.includes(element));
  } else if (name.startsWith(elementOrder) || name === retainKeys || name === directive) {
    return;
  } else if (value === null) {
    delete result[name];
  } else {
    result[name] = mergeValue(name, result[name], value);
  }
}

function mergeValue(name: string, current: unknown, value: unknown): unknown {
  if (Array.isArray(value)) return Object.hasOwn(mergeKeys, name) ? mergeList(name, asList(current), value) : value;
  if (isJsonObject(value)) return applyStrategicMergePatch(isJsonObject(current) ? current : {}, value);
  return value;
}

function mergeList(name: string, current: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const key = mergeKeys[name];
  if (key === undefined) return [...current, ...patch.filter((element) => !current.includes(element))];
  if (patch.some((element) => isJsonObject(element) && element[directive] === 'replace')) {
    return patch.filter((element) => !(isJsonObject(element) && element[directive] !== undefined));
  }
  const result = [...current];
  for (const element of patch.filter(isJsonObject)) mergeElement(result, key, element);
  return result;
}

function mergeElement(list: unknown[], key: string, element: JsonObject): void {
  const index = list.findIndex((existing) => isJsonObject(existing) && existing[key] === element[key]);
  const existing = list[index];
  if (element[directive] === 'delete') {
    if (index !== -1) list.splice(index, 1);
  } else if (isJsonObject(existing)) {
    list[index] = applyStrategicMergePatch(existing, element);
  } else {
    list.push(withoutDirectives(element));
  }
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([name]) => !name.startsWith('$')));
}
