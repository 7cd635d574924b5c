import type { Kernel } from '../../kernel/kernel.ts';
import type { ClusterTimings } from '../cluster-timings.ts';
import type { Container, Pod } from '../workload-objects.ts';
import type { ContainerBehaviour, SecondsRange } from '../workloads/guests.ts';
import type { WorkloadNames } from '../workloads/workload-names.ts';
import type { ContainerEnd, ContainerProgram } from './container-programs.ts';

/** How long the containers of a pod take, in milliseconds. */
export type GuestBehaviour = {
  /** From the presence of the container images to Ready. */
  readonly start: (pod: Pod) => number;
  /** From SIGTERM to the end; infinite for containers that cannot be ended. */
  readonly stop: (pod: Pod, graceMs: number) => number;
  /** Undefined for a container that runs until it is stopped. */
  readonly end: (pod: Pod, container: Container) => ContainerEnd | undefined;
};

type Options = {
  readonly kernel: Kernel;
  readonly cluster: string;
  readonly timings: ClusterTimings;
  readonly workloadOf: WorkloadNames;
  readonly containers: readonly ContainerBehaviour[];
  readonly programs: readonly ContainerProgram[];
};

const usualRunSeconds: SecondsRange = [10, 60];

/** What a scenario says of the workload, else what is usual. */
export function createGuestBehaviour(options: Options): GuestBehaviour {
  const { kernel, cluster, timings, workloadOf, containers, programs } = options;
  const byWorkload = new Map(containers.map((behaviour) => [behaviour.workload, behaviour]));
  const of = (pod: Pod) => byWorkload.get(`${pod.metadata.namespace}/${workloadOf(pod)}`);
  const draw = (milliseconds: readonly [number, number], what: string, pod: Pod) =>
    kernel.random.between(...milliseconds, what, cluster, pod.metadata.uid);

  return {
    start: (pod) => draw(inMilliseconds(of(pod)?.startSeconds) ?? timings.podStart, 'pod start', pod),
    stop(pod, graceMs) {
      const { stop, stopSeconds } = of(pod) ?? {};
      if (stop === 'never') return Number.POSITIVE_INFINITY;
      if (stop === 'ignored') return graceMs;
      return Math.min(graceMs, draw(inMilliseconds(stopSeconds) ?? timings.podStop, 'pod stop', pod));
    },
    end(pod, container) {
      if (isRestarted(pod)) return undefined;
      const known = programs.map((program) => program(pod, container)).find((end) => end !== undefined);
      return known ?? { afterMs: draw(runOf(of(pod)), `run of ${container.name}`, pod), exitCode: 0 };
    },
  };
}

const isRestarted = ({ spec }: Pod) => (spec.restartPolicy ?? 'Always') === 'Always';

const runOf = (behaviour: ContainerBehaviour | undefined): SecondsRange =>
  inMilliseconds(behaviour?.runSeconds ?? usualRunSeconds) ?? usualRunSeconds;

const inMilliseconds = (seconds: SecondsRange | undefined): SecondsRange | undefined =>
  seconds && [seconds[0] * 1000, seconds[1] * 1000];
