import { elementsInOrder } from './element-order.ts';
import { type Fields, isMessage, jsonFields } from './kind-schema.ts';
import { isJsonObject, type JsonObject } from './merge-patch.ts';

const directive = '$patch';
const deleteFromList = '$deleteFromPrimitiveList/';
const elementOrder = '$setElementOrder/';
const retainKeys = '$retainKeys';

/**
 * Kubernetes' own merge patch: as RFC 7386, but the lists whose Go type says so are merged by the key that it names,
 * and `$patch`, `$retainKeys` and the other directives are obeyed.
 *
 * @param type Of the target, such as `core.v1.Pod`; lists of an unknown one are replaced as a whole.
 */
export function applyStrategicMergePatch(target: JsonObject, patch: JsonObject, type: string): JsonObject {
  if (patch[directive] === 'replace') return withoutDirectives(patch);
  if (patch[directive] === 'delete') return {};
  const retained = patch[retainKeys];
  const result: Record<string, unknown> = Array.isArray(retained)
    ? Object.fromEntries(Object.entries(target).filter(([name]) => retained.includes(name)))
    : { ...target };
  const fields = jsonFields(type);
  for (const [name, value] of Object.entries(patch)) applyMember(result, name, value, fields);
  for (const [name, order] of Object.entries(patch)) {
    if (name.startsWith(elementOrder)) putInOrder(result, name.slice(elementOrder.length), order, { target, fields });
  }
  return result;
}

function applyMember(result: Record<string, unknown>, name: string, value: unknown, fields: Fields): void {
  if (name.startsWith(deleteFromList)) {
    const list = name.slice(deleteFromList.length);
    const gone = Array.isArray(value) ? value : [];
    result[list] = asList(result[list]).filter((element) => !gone.includes(element));
  } else if (name.startsWith(elementOrder) || name === retainKeys || name === directive) {
    return;
  } else if (value === null) {
    delete result[name];
  } else {
    result[name] = mergeValue(name, result[name], value, fields);
  }
}

function mergeValue(name: string, current: unknown, value: unknown, fields: Fields): unknown {
  const { type = '', merge } = fields[name] ?? {};
  if (Array.isArray(value)) return merge === undefined ? value : mergeList(asList(current), value, merge, type);
  if (isJsonObject(value)) return applyStrategicMergePatch(isJsonObject(current) ? current : {}, value, type);
  return value;
}

function mergeList(current: readonly unknown[], patch: readonly unknown[], key: string, type: string): unknown[] {
  if (!isMessage({ type })) return [...current, ...patch.filter((element) => !current.includes(element))];
  if (patch.some((element) => isJsonObject(element) && element[directive] === 'replace')) {
    return patch.filter((element) => !(isJsonObject(element) && element[directive] !== undefined));
  }
  const result = [...current];
  for (const element of patch.filter(isJsonObject)) mergeElement(result, key, element, type);
  return result;
}

function mergeElement(list: unknown[], key: string, element: JsonObject, type: string): void {
  const index = list.findIndex((existing) => isJsonObject(existing) && existing[key] === element[key]);
  const existing = list[index];
  if (element[directive] === 'delete') {
    if (index !== -1) list.splice(index, 1);
  } else if (isJsonObject(existing)) {
    list[index] = applyStrategicMergePatch(existing, element, type);
  } else {
    list.push(withoutDirectives(element));
  }
}

function putInOrder(
  result: Record<string, unknown>,
  name: string,
  order: unknown,
  { target, fields }: { readonly target: JsonObject; readonly fields: Fields },
): void {
  const { merge: key, type = '' } = fields[name] ?? {};
  if (key === undefined || !Array.isArray(order) || !Array.isArray(result[name])) return;
  const keyOf = (element: unknown) =>
    isMessage({ type }) && isJsonObject(element) ? element[key] : (element as string | undefined);
  result[name] = elementsInOrder(result[name], order.map(keyOf), asList(target[name]).map(keyOf), keyOf);
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([name]) => !name.startsWith('$')));
}
