import type { Kernel } from '../kernel/kernel.ts';
import type { ClusterTimings } from './cluster-timings.ts';
import type { Kubelets } from './kubelets.ts';
import { type Node, windowsAddressResource } from './node-objects.ts';
import { createPodAddresses } from './pods/addresses.ts';
import type { GuestBehaviour } from './pods/guest-behaviour.ts';
import type { ImageStore } from './pods/image-store.ts';
import { createPodAccess } from './pods/pod-access.ts';
import { createPodRecords, type PodRecord } from './pods/pod-records.ts';
import { creating, ended, expired, running } from './pods/pod-status.ts';
import { createStopping } from './pods/stopping.ts';
import { nodes, pods, volumeAttachments } from './resources.ts';
import { requestsOf } from './scheduling/quantities.ts';
import type { Storage } from './storage.ts';
import type { Attachments } from './volumes/attachments.ts';
import type { Mounts } from './volumes/mounts.ts';
import { boundVolumes, claimsOf } from './volumes/pod-volumes.ts';
import type { Work } from './work-queue.ts';
import { hasFinished, isMirrorPod, isTerminating, type Pod } from './workload-objects.ts';
import { follow } from './workloads/controller.ts';

export type PodRunnerOptions = {
  readonly kernel: Kernel;
  readonly cluster: string;
  readonly storage: Storage;
  readonly timings: ClusterTimings;
  readonly kubelets: Kubelets;
  readonly work: Work;
  readonly guests: GuestBehaviour;
  readonly images: ImageStore;
  readonly mounts: Mounts;
  readonly attachments: Attachments;
};

/**
 * What kubelets do with the pods of their nodes: wait for volumes, pull, start, run to an end, stop.
 * kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle
 */
export function runPods(options: PodRunnerOptions): void {
  const { kernel, cluster, storage, kubelets, work, guests, images, mounts } = options;
  const { clock, random } = kernel;
  const records = createPodRecords();
  const addresses = createPodAddresses();
  const access = createPodAccess(storage, kubelets, work);
  const { machineOf, setStatus, later } = access;
  const release = (record: PodRecord) => {
    records.close(record);
    if (record.address !== undefined) addresses.free(record.address);
    mounts.release(record.uid);
  };
  const { stop, abandon } = createStopping({ kernel, storage, work, guests, records, access, release });

  function begin(pod: Pod, record: PodRecord): void {
    const { nodeName } = record;
    const machine = machineOf(nodeName);
    if (machine === undefined || !canBegin(options, pod, nodeName)) return;
    record.phase = 'starting';
    for (const volume of boundVolumes(storage, pod)) mounts.add(volume.metadata.name, nodeName, record.uid);
    if (!work.isSettling()) setStatus(pod, creating(pod, clock.now(), machine.instance.privateIpAddress));
    // A static pod runs before it shows in the API.
    if (isMirrorPod(pod)) later(record, 0, pod, (current) => becomeReady(current, record));
    else pullAndStart(pod, record, imagesOf(pod));
  }

  function pullAndStart(pod: Pod, record: PodRecord, wanted: readonly string[]): void {
    const { nodeName } = record;
    later(record, images.pull(nodeName, wanted), pod, (pulled) => {
      images.arrived(nodeName, wanted);
      later(record, guests.start(pulled), pulled, (current) => becomeReady(current, record));
    });
  }

  function becomeReady(pod: Pod, record: PodRecord): void {
    const hostIP = machineOf(record.nodeName)?.instance.privateIpAddress;
    if (hostIP === undefined || isTerminating(pod)) return;
    record.phase = 'running';
    record.address = pod.spec.hostNetwork === true ? hostIP : addresses.take();
    const containerId = (name: string) => `containerd://${random.hex(64, 'container', cluster, record.uid, name)}`;
    const started = setStatus(pod, running(pod, { now: clock.now(), hostIP, podIP: record.address, containerId }));
    runToEnd(started, record);
  }

  /** Containers that end by themselves, and the deadline of the whole pod. */
  function runToEnd(pod: Pod, record: PodRecord): void {
    for (const container of pod.spec.containers) {
      const end = guests.end(pod, container);
      if (end === undefined) continue;
      later(record, end.afterMs, pod, (current) => {
        const status = ended(current, container.name, end, clock.now());
        setStatus(current, status);
        if (status.phase !== 'Running') release(record);
      });
    }
    const { activeDeadlineSeconds } = pod.spec;
    if (activeDeadlineSeconds === undefined || work.isSettling()) return;
    const left = Date.parse(pod.status.startTime ?? '') + activeDeadlineSeconds * 1000 - clock.now();
    later(record, left, pod, (current) => {
      if (!hasFinished(current)) setStatus(current, expired(current, clock.now()));
      release(record);
    });
  }

  function look(pod: Pod): void {
    const machine = machineOf(pod.spec.nodeName);
    if (machine === undefined || hasFinished(pod)) return;
    if (isTerminating(pod)) stop(pod);
    else if (pod.status.phase === 'Pending') beginOnce(pod, machine.instance.privateDnsName);
  }

  function beginOnce(pod: Pod, nodeName: string): void {
    const { uid } = pod.metadata;
    const record = records.get(uid) ?? records.open(uid, nodeName);
    if (record.phase === 'waiting') begin(pod, record);
  }

  const end = (nodeName: string) => {
    images.close(nodeName);
    for (const record of records.on(nodeName)) release(record);
  };
  const lookAgain = (nodeName: string) => {
    if (!records.on(nodeName).some(({ phase }) => phase === 'waiting')) return;
    for (const pod of storage.listBy(pods, 'spec.nodeName', nodeName)) look(pod);
  };
  follow(options, pods, ({ type, object }) => {
    if (type === 'DELETED') abandon(object);
    else look(object);
  });
  follow(options, nodes, ({ type, object: { metadata } }) => {
    const { name } = metadata;
    if (type === 'ADDED') images.open(name, machineOf(name)?.instance.guest.cachedImages ?? []);
    if (type === 'DELETED') end(name);
    else lookAgain(name);
  });
  follow(options, volumeAttachments, ({ object }) => lookAgain(object.spec.nodeName));
}

const imagesOf = ({ spec }: Pod) => [...(spec.initContainers ?? []), ...spec.containers].map(({ image }) => image);

/** Whether its volumes are there, and an address for it if it is one of Windows that needs its own. */
function canBegin({ storage, attachments }: PodRunnerOptions, pod: Pod, nodeName: string): boolean {
  const node: Node | undefined = storage.get(nodes, '', nodeName);
  const needsAddress = (requestsOf(pod.spec)[windowsAddressResource] ?? 0) > 0;
  if (needsAddress && node?.status.allocatable[windowsAddressResource] === undefined) return false;
  const claims = claimsOf(storage, pod);
  const volumes = boundVolumes(storage, pod);
  return volumes.length === claims.length && volumes.every((volume) => attachments.isAttached(volume, nodeName));
}
