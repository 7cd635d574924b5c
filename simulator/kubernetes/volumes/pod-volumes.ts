import type { Node } from '../node-objects.ts';
import { persistentVolumeClaims, persistentVolumes, storageClasses } from '../resources.ts';
import { matchesAnyTerm } from '../scheduling/node-fit.ts';
import type { Storage } from '../storage.ts';
import type { Pod } from '../workload-objects.ts';
import { type PersistentVolume, type PersistentVolumeClaim, selectedNodeAnnotation } from './volume-objects.ts';

/** What the scheduler must know of a pod's volumes. */
export type PodVolumes = {
  /** Why the volumes cannot be used on a node; undefined when they can. */
  readonly obstacleFor: (node: Node) => string | undefined;
  /** Claims that get their volume when a node is chosen for their first pod. */
  readonly unplaced: readonly PersistentVolumeClaim[];
};

export function claimsOf(storage: Storage, { spec, metadata }: Pod): readonly (PersistentVolumeClaim | string)[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => {
    if (persistentVolumeClaim === undefined) return [];
    const { claimName } = persistentVolumeClaim;
    return [storage.get(persistentVolumeClaims, metadata.namespace ?? '', claimName) ?? claimName];
  });
}

/** The volumes that a pod uses, as far as they are bound. */
export function boundVolumes(storage: Storage, pod: Pod): readonly PersistentVolume[] {
  return claimsOf(storage, pod).flatMap((claim) => {
    const name = typeof claim === 'string' ? undefined : claim.spec.volumeName;
    const volume = name === undefined ? undefined : storage.get(persistentVolumes, '', name);
    return volume === undefined ? [] : [volume];
  });
}

/**
 * Text: why the pod can run nowhere, in the words of the scheduler.
 * kubernetes.io/docs/concepts/storage/storage-classes#volume-binding-mode
 */
export function volumesOf(storage: Storage, pod: Pod): PodVolumes | string {
  const claims = claimsOf(storage, pod);
  const missing = claims.find((claim) => typeof claim === 'string');
  if (missing !== undefined) return `persistentvolumeclaim "${missing}" not found`;
  const known = claims.filter((claim) => typeof claim !== 'string');
  const deleted = known.find(({ metadata }) => metadata.deletionTimestamp !== undefined);
  if (deleted !== undefined) return `persistentvolumeclaim "${deleted.metadata.name}" is being deleted`;
  const unbound = known.filter(({ spec }) => spec.volumeName === undefined);
  if (unbound.some((claim) => !waitsForConsumer(storage, claim))) {
    return 'pod has unbound immediate PersistentVolumeClaims. not found';
  }
  const bound = boundVolumes(storage, pod);
  return {
    unplaced: unbound,
    obstacleFor(node) {
      const isOut = bound.some(
        ({ spec }) => spec.nodeAffinity && !matchesAnyTerm(spec.nodeAffinity.required.nodeSelectorTerms, node),
      );
      if (isOut) return "node(s) didn't match PersistentVolume's node affinity";
      const chosen = unbound.map(({ metadata }) => metadata.annotations?.[selectedNodeAnnotation]);
      const isElsewhere = chosen.some((name) => name !== undefined && name !== node.metadata.name);
      return isElsewhere ? 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)' : undefined;
    },
  };
}

/** Whether a claim's volume is made when the node of its first pod is known. */
export function waitsForConsumer(storage: Storage, { spec }: PersistentVolumeClaim): boolean {
  const storageClass = storage.get(storageClasses, '', spec.storageClassName ?? '');
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

/** Asks for the volumes that wait for a node. True when the pod must wait for them. */
export function placeVolumes(storage: Storage, { unplaced }: PodVolumes, nodeName: string): boolean {
  for (const claim of unplaced) {
    const annotations = { ...claim.metadata.annotations, [selectedNodeAnnotation]: nodeName };
    storage.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, annotations } });
  }
  return unplaced.length > 0;
}
