import { deleteObject } from './deletion.ts';
import type { KubernetesObject } from './objects.ts';
import { namespaces, resources } from './resources.ts';
import type { Storage } from './storage.ts';
import { isTerminating } from './workload-objects.ts';
import type { ControllerOptions } from './workloads/controller.ts';

type Options = Pick<ControllerOptions, 'kernel' | 'storage' | 'work'>;

const stored = resources.filter((resource) => resource.stored !== false);

/**
 * Deletes what belongs to an owner, or a namespace, that no longer exists.
 * kubernetes.io/docs/concepts/architecture/garbage-collection
 */
export function runGarbageCollector({ kernel, storage, work }: Options): void {
  /** Keys are uids of objects that are gone, and `namespace/` with the name of one. */
  const queue = work.queue((key) => {
    const [uid = '', namespace] = key.split('/');
    const left = stored.flatMap((resource) =>
      (namespace === undefined ? storage.listOwned(resource, uid) : storage.list(resource, namespace)).map(
        (object) => ({
          resource,
          object,
        }),
      ),
    );
    for (const { resource, object } of left) {
      const isOver = namespace === undefined ? isOrphan(storage, object) : resource.namespaced;
      if (isOver && !isTerminating(object)) deleteObject({ storage, kernel }, resource, object, {});
    }
  });
  storage.onChange(({ type, resource, object }) => {
    if (type !== 'DELETED') return;
    queue.add(object.metadata.uid);
    if (resource === namespaces) queue.add(`namespace/${object.metadata.name}`);
  });
}

/** None of its owners is there any more. */
function isOrphan(storage: Storage, { metadata }: KubernetesObject): boolean {
  return (metadata.ownerReferences ?? []).every(({ apiVersion, kind, name, uid }) => {
    const resource = stored.find((each) => each.kind === kind && apiVersion.startsWith(each.group));
    if (resource === undefined) return true;
    return storage.get(resource, resource.namespaced ? (metadata.namespace ?? '') : '', name)?.metadata.uid !== uid;
  });
}
