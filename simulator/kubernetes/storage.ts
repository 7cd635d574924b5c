import type { Kernel } from '../kernel/kernel.ts';
import { type KubernetesObject, timestamp } from './objects.ts';
import { apiVersionOf, type Resource } from './resources.ts';

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
  /** The list as it was at a revision that is not compacted. */
  readonly listAt: (resource: Resource, namespace: string | undefined, revision: number) => readonly KubernetesObject[];
  readonly create: <T extends KubernetesObject>(resource: Resource<T>, object: NewObject<T>) => T;
  /** Stores the object under its own key. A write that changes nothing makes no new revision. */
  readonly update: <T extends KubernetesObject>(resource: Resource<T>, object: T) => T;
  readonly remove: (resource: Resource, namespace: string, name: string) => KubernetesObject | undefined;
  readonly changesAfter: (resource: Resource, revision: number) => readonly Change[];
  /** Called after every write, in the order of writes. Returns how to stop. */
  readonly onChange: (listener: (change: Change) => void) => () => void;
};

/** As long as the API server keeps etcd's history. */
const historyMs = 5 * 60_000;

export function createStorage({ kernel, cluster }: { readonly kernel: Kernel; readonly cluster: string }): Storage {
  const { clock, random } = kernel;
  const tables = new Map<string, Map<string, KubernetesObject>>();
  const listeners = new Set<(change: Change) => void>();
  const untold: Change[] = [];
  let isTelling = false;
  let history: Change[] = [];
  let revision = 1;
  let compacted = 0;

  const tableOf = (resource: Resource): Map<string, KubernetesObject> => {
    const key = `${resource.group}/${resource.plural}`;
    const table = tables.get(key) ?? new Map<string, KubernetesObject>();
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
      sorted(tableOf(resource).values(), namespace) as readonly T[],
    listAt(resource, namespace, wanted) {
      const past = new Map(tableOf(resource));
      for (const change of storage.changesAfter(resource, wanted).toReversed()) undo(change, past);
      return sorted(past.values(), namespace);
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
      tableOf(resource).set(keyOfObject(object), object);
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
      tableOf(resource).set(key, stored);
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
    changesAfter: (resource, after) =>
      history.filter((change) => change.resource === resource && change.revision > after),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return storage;
}

function undo({ object, previous }: Change, table: Map<string, KubernetesObject>): void {
  if (previous === undefined) table.delete(keyOfObject(object));
  else table.set(keyOfObject(object), previous);
}

/** Keys sort as in etcd: `/` comes before every letter of a name. */
const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;
export const keyOfObject = ({ metadata }: KubernetesObject) => keyOf(metadata.namespace ?? '', metadata.name);

function sorted(objects: Iterable<KubernetesObject>, namespace: string | undefined): readonly KubernetesObject[] {
  const wanted = [...objects].filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  return wanted.sort((a, b) => (keyOfObject(a) < keyOfObject(b) ? -1 : 1));
}

function sameContent(a: KubernetesObject, b: KubernetesObject): boolean {
  const withoutVersion = (object: KubernetesObject) => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: '' },
  });
  return a === b || JSON.stringify(withoutVersion(a)) === JSON.stringify(withoutVersion(b));
}
