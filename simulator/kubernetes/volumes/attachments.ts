import { hash } from 'node:crypto';
import { findCondition, timestamp } from '../objects.ts';
import { nodes, persistentVolumeClaims, persistentVolumes, pods, volumeAttachments } from '../resources.ts';
import { keyOf } from '../storage-table.ts';
import { hasFinished, isTerminating, type Pod } from '../workload-objects.ts';
import { type ControllerOptions, follow } from '../workloads/controller.ts';
import type { Mounts } from './mounts.ts';
import type { PersistentVolume, PersistentVolumeClaim, VolumeAttachment } from './volume-objects.ts';

export type Attachments = {
  /** Whether containers of a node can have the volume. Volumes that no driver attaches are always there. */
  readonly isAttached: (volume: PersistentVolume, nodeName: string) => boolean;
};

type State = {
  readonly options: ControllerOptions;
  readonly mounts: Mounts;
  /** Since when attachments, by uid, are kept only because containers still have the volume. */
  readonly unused: Map<string, number>;
  readonly add: (volumeName: string) => void;
};

const finalizer = 'external-attacher/ebs-csi-aws-com';

/**
 * Attaches volumes to the nodes of the pods that use them, to one node at a time, and detaches them when containers have
 * let them go: the attach-detach controller and the attacher of the EBS driver.
 * kubernetes.io/docs/concepts/storage/volumes, kubernetes-sigs/aws-ebs-csi-driver, issue 2100 (attachments linger)
 */
export function runAttachments(options: ControllerOptions, mounts: Mounts): Attachments {
  const { storage, work } = options;
  const users = createUsers();
  const names = new Map<string, Set<string>>();
  const queue = work.queue((volumeName) => {
    const present = [...(names.get(volumeName) ?? [])].flatMap(
      (name) => storage.get(volumeAttachments, '', name) ?? [],
    );
    const volume = storage.get(persistentVolumes, '', volumeName);
    sync(state, present, volume, volume === undefined ? new Set() : users.nodesOf(volume));
  });
  const state: State = { options, mounts, unused: new Map(), add: queue.add };

  mounts.onRelease(queue.add);
  follow(options, pods, ({ type, object }) => {
    for (const key of users.follow(object, type)) {
      const [namespace = '', name = ''] = key.split('/');
      const volumeName = storage.get(persistentVolumeClaims, namespace, name)?.spec.volumeName;
      if (volumeName !== undefined) queue.add(volumeName);
    }
  });
  follow(options, persistentVolumeClaims, ({ object }) => {
    if (object.spec.volumeName !== undefined && users.has(object)) queue.add(object.spec.volumeName);
  });
  follow(options, nodes, ({ type, object }) => {
    if (type !== 'DELETED') return;
    const own = storage.list(volumeAttachments).filter(({ spec }) => spec.nodeName === object.metadata.name);
    for (const attachment of own) queue.add(volumeOf(attachment));
  });
  follow(options, volumeAttachments, ({ type, object }) => {
    const volumeName = volumeOf(object);
    if (type === 'ADDED') names.set(volumeName, (names.get(volumeName) ?? new Set()).add(object.metadata.name));
    if (type !== 'DELETED') return;
    names.get(volumeName)?.delete(object.metadata.name);
    queue.add(volumeName);
  });

  return {
    isAttached(volume, nodeName) {
      if (volume.spec.csi === undefined) return true;
      const attachment = storage.get(volumeAttachments, '', nameOf(volume, nodeName));
      return attachment?.status?.attached === true && !isTerminating(attachment);
    },
  };
}

/** Detaches from nodes that need the volume no longer, and attaches it once no other node has it. */
function sync(
  state: State,
  present: readonly VolumeAttachment[],
  volume: PersistentVolume | undefined,
  wanted: ReadonlySet<string>,
): void {
  const foreign = present.filter(({ spec }) => !wanted.has(spec.nodeName));
  for (const attachment of foreign) detach(state, attachment);
  const [nodeName] = wanted;
  if (volume === undefined || nodeName === undefined) return;
  if (present.length === 0) attach(state.options, volume, nodeName);
  else if (foreign.length > 0) refuse(state.options, volume, nodeName, foreign[0]?.spec.nodeName);
}

const volumeOf = ({ spec }: VolumeAttachment) => spec.source.persistentVolumeName;

/** kubernetes/pkg/volume/csi/csi_attacher.go: the name is made from volume, driver and node. */
function nameOf({ spec }: PersistentVolume, nodeName: string): string {
  return `csi-${hash('sha256', `${spec.csi?.volumeHandle}${spec.csi?.driver}${nodeName}`, 'hex')}`;
}

function attach(options: ControllerOptions, volume: PersistentVolume, nodeName: string) {
  const { storage, kernel, cluster, work, timings } = options;
  if (volume.spec.csi === undefined || storage.get(nodes, '', nodeName) === undefined) return;
  const name = nameOf(volume, nodeName);
  const attachment = storage.create(volumeAttachments, {
    metadata: { name, finalizers: [finalizer] },
    spec: {
      attacher: volume.spec.csi.driver,
      nodeName,
      source: { persistentVolumeName: volume.metadata.name },
    },
    status: { attached: false },
  });
  const { uid } = attachment.metadata;
  tell(options, 'volume.attaching', attachment);
  work.after(kernel.random.between(...timings.volumeAttach, 'attach', cluster, uid), () => {
    const current = storage.get(volumeAttachments, '', name);
    if (current?.metadata.uid !== uid || isTerminating(current)) return;
    storage.update(volumeAttachments, { ...current, status: { attached: true } });
  });
}

/** Tells, as the event `FailedAttachVolume` does, why a pod waits. */
function refuse({ kernel, cluster }: ControllerOptions, { metadata }: PersistentVolume, node: string, used?: string) {
  const reason = `Multi-Attach error for volume "${metadata.name}": Volume is already exclusively attached to one node and can't be attached to another`;
  kernel.log.write('volume.refused', { cluster, volume: metadata.name, node, attachedTo: used, reason });
}

/** Begins to detach once no container has the volume, or when its node is in trouble for long. */
function detach(state: State, attachment: VolumeAttachment): void {
  const { storage, kernel, cluster, work, timings } = state.options;
  const { name, uid } = attachment.metadata;
  if (isTerminating(attachment) || !mayDetach(state, attachment)) return;
  state.unused.delete(uid);
  const deletionTimestamp = timestamp(kernel.clock.now());
  const leaving = { ...attachment.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 };
  storage.update(volumeAttachments, { ...attachment, metadata: leaving });
  work.after(kernel.random.between(...timings.volumeDetach, 'detach', cluster, uid), () => {
    if (storage.get(volumeAttachments, '', name)?.metadata.uid !== uid) return;
    storage.remove(volumeAttachments, '', name);
    tell(state.options, 'volume.detached', attachment);
  });
}

function tell({ kernel, cluster }: ControllerOptions, kind: string, attachment: VolumeAttachment): void {
  kernel.log.write(kind, { cluster, volume: volumeOf(attachment), node: attachment.spec.nodeName });
}

/**
 * A volume that is still mounted is left where it is; if the node is not healthy only for six minutes.
 * kubernetes/pkg/controller/volume/attachdetach/reconciler/reconciler.go
 */
function mayDetach({ options, mounts, unused, add }: State, attachment: VolumeAttachment): boolean {
  const { storage, kernel, work, timings } = options;
  const { nodeName } = attachment.spec;
  const { uid } = attachment.metadata;
  const node = storage.get(nodes, '', nodeName);
  if (node === undefined || !mounts.has(volumeOf(attachment), nodeName)) return true;
  const now = kernel.clock.now();
  const since = unused.get(uid) ?? now;
  if (!unused.has(uid)) {
    unused.set(uid, since);
    work.after(timings.forcedDetach, () => add(volumeOf(attachment)));
  }
  const isHealthy = findCondition(node.status.conditions, 'Ready')?.status === 'True';
  return !isHealthy && since + timings.forcedDetach <= now;
}

/** Which nodes need a volume: those of the pods of its claim. */
function createUsers() {
  const byClaim = new Map<string, Map<string, string>>();
  const keysOf = ({ spec, metadata }: Pod) =>
    (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
      persistentVolumeClaim === undefined ? [] : keyOf(metadata.namespace ?? '', persistentVolumeClaim.claimName),
    );
  return {
    /** Takes in a change of a pod and answers with the keys of its claims. */
    follow(pod: Pod, type: string): readonly string[] {
      const keys = keysOf(pod);
      for (const key of keys) {
        const nodesOfClaim = byClaim.get(key) ?? new Map<string, string>();
        byClaim.set(key, nodesOfClaim);
        if (type === 'DELETED' || hasFinished(pod) || pod.spec.nodeName === undefined) {
          nodesOfClaim.delete(pod.metadata.uid);
        } else nodesOfClaim.set(pod.metadata.uid, pod.spec.nodeName);
      }
      return keys;
    },
    has: ({ metadata }: PersistentVolumeClaim) => byClaim.has(keyOf(metadata.namespace ?? '', metadata.name)),
    /** In the order in which their pods came. */
    nodesOf({ spec: { claimRef } }: PersistentVolume): ReadonlySet<string> {
      if (claimRef === undefined) return new Set();
      return new Set(byClaim.get(keyOf(claimRef.namespace, claimRef.name))?.values() ?? []);
    },
  };
}
