import { deleteObject } from '../deletion.ts';
import type { Node } from '../node-objects.ts';
import { nodes, persistentVolumeClaims, persistentVolumes, pods, storageClasses } from '../resources.ts';
import { zoneOf } from '../scheduling/node-usage.ts';
import { amountOf } from '../scheduling/quantities.ts';
import type { NewObject } from '../storage.ts';
import { keyOf, keyOfObject } from '../storage-table.ts';
import { isTerminating, type Pod } from '../workload-objects.ts';
import { type ControllerOptions, follow } from '../workloads/controller.ts';
import {
  claimProtection,
  ebsDriver,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
  selectedNodeAnnotation,
  zoneLabel,
} from './volume-objects.ts';

/** Classes of the driver; `kubernetes.io/aws-ebs` is its older name, which EKS migrates. */
const ebsProvisioners = [ebsDriver, 'kubernetes.io/aws-ebs'];

/**
 * Gives claims their volumes: one that is there and fits, or a new EBS volume in the zone of the first pod's node.
 * kubernetes.io/docs/concepts/storage/persistent-volumes, kubernetes-sigs/aws-ebs-csi-driver
 */
export function runVolumeBinder(options: ControllerOptions): void {
  const { storage, work } = options;
  const provisioning = new Set<string>();
  const queue = work.queue((key) => {
    const [namespace = '', name = ''] = key.split('/');
    const claim = storage.get(persistentVolumeClaims, namespace, name);
    if (claim === undefined) return;
    if (isTerminating(claim)) return releaseClaim(options, claim);
    if (claim.status?.phase === 'Bound') return;
    const volume = findVolume(options, claim);
    if (volume !== undefined) bindClaim(options, claim, volume);
    else provision(options, claim, provisioning);
  });
  follow(options, persistentVolumeClaims, ({ type, object }) => {
    if (type === 'DELETED') releaseVolume(options, object);
    else queue.add(keyOfObject(object));
  });
  follow(options, persistentVolumes, ({ type }) => {
    if (type !== 'ADDED') return;
    const waiting = storage.list(persistentVolumeClaims).filter(({ status }) => status?.phase !== 'Bound');
    for (const claim of waiting) queue.add(keyOfObject(claim));
  });
  follow(options, pods, ({ type, object }) => {
    if (type !== 'DELETED') return;
    for (const claimName of claimNamesOf(object)) queue.add(keyOf(object.metadata.namespace ?? '', claimName));
  });
}

const claimNamesOf = ({ spec }: Pod) =>
  (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);

/** A volume that names the claim, or one that nobody has and that is of its class, modes and size. */
function findVolume({ storage }: ControllerOptions, { spec, metadata }: PersistentVolumeClaim) {
  if (spec.volumeName !== undefined) return storage.get(persistentVolumes, '', spec.volumeName);
  const { name, namespace } = metadata;
  const all = storage.list(persistentVolumes);
  const named = all.find(({ spec: { claimRef } }) => claimRef?.name === name && claimRef.namespace === namespace);
  const wanted = amountOf(spec.resources?.requests?.storage ?? '0');
  const fits = (volume: PersistentVolume) =>
    volume.spec.claimRef === undefined &&
    (volume.spec.storageClassName ?? '') === (spec.storageClassName ?? '') &&
    spec.accessModes.every((mode) => volume.spec.accessModes.includes(mode)) &&
    amountOf(volume.spec.capacity.storage ?? '0') >= wanted;
  return named ?? all.find(fits);
}

function bindClaim({ storage }: ControllerOptions, claim: PersistentVolumeClaim, volume: PersistentVolume): void {
  const { name, namespace = '', uid } = claim.metadata;
  const { claimRef } = volume.spec;
  if (claimRef?.uid !== undefined && claimRef.uid !== uid) return;
  const claimOfVolume = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid };
  storage.update(persistentVolumes, {
    ...volume,
    spec: { ...volume.spec, claimRef: claimOfVolume },
    status: { phase: 'Bound' },
  });
  storage.update(persistentVolumeClaims, {
    ...claim,
    spec: { ...claim.spec, volumeName: volume.metadata.name },
    status: { phase: 'Bound', accessModes: volume.spec.accessModes, capacity: volume.spec.capacity },
  });
}

function provision(options: ControllerOptions, claim: PersistentVolumeClaim, provisioning: Set<string>): void {
  const { storage, work, kernel, cluster, timings } = options;
  const { uid } = claim.metadata;
  const storageClass = storage.get(storageClasses, '', claim.spec.storageClassName ?? '');
  if (storageClass === undefined || !ebsProvisioners.includes(storageClass.provisioner)) return;
  const zone = zoneFor(options, claim, storageClass);
  if (zone === undefined || provisioning.has(uid)) return;
  provisioning.add(uid);
  work.after(kernel.random.between(...timings.volumeProvision, 'volume', cluster, uid), () => {
    provisioning.delete(uid);
    if (storage.get(persistentVolumeClaims, claim.metadata.namespace ?? '', claim.metadata.name) === undefined) return;
    storage.create(persistentVolumes, ebsVolume(options, claim, storageClass, zone));
  });
}

/** Undefined while a claim waits for its first pod, or no node is there. */
function zoneFor(
  { storage, kernel, cluster }: ControllerOptions,
  { metadata }: PersistentVolumeClaim,
  { volumeBindingMode }: StorageClass,
): string | undefined {
  if (volumeBindingMode === 'WaitForFirstConsumer') {
    const nodeName = metadata.annotations?.[selectedNodeAnnotation];
    return nodeName === undefined ? undefined : zoneOf(storage.get(nodes, '', nodeName));
  }
  const zones = [...new Set(storage.list(nodes).map((node: Node) => zoneOf(node)))]
    .filter((zone) => zone !== '')
    .sort();
  return zones[Math.floor(kernel.random.fraction('volume zone', cluster, metadata.uid) * zones.length)];
}

function ebsVolume(
  { kernel, cluster }: ControllerOptions,
  { metadata, spec }: PersistentVolumeClaim,
  storageClass: StorageClass,
  zone: string,
): NewObject<PersistentVolume> {
  const { name, namespace = '', uid } = metadata;
  const inZone = { key: zoneLabel, operator: 'In' as const, values: [zone] };
  return {
    metadata: {
      name: `pvc-${uid}`,
      annotations: { 'pv.kubernetes.io/provisioned-by': ebsDriver },
    },
    spec: {
      capacity: { storage: spec.resources?.requests?.storage ?? '1Gi' },
      accessModes: spec.accessModes,
      claimRef: { namespace, name, uid },
      csi: { driver: ebsDriver, volumeHandle: `vol-0${kernel.random.hex(16, 'ebs volume', cluster, uid)}` },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [inZone] }] } },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
    },
    status: { phase: 'Available' },
  } as NewObject<PersistentVolume>;
}

/** A claim that is being deleted stays as long as a pod uses it. */
function releaseClaim({ storage, kernel }: ControllerOptions, claim: PersistentVolumeClaim): void {
  const { name, namespace = '' } = claim.metadata;
  if (storage.list(pods, namespace).some((pod) => claimNamesOf(pod).includes(name))) return;
  const finalizers = (claim.metadata.finalizers ?? []).filter((finalizer) => finalizer !== claimProtection);
  const free = storage.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, finalizers } });
  deleteObject({ storage, kernel }, persistentVolumeClaims, free, {});
}

/** The volume of a deleted claim goes too, or is kept without being anybody's. */
function releaseVolume({ storage }: ControllerOptions, { spec, metadata }: PersistentVolumeClaim): void {
  const volume = storage.get(persistentVolumes, '', spec.volumeName ?? '');
  if (volume === undefined || volume.spec.claimRef?.uid !== metadata.uid) return;
  if (volume.spec.persistentVolumeReclaimPolicy === 'Retain') {
    storage.update(persistentVolumes, { ...volume, status: { phase: 'Released' } });
  } else storage.remove(persistentVolumes, '', volume.metadata.name);
}
