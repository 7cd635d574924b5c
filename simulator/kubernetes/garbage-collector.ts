import type { Kernel } from '../kernel/kernel.ts';
import type { ClusterTimings } from './cluster-timings.ts';
import { deleteObject } from './deletion.ts';
import type { KubernetesObject } from './objects.ts';
import { createReconciler } from './reconciler.ts';
import { namespaces, type Resource, resources } from './resources.ts';
import type { Storage } from './storage.ts';

/** Deletes what belongs to an owner, or a namespace, that no longer exists. */
export function runGarbageCollector({
  kernel,
  storage,
  timings,
}: {
  readonly kernel: Kernel;
  readonly storage: Storage;
  readonly timings: ClusterTimings;
}): void {
  const { trigger } = createReconciler(kernel.clock, timings.controllerDelay, () => {
    const everything = resources.flatMap((resource) => storage.list(resource).map((object) => ({ resource, object })));
    const uids = new Set(everything.map(({ object }) => object.metadata.uid));
    for (const { resource, object } of everything) {
      if (isOrphan(object, uids) || isHomeless(storage, resource, object)) {
        deleteObject({ storage, kernel }, resource, object, {});
      }
    }
  });
  storage.onChange(({ type }) => {
    if (type === 'DELETED') trigger();
  });
}

function isOrphan({ metadata }: KubernetesObject, uids: ReadonlySet<string>): boolean {
  const owners = metadata.ownerReferences ?? [];
  return owners.length > 0 && owners.every(({ uid }) => !uids.has(uid));
}

function isHomeless(storage: Storage, { namespaced }: Resource, { metadata }: KubernetesObject): boolean {
  return namespaced && storage.get(namespaces, '', metadata.namespace ?? '') === undefined;
}
