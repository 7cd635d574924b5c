import type { Kernel } from '../../kernel/kernel.ts';
import { deleteObject } from '../deletion.ts';
import { pods } from '../resources.ts';
import type { Storage } from '../storage.ts';
import type { Work } from '../work-queue.ts';
import { isMirrorPod, type Pod } from '../workload-objects.ts';
import type { GuestBehaviour } from './guest-behaviour.ts';
import type { PodAccess } from './pod-access.ts';
import type { PodRecord, PodRecords } from './pod-records.ts';

export type Stopping = {
  /** Ends the containers of a pod that is being deleted, then lets its object go. */
  readonly stop: (pod: Pod) => void;
  /** The pod was taken out of the API by force: its containers are killed, if they can be. */
  readonly abandon: (pod: Pod) => void;
};

type Options = {
  readonly kernel: Kernel;
  readonly storage: Storage;
  readonly work: Work;
  readonly guests: GuestBehaviour;
  readonly records: PodRecords;
  readonly access: PodAccess;
  readonly release: (record: PodRecord) => void;
};

/** From SIGKILL to the end of the containers, and of what else a kubelet does at once. */
const momentMs = 1000;

const hasContainers = ({ phase }: PodRecord) => phase === 'running' || phase === 'stopping';

/** kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle#pod-termination */
export function createStopping({ kernel, storage, work, guests, records, access, release }: Options): Stopping {
  const { clock } = kernel;
  const endOf = (pod: Pod, record: PodRecord): number => {
    const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    const isRunning = hasContainers(record) && !isMirrorPod(pod);
    const lasts = isRunning ? guests.stop(pod, graceMs) : Math.min(graceMs, momentMs);
    return Math.min(clock.now() + lasts, record.stopsAt ?? Number.POSITIVE_INFINITY);
  };
  const cancelTimers = (record: PodRecord) => {
    for (const timer of record.timers) timer.cancel();
    record.timers = [];
  };

  return {
    stop(pod) {
      const { uid } = pod.metadata;
      const record = records.get(uid) ?? records.open(uid, pod.spec.nodeName ?? '');
      const stopsAt = endOf(pod, record);
      // A later request can only shorten the grace period.
      if (record.phase === 'stopping' && stopsAt === record.stopsAt) return;
      cancelTimers(record);
      record.phase = 'stopping';
      record.stopsAt = stopsAt;
      if (!Number.isFinite(stopsAt)) return;
      access.later(record, stopsAt - clock.now(), pod, (current) => {
        release(record);
        deleteObject({ storage, kernel }, pods, current, { gracePeriodSeconds: 0 });
      });
    },
    abandon(pod) {
      const record = records.get(pod.metadata.uid);
      if (record === undefined || access.machineOf(record.nodeName) === undefined) return;
      if (hasContainers(record) && !Number.isFinite(guests.stop(pod, 0))) return;
      cancelTimers(record);
      record.timers.push(work.after(momentMs, () => release(record)));
    },
  };
}
