import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import type { KubernetesObject, LabelSelector } from '../objects.ts';

/** The value at a path such as `spec.template.spec`; undefined when a part of it is missing. */
export function at(object: unknown, path: string): unknown {
  return path.split('.').reduce((value, name) => (isJsonObject(value) ? value[name] : undefined), object);
}

export const textAt = (object: unknown, path: string, missing = ''): string => {
  const value = at(object, path);
  return value === undefined || value === null || value === '' ? missing : String(value);
};
export const numberAt = (object: unknown, path: string): number => Number(at(object, path) ?? 0);
export const listAt = (object: unknown, path: string): readonly JsonObject[] => {
  const value = at(object, path);
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
};

/** `a=1,b=2`, and `<none>` without labels. */
export function labelsText(labels: unknown): string {
  const pairs = Object.entries(isJsonObject(labels) ? labels : {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? '<none>' : pairs.map(([key, value]) => `${key}=${String(value)}`).join(',');
}

/** A selector of an object's spec as it is written in `labelSelector`. */
export function selectorText(selector: unknown): string {
  if (!isJsonObject(selector)) return '<none>';
  const { matchLabels = {}, matchExpressions = [] } = selector as LabelSelector;
  const parts = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...matchExpressions.map(({ key, operator, values = [] }) => ({
      key,
      text: {
        In: `${key} in (${values.toSorted().join(',')})`,
        NotIn: `${key} notin (${values.toSorted().join(',')})`,
        Exists: key,
        DoesNotExist: `!${key}`,
      }[operator],
    })),
  ];
  return parts.length === 0
    ? '<none>'
    : parts
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .map(({ text }) => text)
        .join(',');
}

/** Names or images of the containers of a pod template. */
export const containersText = (object: KubernetesObject, member: 'name' | 'image'): string =>
  listAt(object, 'spec.template.spec.containers')
    .map((container) => String(container[member] ?? ''))
    .join(',');

const modes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** Access modes of a volume in short. */
export const accessModesText = (list: unknown): string =>
  Object.entries(modes)
    .filter(([mode]) => Array.isArray(list) && list.includes(mode))
    .map(([, short]) => short)
    .join(',');
