import type { KubernetesObject } from './objects.ts';
import type { Resource } from './resources.ts';

/** Keys sort as in etcd: `/` comes before every letter of a name. */
export const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;
export const keyOfObject = ({ metadata }: KubernetesObject) => keyOf(metadata.namespace ?? '', metadata.name);

/** Names of the indexes that every kind has. */
export const namespaceIndex = 'metadata.namespace';
export const ownerIndex = 'metadata.ownerReferences.uid';

/** The objects of one kind, found by key and by the values of the kind's indexes. */
export type Table = {
  readonly get: (key: string) => KubernetesObject | undefined;
  readonly set: (object: KubernetesObject) => void;
  readonly delete: (key: string) => void;
  /** All of them in the order of their keys. */
  readonly all: () => readonly KubernetesObject[];
  /** Those that an index lists under a value, in the order of their keys. */
  readonly indexed: (index: string, value: string) => readonly KubernetesObject[];
};

type Index = {
  readonly read: (object: KubernetesObject) => readonly string[];
  readonly keys: Map<string, Set<string>>;
};

export function createTable(resource: Resource): Table {
  const objects = new Map<string, KubernetesObject>();
  const indexes = indexesOf(resource);
  /** All keys in order; undefined when one came or went since. */
  let order: readonly string[] | undefined;
  /** All objects in order; undefined when one was written since. */
  let listed: readonly KubernetesObject[] | undefined;
  const inOrder = (keys: readonly string[]) => keys.map((key) => objects.get(key) as KubernetesObject);

  const remove = (key: string) => {
    const object = objects.get(key);
    if (object !== undefined) for (const index of indexes.values()) unlist(index, object, key);
    objects.delete(key);
  };

  return {
    get: (key) => objects.get(key),
    set(object) {
      const key = keyOfObject(object);
      const previous = objects.get(key);
      if (previous === undefined) order = undefined;
      for (const index of indexes.values()) {
        if (previous !== undefined) unlist(index, previous, key);
        for (const value of index.read(object)) enlist(index, value, key);
      }
      objects.set(key, object);
      listed = undefined;
    },
    delete(key) {
      remove(key);
      order = undefined;
      listed = undefined;
    },
    all() {
      order ??= [...objects.keys()].sort();
      listed ??= inOrder(order);
      return listed;
    },
    indexed(index, value) {
      const keys = indexes.get(index)?.keys.get(value);
      return keys === undefined ? [] : inOrder([...keys].sort());
    },
  };
}

function indexesOf({ indexedFields = [], selectableFields }: Resource): Map<string, Index> {
  const fields = indexedFields.map((field) => {
    const read = selectableFields[field] ?? (() => '');
    return [field, (object: KubernetesObject) => [read(object)]] as const;
  });
  const readers = [
    [namespaceIndex, ({ metadata }: KubernetesObject) => [metadata.namespace ?? '']] as const,
    [ownerIndex, ({ metadata }: KubernetesObject) => (metadata.ownerReferences ?? []).map(({ uid }) => uid)] as const,
    ...fields,
  ];
  return new Map(readers.map(([name, read]) => [name, { read, keys: new Map() }]));
}

function enlist({ keys }: Index, value: string, key: string): void {
  const listed = keys.get(value);
  if (listed === undefined) keys.set(value, new Set([key]));
  else listed.add(key);
}

function unlist({ keys, read }: Index, object: KubernetesObject, key: string): void {
  for (const value of read(object)) {
    const listed = keys.get(value);
    listed?.delete(key);
    if (listed?.size === 0) keys.delete(value);
  }
}
