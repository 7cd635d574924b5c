import type { Kubelets, Machine } from '../kubelets.ts';
import { pods } from '../resources.ts';
import type { Storage } from '../storage.ts';
import type { Work } from '../work-queue.ts';
import type { Pod, PodStatus } from '../workload-objects.ts';
import type { PodRecord } from './pod-records.ts';

/** How the kubelets of a cluster see and change their pods. */
export type PodAccess = {
  /** The machine of a node whose kubelet works. */
  readonly machineOf: (nodeName: string | undefined) => Machine | undefined;
  readonly setStatus: (pod: Pod, status: PodStatus) => Pod;
  /** Does something with the pod as it then stands, if it is still the same one and its kubelet still works. */
  readonly later: (record: PodRecord, delayMs: number, pod: Pod, action: (pod: Pod) => void) => void;
};

export function createPodAccess(storage: Storage, kubelets: Kubelets, work: Work): PodAccess {
  const machineOf = (nodeName: string | undefined) => {
    const machine = nodeName === undefined ? undefined : kubelets.machine(nodeName);
    return machine?.stoppedAt === undefined ? machine : undefined;
  };
  const live = ({ metadata: { namespace = '', name, uid } }: Pod) => {
    const pod = storage.get(pods, namespace, name);
    return pod?.metadata.uid === uid && machineOf(pod.spec.nodeName) !== undefined ? pod : undefined;
  };
  return {
    machineOf,
    setStatus: (pod, status) => storage.update(pods, { ...pod, status }),
    later(record, delayMs, pod, action) {
      const run = () => {
        const current = live(pod);
        if (current !== undefined) action(current);
      };
      record.timers.push(work.after(delayMs, run));
    },
  };
}
