import type { Timer } from '../kernel/clock.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { ClusterTimings } from './cluster-timings.ts';
import { deleteObject } from './deletion.ts';
import type { Kubelets } from './kubelets.ts';
import type { Node } from './node-objects.ts';
import { findCondition, timestamp, withCondition } from './objects.ts';
import { nodes, pods } from './resources.ts';
import type { Storage } from './storage.ts';
import type { Pod } from './workload-objects.ts';

type Options = {
  readonly kernel: Kernel;
  readonly cluster: string;
  readonly storage: Storage;
  readonly timings: ClusterTimings;
  readonly kubelets: Kubelets;
};

/** What kubelets do with the pods of their nodes: pull, start, stop. And what becomes of pods whose node is lost. */
export function runPods({ kernel, cluster, storage, timings, kubelets }: Options): void {
  const { clock, random } = kernel;
  const starting = new Map<string, Timer>();
  const stopping = new Set<string>();
  const now = () => timestamp(clock.now());
  const current = ({ metadata: { namespace = '', name, uid } }: Pod) => {
    const pod = storage.get(pods, namespace, name);
    return pod?.metadata.uid === uid ? pod : undefined;
  };
  const isAlive = (nodeName: string | undefined) => {
    const machine = nodeName === undefined ? undefined : kubelets.machine(nodeName);
    return machine !== undefined && machine.stoppedAt === undefined;
  };
  const draw = ([low, high]: readonly [number, number], what: string, pod: Pod) =>
    random.between(low, high, what, cluster, pod.metadata.uid);

  function start(pod: Pod): void {
    const { uid } = pod.metadata;
    const pull = needsPull(pod) ? draw(timings.imagePull, 'image pull', pod) : 0;
    starting.set(
      uid,
      clock.after(pull + draw(timings.podStart, 'pod start', pod), () => {
        starting.delete(uid);
        const live = current(pod);
        if (live === undefined || live.metadata.deletionTimestamp !== undefined || !isAlive(live.spec.nodeName)) return;
        const conditions = ['Initialized', 'ContainersReady', 'Ready'].reduce(
          (list, type) => withCondition(list, { type, status: 'True' }, now()),
          live.status.conditions ?? [],
        );
        storage.update(pods, { ...live, status: { ...live.status, phase: 'Running', startTime: now(), conditions } });
      }),
    );
  }

  function needsPull({ spec }: Pod): boolean {
    const cached = kubelets.machine(spec.nodeName ?? '')?.instance.guest.cachedImages ?? [];
    return spec.containers.some(({ image }) => !cached.includes(image));
  }

  function stop(pod: Pod): void {
    const { uid, deletionGracePeriodSeconds = 0 } = pod.metadata;
    if (stopping.has(uid)) return;
    stopping.add(uid);
    starting.get(uid)?.cancel();
    starting.delete(uid);
    const lasts = Math.min(deletionGracePeriodSeconds * 1000, draw(timings.podStop, 'pod stop', pod));
    clock.after(lasts, () => {
      stopping.delete(uid);
      const live = current(pod);
      if (live === undefined || !isAlive(live.spec.nodeName)) return;
      deleteObject({ storage, kernel }, pods, live, { gracePeriodSeconds: 0 });
    });
  }

  function look(pod: Pod): void {
    if (!isAlive(pod.spec.nodeName)) return;
    if (pod.metadata.deletionTimestamp !== undefined) stop(pod);
    else if (pod.status.phase === 'Pending' && !starting.has(pod.metadata.uid)) start(pod);
  }

  /** The node controller tells of pods whose kubelet no longer speaks that they are not ready. */
  function markNotReady(nodeName: string): void {
    for (const pod of storage.list(pods).filter(({ spec }) => spec.nodeName === nodeName)) {
      const conditions = withCondition(
        pod.status.conditions,
        { type: 'Ready', status: 'False', reason: 'NodeNotReady' },
        now(),
      );
      storage.update(pods, { ...pod, status: { ...pod.status, conditions } });
    }
  }

  function collect(nodeName: string): void {
    clock.after(random.between(0, timings.podGarbageCollection, 'pod gc', cluster, nodeName), () => {
      if (storage.get(nodes, '', nodeName) !== undefined) return;
      for (const pod of storage.list(pods).filter(({ spec }) => spec.nodeName === nodeName)) {
        deleteObject({ storage, kernel }, pods, pod, { gracePeriodSeconds: 0 });
      }
    });
  }

  storage.onChange(({ resource, type, object }) => {
    if (resource === pods && type !== 'DELETED') look(object as Pod);
    if (resource !== nodes) return;
    const isUnknown = findCondition((object as Node).status.conditions, 'Ready')?.status === 'Unknown';
    if (type === 'DELETED') collect(object.metadata.name);
    else if (isUnknown) markNotReady(object.metadata.name);
  });
}
