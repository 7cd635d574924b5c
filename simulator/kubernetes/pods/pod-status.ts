import { type Condition, timestamp, withCondition } from '../objects.ts';
import type { Container, Pod, PodStatus } from '../workload-objects.ts';
import type { ContainerEnd } from './container-programs.ts';

/** While images are pulled and containers are made. */
export function creating(pod: Pod, now: number, hostIP: string): PodStatus {
  const at = timestamp(now);
  const waiting = { state: { waiting: { reason: 'ContainerCreating' } }, ready: false, started: false };
  const conditions = (['Initialized', 'ContainersReady', 'Ready'] as const).reduce(
    (list, type) =>
      withCondition(
        list,
        type === 'Initialized' ? { type, status: 'True' } : { type, status: 'False', ...notReady(pod) },
        at,
      ),
    pod.status.conditions,
  );
  return {
    ...pod.status,
    phase: 'Pending',
    conditions: conditions as readonly Condition[],
    ...{ hostIP, hostIPs: [{ ip: hostIP }], startTime: at },
    containerStatuses: pod.spec.containers.map((container) => ({ ...statusOf(container), ...waiting })),
  };
}

const notReady = ({ spec }: Pod) => ({
  reason: 'ContainersNotReady',
  message: `containers with unready status: [${spec.containers.map(({ name }) => name).join(' ')}]`,
});

const statusOf = ({ name, image }: Container) => ({ name, image, imageID: '', restartCount: 0 });

export type RunningOptions = {
  readonly now: number;
  readonly podIP: string;
  readonly hostIP: string;
  readonly containerId: (container: string) => string;
};

/** All containers run and are ready. */
export function running(pod: Pod, { now, podIP, hostIP, containerId }: RunningOptions): PodStatus {
  const at = timestamp(now);
  const conditions = ['Initialized', 'ContainersReady', 'Ready'].reduce(
    (list, type) => withCondition(list, { type, status: 'True' }, at),
    pod.status.conditions,
  );
  return {
    ...pod.status,
    phase: 'Running',
    conditions: conditions as readonly Condition[],
    ...{ hostIP, hostIPs: [{ ip: hostIP }], podIP, podIPs: [{ ip: podIP }] },
    startTime: pod.status.startTime ?? at,
    containerStatuses: pod.spec.containers.map((container) => ({
      ...statusOf(container),
      imageID: container.image,
      containerID: containerId(container.name),
      ...{ ready: true, started: true, state: { running: { startedAt: at } } },
    })),
  };
}

type ContainerStatus = {
  readonly name: string;
  readonly state?: { readonly terminated?: { readonly exitCode: number } };
};

/** One container has ended by itself; with the last of them the pod has. */
export function ended(pod: Pod, container: string, end: ContainerEnd, now: number): PodStatus {
  const at = timestamp(now);
  const { exitCode, message, reason = exitCode === 0 ? 'Completed' : 'Error' } = end;
  const terminated = { exitCode, reason, ...(message !== undefined && { message }), finishedAt: at };
  const statuses = ((pod.status.containerStatuses ?? []) as readonly ContainerStatus[]).map((status) =>
    status.name === container ? { ...status, ready: false, started: false, state: { terminated } } : status,
  );
  const codes = statuses.map(({ state }) => state?.terminated?.exitCode);
  const isOver = codes.every((code) => code !== undefined);
  const phase = !isOver ? 'Running' : codes.every((code) => code === 0) ? 'Succeeded' : 'Failed';
  const why = phase === 'Failed' ? 'PodFailed' : phase === 'Succeeded' ? 'PodCompleted' : 'ContainersNotReady';
  return { ...pod.status, phase, conditions: notReadyAnyMore(pod, why, at), containerStatuses: statuses };
}

/** The kubelet has ended the pod at its `activeDeadlineSeconds`. */
export function expired(pod: Pod, now: number): PodStatus {
  return {
    ...pod.status,
    ...{ phase: 'Failed', reason: 'DeadlineExceeded' },
    message: 'Pod was active on the node longer than the specified deadline',
    conditions: notReadyAnyMore(pod, 'PodFailed', timestamp(now)),
  };
}

function notReadyAnyMore(pod: Pod, reason: string, at: string): readonly Condition[] {
  return ['ContainersReady', 'Ready'].reduce<readonly Condition[]>(
    (list, type) => withCondition(list, { type, status: 'False', reason }, at),
    pod.status.conditions ?? [],
  );
}
