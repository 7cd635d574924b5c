import type { Kernel } from '../kernel/kernel.ts';
import { type KubernetesObject, timestamp } from './objects.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { createTable, keyOf, keyOfObject, namespaceIndex, ownerIndex, type Table } from './storage-table.ts';

/** One write. `previous` is what the object was before it; of a deletion `object` is the last state. */
export type Change = {
  readonly revision: number;
  readonly at: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly object: KubernetesObject;
  readonly previous?: KubernetesObject;
};

/** An object before it is stored: the storage gives uid, resourceVersion and creationTimestamp. */
export type NewObject<T extends KubernetesObject = KubernetesObject> = Omit<T, 'apiVersion' | 'kind' | 'metadata'> & {
  readonly metadata: Partial<T['metadata']> & { readonly name: string };
};

/**
 * What etcd and the watch cache are to the API server: objects by key, one revision for all of them that grows with
 * every write, and the changes of the last minutes, from which watches and paged lists read the past.
 */
export type Storage = {
  readonly revision: () => number;
  /** Changes up to this revision are forgotten. */
  readonly compacted: () => number;
  readonly get: <T extends KubernetesObject>(resource: Resource<T>, namespace: string, name: string) => T | undefined;
  /** In the order of keys: by namespace, then name. */
  readonly list: <T extends KubernetesObject>(resource: Resource<T>, namespace?: string) => readonly T[];
  /** Those that have a value in one of the kind's `indexedFields`, in the order of keys. Costs nothing for the others. */
  readonly listBy: <T extends KubernetesObject>(resource: Resource<T>, field: string, value: string) => readonly T[];
  /** Those that name the owner in `metadata.ownerReferences`, in the order of keys. */
  readonly listOwned: <T extends KubernetesObject>(resource: Resource<T>, ownerUid: string) => readonly T[];
  /**
   * The list as it was at a revision that is not compacted. With `fields`, values that the caller selects by, it may
   * leave out objects that have others.
   */
  readonly listAt: (resource: Resource, scope: ListScope, revision: number) => readonly KubernetesObject[];
  readonly create: <T extends KubernetesObject>(resource: Resource<T>, object: NewObject<T>) => T;
  /** Stores the object under its own key. A write that changes nothing makes no new revision. */
  readonly update: <T extends KubernetesObject>(resource: Resource<T>, object: T) => T;
  readonly remove: (resource: Resource, namespace: string, name: string) => KubernetesObject | undefined;
  readonly changesAfter: (resource: Resource, revision: number) => readonly Change[];
  /** Called after every write, in the order of writes. Returns how to stop. */
  readonly onChange: (listener: (change: Change) => void) => () => void;
};

export type ListScope = {
  readonly namespace: string | undefined;
  readonly fields?: Readonly<Record<string, string>>;
};

/** As long as the API server keeps etcd's history. */
const historyMs = 5 * 60_000;

export function createStorage({ kernel, cluster }: { readonly kernel: Kernel; readonly cluster: string }): Storage {
  const { clock, random } = kernel;
  const tables = new Map<string, Table>();
  const listeners = new Set<(change: Change) => void>();
  const untold: Change[] = [];
  let isTelling = false;
  let history: Change[] = [];
  let revision = 1;
  let compacted = 0;

  const tableOf = (resource: Resource): Table => {
    const key = `${resource.group}/${resource.plural}`;
    const known = tables.get(key);
    if (known !== undefined) return known;
    const table = createTable(resource);
    tables.set(key, table);
    return table;
  };

  const publish = (change: Change) => {
    history.push(change);
    if (history.length % 256 === 0) forgetOld();
    // A listener may write: what it writes is told after this change has been told to everybody.
    untold.push(change);
    if (isTelling) return;
    isTelling = true;
    try {
      for (let next = untold.shift(); next !== undefined; next = untold.shift()) {
        for (const listener of listeners) listener(next);
      }
    } finally {
      isTelling = false;
    }
  };

  const forgetOld = () => {
    const oldest = clock.now() - historyMs;
    const kept = history.findIndex(({ at }) => at >= oldest);
    const dropped = kept === -1 ? history.length : kept;
    if (dropped === 0) return;
    compacted = history[dropped - 1]?.revision ?? compacted;
    history = history.slice(dropped);
  };

  const storage: Storage = {
    revision: () => revision,
    compacted() {
      forgetOld();
      return compacted;
    },
    get: <T extends KubernetesObject>(resource: Resource<T>, namespace: string, name: string) =>
      tableOf(resource).get(keyOf(namespace, name)) as T | undefined,
    list: <T extends KubernetesObject>(resource: Resource<T>, namespace?: string) =>
      (namespace === undefined
        ? tableOf(resource).all()
        : tableOf(resource).indexed(namespaceIndex, namespace)) as readonly T[],
    listBy: <T extends KubernetesObject>(resource: Resource<T>, field: string, value: string) =>
      tableOf(resource).indexed(field, value) as readonly T[],
    listOwned: <T extends KubernetesObject>(resource: Resource<T>, ownerUid: string) =>
      tableOf(resource).indexed(ownerIndex, ownerUid) as readonly T[],
    listAt(resource, { namespace, fields = {} }, wanted) {
      const field = (resource.indexedFields ?? []).find((name) => fields[name] !== undefined);
      const now =
        field === undefined
          ? storage.list(resource, namespace)
          : inNamespace(storage.listBy(resource, field, fields[field] ?? ''), namespace);
      const later = storage.changesAfter(resource, wanted);
      return later.length === 0 ? now : inNamespace(asBefore(now, later), namespace);
    },
    create<T extends KubernetesObject>(resource: Resource<T>, given: NewObject<T>) {
      revision += 1;
      const object = {
        apiVersion: apiVersionOf(resource),
        kind: resource.kind,
        ...given,
        metadata: {
          ...given.metadata,
          uid: random.uuid('kubernetes object', cluster, resource.plural, revision),
          resourceVersion: String(revision),
          creationTimestamp: timestamp(clock.now()),
          ...(resource.hasGeneration ? { generation: 1 } : {}),
        },
      } as unknown as T;
      tableOf(resource).set(object);
      publish({ revision, at: clock.now(), type: 'ADDED', resource, object });
      return object;
    },
    update<T extends KubernetesObject>(resource: Resource<T>, object: T) {
      const key = keyOfObject(object);
      const previous = tableOf(resource).get(key);
      if (previous === undefined) throw new Error(`${resource.plural} ${key} is updated but does not exist`);
      if (sameContent(previous, object)) return previous as T;
      revision += 1;
      const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
      tableOf(resource).set(stored);
      publish({ revision, at: clock.now(), type: 'MODIFIED', resource, object: stored, previous });
      return stored;
    },
    remove(resource, namespace, name) {
      const previous = tableOf(resource).get(keyOf(namespace, name));
      if (previous === undefined) return undefined;
      tableOf(resource).delete(keyOf(namespace, name));
      revision += 1;
      const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
      publish({ revision, at: clock.now(), type: 'DELETED', resource, object, previous });
      return object;
    },
    changesAfter(resource, after) {
      const first = firstAfter(history, after);
      return history.slice(first).filter((change) => change.resource === resource);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return storage;
}

/** The place of the first change after a revision, by bisection. */
function firstAfter(history: readonly Change[], revision: number): number {
  let [low, high] = [0, history.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((history[middle] as Change).revision > revision) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A list without the changes that came later. Objects that changed are in it whatever index they were found by. */
function asBefore(now: readonly KubernetesObject[], later: readonly Change[]): readonly KubernetesObject[] {
  const past = new Map(now.map((object) => [keyOfObject(object), object]));
  for (const { object, previous } of later.toReversed()) {
    if (previous === undefined) past.delete(keyOfObject(object));
    else past.set(keyOfObject(object), previous);
  }
  return [...past.keys()].sort().map((key) => past.get(key) as KubernetesObject);
}

function inNamespace<T extends KubernetesObject>(objects: readonly T[], namespace: string | undefined): readonly T[] {
  return namespace === undefined ? objects : objects.filter(({ metadata }) => metadata.namespace === namespace);
}

function sameContent(a: KubernetesObject, b: KubernetesObject): boolean {
  const withoutVersion = (object: KubernetesObject) => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: '' },
  });
  return a === b || JSON.stringify(withoutVersion(a)) === JSON.stringify(withoutVersion(b));
}
